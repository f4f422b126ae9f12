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
  --rows LIST         of speed,limited,mirrors,memory,look-up,re-hash,kills,together (all)
  --java-options O    options of the JVMs that are measured
  --jmh [ARGUMENTS]   run the JMH benchmarks instead; everything behind it is for JMH
END
}

packages=(nginx aria2 curl wget openssl time util-linux)
rounds=5 warm_up=3 size=1G memory_size=8G kills=20 processes=4 java_options=
rows=speed,limited,mirrors,memory,look-up,re-hash,kills,together
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

# ---- Data, servers, and the program under test

bytes=$(numfmt --from=iec "$size")
small_bytes=$((256 * MIB))
work=$(mktemp -d /dev/shm/modelcache-benchmarks.XXXXXX)
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

# Random bytes that are the same every time. Prints their digest.
make_data() {
	local file="$work/data/$1" count=$2
	head -c "$count" /dev/zero | openssl enc -aes-256-ctr -K "$(printf %064x 2026)" -iv "$(printf %032x 1)" >"$file"
	openssl dgst -sha256 -r "$file" | cut -d' ' -f1
}

free_port() {
	local port
	while port=$((20000 + RANDOM % 12000)) && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
	echo "$port"
}

# Two servers, so that there are two mirrors. /limited/ is for rows that need time but no exact rate.
start_nginx() {
	port=$(free_port) second_port=$(free_port)
	cat >"$work/nginx/nginx.conf" <<END
$([[ $(id -u) != 0 ]] || echo "user root;")
worker_processes auto;
daemon off;
pid $work/nginx/pid;
events { worker_connections 512; }
http {
	log_format bytes '\$body_bytes_sent \$status \$server_port \$request_uri';
	access_log $work/nginx/access.log bytes;
	client_body_temp_path $work/nginx/body;
	proxy_temp_path $work/nginx/proxy;
	fastcgi_temp_path $work/nginx/fastcgi;
	uwsgi_temp_path $work/nginx/uwsgi;
	scgi_temp_path $work/nginx/scgi;
	sendfile on;
	keepalive_requests 100000;
	server {
		listen 127.0.0.1:$port;
		listen 127.0.0.1:$second_port;
		root $work/data;
		location /limited/ {
			alias $work/data/;
			limit_rate 25000000;
			sendfile_max_chunk 250000;
		}
	}
}
END
	nginx -p "$work/nginx" -e "$work/nginx/error.log" -c "$work/nginx/nginx.conf" &
	children+=($!)
	url=http://127.0.0.1:$port
	curl -sS --retry 20 --retry-connrefused --retry-delay 1 -o /dev/null -r 0-0 "$url/model"
}

# Slow lines to the servers. Sets limited_url, mirror_urls (100 + 100 MB/s) and uneven_urls (150 + 50 MB/s).
start_relay() {
	local ports
	exec {relay}< <(exec java -Xmx64m -cp "$jar" dev.modelcache.benchmarks.LimitedRelay \
		"$port" $((25 * MB)) connection \
		"$port" $((100 * MB)) total "$second_port" $((100 * MB)) total \
		"$port" $((150 * MB)) total "$second_port" $((50 * MB)) total)
	children+=($!)
	read -r -a ports <&"$relay"
	ports=("${ports[@]/#/http://127.0.0.1:}")
	ports=("${ports[@]/%//model}")
	limited_url=${ports[0]} mirror_urls=("${ports[@]:1:2}") uneven_urls=("${ports[@]:3:2}")
}

# The long-running program: the JVM of a user's application is warm, too.
start_cache() {
	mkdir "$work/warm"
	coproc CACHE { exec "${measured_java[@]}" -jar "$jar" "$work/warm"; }
	children+=("$CACHE_PID")
}

ask() {
	local answer
	echo "$*" >&"${CACHE[1]}"
	read -r answer <&"${CACHE[0]}" || die "the program under test has ended"
	[[ $answer != error* ]] || die "$* -> $answer"
	echo "$answer"
}

# ---- Measuring

declare -A samples=() processor=() peaks=()

calc() {
	awk "BEGIN { printf \"$1\", $2 }"
}

# Prints the median, and with "range" the least and the greatest.
median() {
	printf '%s\n' $1 | sort -g | awk -v range="${2-}" '{ v[NR] = $1 }
		END { m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
			printf(range ? "%.3f | %.3f – %.3f" : "%.6f", m, v[1], v[NR]) }'
}

