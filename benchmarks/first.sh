#!/usr/bin/env bash
# Measures what a user waits for: the first download of a JVM, and later ones, over http and over https, beside other tools.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

usage() {
	cat <<'END'
usage: benchmarks/first.sh [option...]
  --rounds N         rounds, in which each tool has its turn; the median counts (5)
  --size SIZE        the model's size (1G)
  --jdk DIRECTORY    a JDK to measure; more than once for several (that of the path)
  --later N          downloads of a JVM after its first; the last is the warm one (4)
  --schemes LIST     of http,https,native: https with Netty's native TLS library (all)
  --java-options O   options of the JVMs that are measured
  --no-build         use the jar of the last build
It needs what benchmarks/run.sh --setup installs.
END
}

rounds=5 size=1G later=4 schemes=http,https,native java_options='' build=yes jdks=()
jar=benchmarks/target/benchmarks.jar

die() {
	echo "$*" >&2
	exit 1
}

say() {
	echo "$(date +%T) $*" >&2
}

while (($#)); do
	case $1 in
	--rounds | --size | --later | --schemes | --java-options)
		(($# > 1)) || die "$1 wants a value"
		name=${1#--}
		printf -v "${name//-/_}" %s "$2"
		shift 2
		;;
	--jdk) jdks+=("$2") && shift 2 ;;
	--no-build) build='' && shift ;;
	--help) usage && exit ;;
	*) usage >&2 && exit 1 ;;
	esac
done
((${#jdks[@]})) || jdks=("$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")")

for part in servers measuring; do
	# shellcheck source=/dev/null
	source "benchmarks/scripts/$part.sh"
done

if [[ $build ]]; then
	say "building"
	mvn -q -B -ntp -Pbenchmarks -pl benchmarks -am package -DskipTests </dev/null >&2
fi
work=$(mktemp -d /dev/shm/modelcache-first.XXXXXX)
chmod 755 "$work"
mkdir "$work/data" "$work/nginx"
children=()
finish() {
	for child in "${children[@]}"; do
		kill "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

bytes=$(numfmt --from=iec "$size")
load=$(cut -d' ' -f1 /proc/loadavg)
digest=$(make_data model "$bytes")
make_certificate
start_nginx

# Prints the seconds, and the seconds of processor, of all downloads of one JVM.
downloads() {
	local jdk=$1 scheme=$2 address=$url classpath=$jar i
	[[ $scheme == http ]] || address=$tls_url
	[[ $scheme != native ]] || classpath=$jar:benchmarks/target/native-tls/*
	for ((i = 0; i <= later; i++)); do
		echo "download 0 sha256:$digest $address/model"
	done >"$work/commands"
	# shellcheck disable=SC2086
	"$jdk/bin/java" $java_options -Djavax.net.ssl.trustStore="$work/trust.p12" -Djavax.net.ssl.trustStorePassword=changeit \
		-cp "$classpath" dev.modelcache.benchmarks.EndToEnd "$work/jvm" <"$work/commands" 2>"$work/output" ||
		{ cat "$work/output" >&2 && return 1; }
	rm -rf "$work/jvm"
}

keep() {
	samples[$1]+=" $2"
	processor[$1]+=" $3"
}

for ((round = 0; round < rounds; round++)); do
	for tool in curl aria2c; do
		for scheme in http https; do
			[[ ,$schemes, == *,$scheme,* || $scheme$schemes == httpsnative ]] || continue
			address=$url
			[[ $scheme == http ]] || address=$tls_url
			: >"$work/usage"
			read -r seconds cpu <<<"$(run_tool $tool 0 "$address/model")"
			say "$tool $scheme $seconds $cpu"
			keep "$tool $scheme first" "$seconds" "$cpu"
		done
	done
	for jdk in "${jdks[@]}"; do
		for scheme in ${schemes//,/ }; do
			answers=$(downloads "$jdk" "$scheme")
			[[ $answers != *error* ]] || die "$answers"
			say "$jdk $scheme" "$(cut -c1-5 <<<"$answers" | paste -sd' ')," \
				"processor $(awk '{ printf "%.2f ", $2 }' <<<"$answers")"
			# shellcheck disable=SC2046
			keep "$jdk $scheme first" $(head -1 <<<"$answers")
			# shellcheck disable=SC2046
			keep "$jdk $scheme warm" $(tail -1 <<<"$answers")
		done
	done
done

echo "$(lscpu | sed -n 's/^Model name: *//p'), $(nproc) cores, load $load before; $(date -u +%F), medians of $rounds interleaved rounds," \
	"$size, tmpfs to tmpfs${java_options:+, \`$java_options\`}"
echo
echo "| | http, s | of \`curl\` | processor, s | https, s | of \`curl\` | processor, s |"
echo "|---|---|---|---|---|---|---|"
# figures SCHEME KEY...: prints three cells, where that was measured.
figures() {
	local beside=$1 key="$2"
	if [[ -z ${samples[$key]-} ]]; then
		printf ' | | |'
		return
	fi
	printf ' %.2f | %.2f | %.2f |' "$(median "${samples[$key]}")" \
		"$(calc %.2f "$(median "${samples[$key]}") / $(median "${samples["curl $beside first"]}")")" \
		"$(median "${processor[$key]}")"
}
for tool in curl aria2c; do
	echo "| \`$tool\`, verified |$(figures http "$tool http first")$(figures https "$tool https first")"
done
for jdk in "${jdks[@]}"; do
	version=$("$jdk/bin/java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p')
	for moment in first warm; do
		echo "| JDK $version, $moment |$(figures http "$jdk http $moment")$(figures https "$jdk https $moment")"
		[[ -z ${samples[$jdk native $moment]-} ]] ||
			echo "| JDK $version, native TLS, $moment | | | |$(figures https "$jdk native $moment")"
	done
done
