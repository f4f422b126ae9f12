#!/usr/bin/env bash
# Measures modelcache beside the tools that a user would pick instead, and prints the table of docs/benchmarks.md.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

usage() {
	cat <<'END'
usage: benchmarks/run.sh [option...]
  --setup             install the Debian packages that it needs (as root), and end
  --rounds N          rounds of each comparison; the median counts (5)
  --warm-up N         rounds before those that count (3)
  --size SIZE         the model's size (1G)
  --memory-size SIZE  the size of the large model in the memory row (8G); needs twice that in memory
  --kills N           processes to kill (20)
  --processes N       processes that start together (4)
  --rows LIST         of speed,limited,mirrors,memory,look-up,re-hash,kills,together,many (all)
  --java-options O    options of the JVMs that are measured
  --jmh [ARGUMENTS]   run the JMH benchmarks instead; everything behind it is for JMH
END
}

packages=(nginx aria2 curl wget openssl time util-linux)
rounds=5 warm_up=3 size=1G memory_size=8G kills=20 processes=4 java_options=
rows=speed,limited,mirrors,memory,look-up,re-hash,kills,together,many
jar=benchmarks/target/benchmarks.jar
MB=1000000 MIB=1048576

die() {
	echo "$*" >&2
	exit 1
}

say() {
	echo "$(date +%T) $*" >&2
}

build() {
	say "building"
	mvn -q -B -Pbenchmarks -pl benchmarks -am package -DskipTests </dev/null >&2
}

while (($#)); do
	case $1 in
	--setup)
		# Debian starts a service of its own when it installs nginx; this script neither needs nor touches it.
		apt-get update -q && exec apt-get install -y -q --no-install-recommends "${packages[@]}"
		;;
	--jmh)
		shift
		build
		exec java -cp "$jar" org.openjdk.jmh.Main "$@"
		;;
	--rounds | --warm-up | --size | --memory-size | --kills | --processes | --rows | --java-options)
		(($# > 1)) || die "$1 wants a value"
		name=${1#--}
		printf -v "${name//-/_}" %s "$2"
		shift 2
		;;
	*)
		usage
		exit 1
		;;
	esac
done

read -r -a measured_java <<<"java $java_options"

for tool in nginx aria2c curl wget openssl java mvn lscpu /usr/bin/time; do
	command -v "$tool" >/dev/null || die "$tool is missing; try: benchmarks/run.sh --setup"
done

for part in servers measuring rows; do
	# shellcheck source=/dev/null
	source "benchmarks/scripts/$part.sh"
done

bytes=$(numfmt --from=iec "$size")
small_bytes=$((256 * MIB))
work=$(mktemp -d /dev/shm/modelcache-benchmarks.XXXXXX)
chmod 755 "$work"
mkdir "$work/data" "$work/nginx"
children=()

finish() {
	((${#lines[@]} == 0)) || report
	for child in "${children[@]}"; do
		kill "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

load() {
	cut -d' ' -f1 /proc/loadavg
}

machine() {
	echo "- $(lscpu | sed -n 's/^Model name: *//p'), $(nproc) cores$(grep -qw sha_ni /proc/cpuinfo && echo ", SHA instructions")," \
		"$(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo) of memory; load $load before the run, $(load) after it"
	echo "- $(uname -sr), $(java -version 2>&1 | sed -n 2p), default options${java_options:+ and \`$java_options\`}"
	echo "- $(nginx -v 2>&1 | sed 's/.*: //'), $(aria2c -v | head -1), $(curl -V | cut -d' ' -f1-2 | head -1)," \
		"$(wget -V | head -1 | cut -d' ' -f1-3), $(openssl version | cut -d' ' -f1-2)"
	echo "- $(date -u +%F), medians of $rounds interleaved rounds after $warm_up for warming up, tmpfs to tmpfs"
}

# A run that fails half-way prints what it has.
report() {
	echo "### The machine"
	echo
	machine
	echo
	echo "### The measures"
	echo
	echo "| measure | modelcache | beside it | ratio | goal | met |"
	echo "|---|---|---|---|---|---|"
	printf '%s\n' "${lines[@]}"
	((${#samples[@]})) || return 0
	echo
	echo "### Seconds of every comparison"
	echo
	echo "| comparison | tool | median | least – greatest | processor, median |"
	echo "|---|---|---|---|---|"
	for key in "${!samples[@]}"; do
		echo "| ${key% *} | ${key##* } | $(median "${samples[$key]}" range) | $(
			[[ -z ${processor[$key]-} ]] || calc %.2f "$(median "${processor[$key]}")"
		) |"
	done | sort
	echo
	echo "Peak resident sets: $(for tool in "${!peaks[@]}"; do
		echo "$tool $(calc %.0f "${peaks[$tool]} / 1024") MiB"
	done | sort | paste -sd, | sed 's/,/, /g'). That of the JVM is after all its downloads, with the default heap."
}

load=$(load)
build
say "making $size of data"
digest=$(make_data model "$bytes")
small_digest=$(make_data small "$small_bytes")
start_nginx
start_relay
start_cache
for wish in ${rows//,/ }; do
	"${wish//-/_}"
	peaks[JVM]=$(ask memory)
done