# Runs a tool and keeps its peak resident set in KiB, and its seconds of processor.
measured() {
	/usr/bin/time -a -f '%M %U %S' -o "$work/usage" "$@"
}

verified() {
	[[ $(measured openssl dgst -sha256 -r "$work/fetched") == "$digest "* ]] || die "a peer fetched something else"
}

# Prints seconds, and seconds of processor.
run_tool() {
	local tool=$1 connections=$2
	shift 2
	case $tool in
	modelcache) ask download "$connections" "sha256:$digest" "$@" ;;
	simple) ask simple "sha256:$digest" "$1" ;;
	*)
		local begin=$EPOCHREALTIME
		case $tool in
		aria2c) measured aria2c -q --no-conf -x8 -s8 --file-allocation=none --allow-overwrite=true \
			--checksum="sha-256=$digest" -d "$work" -o fetched "$@" ;;
		curl) measured curl -sS -o "$work/fetched" "$1" && verified ;;
		wget) measured wget -q -O "$work/fetched" "$1" && verified ;;
		esac
		echo "$(calc %.6f "$EPOCHREALTIME - $begin") $(awk '{ n += $2 + $3 } END { print n }' "$work/usage")"
		rm -f "$work/fetched"
		;;
	esac
}

# compare NAME CONNECTIONS "TOOL..." URL...: runs the tools in turns, each round beginning with another one.
compare() {
	local name=$1 connections=$2 tools round i tool result
	read -r -a tools <<<"$3"
	shift 3
	for ((round = -warm_up; round < rounds; round++)); do
		for ((i = 0; i < ${#tools[@]}; i++)); do
			tool=${tools[(i + round + warm_up) % ${#tools[@]}]}
			((round >= 0 || round == -1)) || [[ $tool == modelcache || $tool == simple ]] || continue
			: >"$work/usage"
			result=$(run_tool "$tool" "$connections" "$@")
			say "$name: $tool $result"
			((round >= 0)) || continue
			samples[$name $tool]+=" ${result% *}"
			processor[$name $tool]+=" ${result#* }"
			peaks[$tool]=$( (cut -d' ' -f1 "$work/usage" && echo "${peaks[$tool]-0}") | sort -n | tail -1)
		done
	done
}

seconds_of() {
	median "${samples[$1]}"
}

lines=()

# row MEASURE MODELCACHE BESIDE RATIO GOAL CONDITION
row() {
	local met=no
	[[ -n $6 ]] && awk "BEGIN { exit !($6) }" && met=yes
	lines+=("| $1 | $2 | $3 | $4 | $5 | $met |")
}

wanted() {
	[[ ,$rows, == *,$1,* ]]
}

# What nginx sent for requests that match, when it has noticed all that hung up.
served() {
	local before=-1 now
	while now=$(stat -c %s "$work/nginx/access.log") && ((now != before)); do
		before=$now
		sleep 0.5
	done
	tail -n "+$((${2-0} + 1))" "$work/nginx/access.log" | awk -v uri="$1" 'index($4, uri) { n += $1 } END { printf "%d", n }'
}

# ---- The rows

speed() {
	compare speed 0 "modelcache aria2c curl simple wget" "$url/model"
	local ours other ratio
	ours=$(seconds_of "speed modelcache")
	for pair in "aria2c:\`aria2c -x8 -s8 --checksum\`:0.60" "curl:\`curl\`, then \`openssl dgst\`:0.80" \
		"wget:\`wget\`, then \`openssl dgst\`:" "simple:a simple \`WebClient\` pipeline:"; do
		IFS=: read -r tool title goal <<<"$pair"
		other=$(seconds_of "speed $tool")
		ratio=$(calc %.2f "$ours / $other")
		if [[ -n $goal ]]; then
			row "$size, verified, against $title" "$(calc %.2f "$ours") s" "$(calc %.2f "$other") s" "$ratio" \
				"≤ $goal" "$ours / $other <= $goal"
		else
			lines+=("| $size, verified, against $title | $(calc %.2f "$ours") s | $(calc %.2f "$other") s | $ratio | – | – |")
		fi
	done
}

# rate_row NAME TITLE LIMIT: compares a rate with the limit of 200 MB/s.
rate_row() {
	local ours other
	ours=$(calc %.1f "$bytes / $MB / $(seconds_of "$1 modelcache")")
	other=$(calc %.1f "$bytes / $MB / $(seconds_of "$1 aria2c")")
	row "$2, $size" "$ours MB/s" "\`aria2c\`: $other MB/s" "$(calc %.3f "$ours / 200")" "≥ 0.95 × 200 MB/s" "$ours >= 190"
}

limited() {
	compare limited 8 "modelcache aria2c" "$limited_url"
	rate_row limited "each connection limited to 25 MB/s, 8 connections"
}

mirrors() {
	compare even 0 "modelcache aria2c" "${mirror_urls[@]}"
	rate_row even "two mirrors, limited to 100 + 100 MB/s"
	compare uneven 0 "modelcache aria2c" "${uneven_urls[@]}"
	rate_row uneven "two mirrors, limited to 150 + 50 MB/s"
}

# Prints the peak of a JVM that fetches one model.
peak_of() {
	local answers
	answers=$(printf 'download 0 sha256:%s %s\nmemory\n' "$2" "$url/$1" |
		"${measured_java[@]}" -Xms64m -Xmx64m -XX:+AlwaysPreTouch -jar "$jar" "$work/memory-$1")
	[[ $answers != *error* ]] || die "memory: $answers"
	say "memory: $1 $(tr '\n' ' ' <<<"$answers")"
	tail -1 <<<"$answers"
}

memory() {
	local large_bytes available large_digest small="" large="" round
	large_bytes=$(numfmt --from=iec "$memory_size")
	available=$(($(awk '/^MemAvailable/ { print $2 }' /proc/meminfo) * 1024))
	if ((available < 2 * large_bytes + 2048 * MIB)); then
		lines+=("| $memory_size under \`-Xmx64m\` | not run: too little memory | | | ≤ 16 MiB | – |")
		return
	fi
	large_digest=$(make_data large "$large_bytes")
	for ((round = 0; round < rounds; round++)); do
		small+=" $(peak_of small "$small_digest")"
		large+=" $(peak_of large "$large_digest")"
	done
	rm "$work/data/large"
	small=$(median "$small") large=$(median "$large")
	row "$memory_size under \`-Xms64m -Xmx64m -XX:+AlwaysPreTouch\`: peak RSS, minus that of 256 MiB" \
		"$(calc %.1f "$large / 1024") MiB" "256 MiB: $(calc %.1f "$small / 1024") MiB" \
		"$(calc %+.1f "($large - $small) / 1024") MiB" "works; ≤ 16 MiB" "($large - $small) / 1024 <= 16"
}

look_up() {
	local seconds
	seconds=$(ask look-up 20000 "sha256:$small_digest" "$url/small")
	row "cached look-up with checksum configured" "$(calc %.3f "$seconds * 1000") ms" "" "" "< 1 ms" "$seconds < 0.001"
}

re_hash() {
	local round begin ours other
	for ((round = -1; round < rounds; round++)); do
		ours=$(ask verify 1 "sha256:$digest" "$url/model")
		begin=$EPOCHREALTIME
		openssl dgst -sha256 -r "$work/data/model" >/dev/null
		other=$(calc %.6f "$EPOCHREALTIME - $begin")
		say "re-hash: modelcache $ours s, openssl $other s"
		((round < 0)) || samples["re-hash modelcache"]+=" $ours" samples["re-hash openssl"]+=" $other"
	done
	ours=$(seconds_of "re-hash modelcache") other=$(seconds_of "re-hash openssl")
	row "re-hash of a cached file, $size" "$(calc %.0f "$bytes / $MB / $ours") MB/s" \
		"\`openssl\`: $(calc %.0f "$bytes / $MB / $other") MB/s" "$(calc %.2f "$other / $ours")" "≥ 0.75" \
		"$other / $ours >= 0.75"
	rm -rf "$work/warm/cache"
}

# fetch_cold DIRECTORY URL: a process of its own, in the background; its answer goes to a file.
fetch_cold() {
	mkdir -p "$1"
	echo "get 4 sha256:$small_digest $2" >"$1/commands"
	"${measured_java[@]}" -jar "$jar" "$1" <"$1/commands" >"$1/answer-${3-0}" &
	children+=($!)
}

# What a staged file takes on the disk: it has holes where nothing has arrived.
staged_bytes() {
	find "$1" -name '*.part' -printf '%b\n' | awk '{ n += $1 * 512 } END { printf "%d", n }'
}

# The moment is drawn by bytes, not by seconds: a busy machine changes what a second means.
killed() {
	local number=$1 place="$work/kill-$1" uri="/limited/small?kill=$1" victim moment on_disk mark
	moment=$((RANDOM * (small_bytes / 32768) * 95 / 100))
	fetch_cold "$place" "$url$uri"
	victim=$!
	until (($(staged_bytes "$place") > moment)); do
		kill -0 "$victim" 2>/dev/null || die "the process to kill has ended too early"
		sleep 0.02
	done
	kill -9 "$victim"
	wait "$victim" 2>/dev/null || true
	on_disk=$(staged_bytes "$place")
	served "$uri" >/dev/null
	mark=$(wc -l <"$work/nginx/access.log")
	fetch_cold "$place" "$url$uri"
	wait $!
	[[ $(<"$place/answer-0") == [0-9]* ]] || die "after a kill: $(<"$place/answer-0")"
	wire=$(($(served "$uri") - small_bytes))
	disk=$(($(served "$uri" "$mark") + on_disk - small_bytes))
	say "kill $number: $((on_disk / MIB)) MiB on disk, fetched twice: $wire bytes, of those on disk: $disk"
	rm -rf "$place"
}

kills() {
	local number wire disk worst=0 all=""
	RANDOM=2026
	for ((number = 1; number <= kills; number++)); do
		killed "$number"
		all+=" $(calc %.3f "$wire / $MIB")"
		((wire <= worst)) || worst=$wire
	done
	row "bytes fetched twice after a SIGKILL at a random moment, 256 MiB, 4 connections, $kills kills" \
		"at most $(calc %.2f "$worst / $MIB") MiB, median $(calc %.2f "$(median "$all")") MiB" "" "" \
		"≤ 2 × 4 × 1 MiB" "$worst <= 8 * $MIB"
}

together() {
	local number place="$work/together" uri="/limited/small?together" pids=() bodies
	for ((number = 1; number <= processes; number++)); do
		fetch_cold "$place" "$url$uri" "$number"
		pids+=($!)
	done
	wait "${pids[@]}"
	for ((number = 1; number <= processes; number++)); do
		[[ $(<"$place/answer-$number") == [0-9]* ]] || die "together: $(<"$place/answer-$number")"
	done
	# What was still on the line when another connection took over the tail of a range is more than one body, slightly.
	bodies=$(calc %.4f "$(served "$uri") / $small_bytes")
	row "$processes processes starting together, 256 MiB" "$bodies bodies downloaded" "" "" "1 in all" \
		"$bodies >= 1 && $bodies < 1.05"
	rm -rf "$place"
}

machine() {
	echo "- $(lscpu | sed -n 's/^Model name: *//p'), $(nproc) cores$(grep -qw sha_ni /proc/cpuinfo && echo ", SHA instructions")," \
		"$(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo) of memory, load before the run $load"
	echo "- $(uname -sr), $(java -version 2>&1 | sed -n 2p), default options${java_options:+ and \`$java_options\`}"
	echo "- $(nginx -v 2>&1 | sed 's/.*: //'), $(aria2c -v | head -1), $(curl -V | cut -d' ' -f1-2 | head -1)," \
		"$(wget -V | head -1 | cut -d' ' -f1-3), $(openssl version | cut -d' ' -f1-2)"
	echo "- $(date -u +%F), medians of $rounds interleaved rounds after $warm_up for warming up, tmpfs to tmpfs"
}

load=$(cut -d' ' -f1 /proc/loadavg)
build
say "making $size of data"
digest=$(make_data model "$bytes")
small_digest=$(make_data small "$small_bytes")
start_nginx
start_relay
start_cache
for wish in ${rows//,/ }; do
	"${wish//-/_}"
done
peaks[modelcache]=$(ask memory)

echo "## The machine"
echo
machine
echo
echo "## The measures"
echo
echo "| measure | modelcache | beside it | ratio | goal | met |"
echo "|---|---|---|---|---|---|"
printf '%s\n' "${lines[@]}"
if ((${#samples[@]})); then
	echo
	echo "## Seconds of every comparison"
	echo
	echo "| comparison | tool | median | least – greatest | processor, median |"
	echo "|---|---|---|---|---|"
	for key in "${!samples[@]}"; do
		echo "| ${key% *} | ${key##* } | $(median "${samples[$key]}" range) | $(
			[[ -z ${processor[$key]-} ]] || calc %.2f "$(median "${processor[$key]}")"
		) |"
	done | sort
	echo
	echo "Peak resident set: $(for tool in "${!peaks[@]}"; do
		((peaks[$tool])) && echo "$tool $(calc %.0f "${peaks[$tool]} / 1024") MiB"
	done | sort | paste -sd, | sed 's/,/, /g') (the JVM of modelcache and the simple pipeline had all runs, and the default heap)."
fi
