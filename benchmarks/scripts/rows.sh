# shellcheck shell=bash
# The rows of the table, a function each. Read by run.sh.

speed() {
	local first
	first=$(ask download 0 "sha256:$digest" "$url/model")
	say "speed: the first download $first"
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
	lines+=("| $size, verified, the first download of a JVM | $(calc %.2f "${first% *}") s | | | – | – |")
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

many() {
	local number seconds threads peak
	head -c $MIB "$work/data/small" >"$work/data/piece"
	for number in 10 100; do
		read -r seconds threads peak <<<"$("${measured_java[@]}" -cp "$jar" dev.modelcache.benchmarks.ManyModels \
			"$work/many" "$number" "$url/piece" | tail -1)"
		lines+=("| $number models of 1 MiB, requested at once | $seconds s | | $threads threads, $((peak / 1024)) MiB | – | – |")
		rm -rf "$work/many"
	done
}
