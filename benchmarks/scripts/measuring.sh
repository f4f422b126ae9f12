# shellcheck shell=bash
# Runs tools in turns, and keeps what they took. Read by run.sh.

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
			${tls+--ca-certificate="$work/nginx/certificate.pem"} --checksum="sha-256=$digest" -d "$work" -o fetched "$@" ;;
		curl) measured curl -sS --fail ${tls+--cacert "$work/nginx/certificate.pem"} -o "$work/fetched" "$1" ;;
		wget) measured wget -q -O "$work/fetched" "$1" ;;
		esac
		[[ $tool == aria2c ]] || verified
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
			[[ -s $work/usage ]] || continue
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

# What nginx sent for requests that match, when it has noticed all that hung up.
served() {
	local before=-1 now
	while now=$(stat -c %s "$work/nginx/access.log") && ((now != before)); do
		before=$now
		sleep 0.5
	done
	tail -n "+$((${2-0} + 1))" "$work/nginx/access.log" | awk -v uri="$1" 'index($4, uri) { n += $1 } END { printf "%d", n }'
}
