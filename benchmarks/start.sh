#!/usr/bin/env bash
# Measures what the starter adds to the start of a WebFlux application: without a key, and with a model in the cache. Then
# what it adds, together with modelcache-starter-test, to that of a slice test (@WebFluxTest) of an application with a model.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

usage() {
	cat <<'END'
usage: benchmarks/start.sh [option...]
  --rounds N         starts of each application, in turn; the median counts (7)
  --java-options O   options of the JVMs that are measured
  --no-build         use the jars of the last build
END
}

rounds=7 java_options= build=yes
while (($#)); do
	case $1 in
	--rounds) rounds=$2 && shift 2 ;;
	--java-options) java_options=$2 && shift 2 ;;
	--no-build) build= && shift ;;
	--help) usage && exit ;;
	*) usage >&2 && exit 1 ;;
	esac
done

jars=modelcache-starter/target/measured.classpath
if [[ $build ]]; then
	mvn -q -B -ntp -Pbenchmarks -pl benchmarks/start -am package -DskipTests </dev/null >&2
	mvn -q -B -ntp -pl modelcache-starter,modelcache-starter-test -am package -DskipTests </dev/null >&2
	mvn -q -B -ntp -pl modelcache-starter -am package dependency:build-classpath -DskipTests -DincludeScope=runtime \
		-Dmdep.outputFile="$PWD/$jars" </dev/null >&2
fi
work=$(mktemp -d)
pids=()
end() {
	((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true
	rm -rf "$work"
}
trap end EXIT

# The jars of both have the same versions, so their names tell which of them the starter adds.
plain=benchmarks/start/target/start.jar
for jar in benchmarks/start/target/lib/*.jar; do plain+=:$jar; done
starter=$plain
for jar in $(tr : ' ' <"$jars"); do
	[[ -e benchmarks/start/target/lib/${jar##*/} ]] || starter+=:$jar
done

slice=benchmarks/start/target/test-classes:$plain
for jar in benchmarks/start/target/test-lib/*.jar; do
	[[ -e benchmarks/start/target/lib/${jar##*/} ]] || slice+=:$jar
done
tested=$slice${starter#"$plain"}:$(ls modelcache-starter-test/target/modelcache-starter-test-*[0-9T].jar)

# Usage: start FILE CLASSPATH LINE ARGUMENT... Starts an application, waits for a line of its output, and ends it.
start() {
	local file=$1 classpath=$2 line=$3 pid
	shift 3
	# shellcheck disable=SC2086
	java $java_options -cp "$classpath" "${main:-dev.modelcache.benchmarks.start.StartApplication}" --server.port=0 \
		--server.address=127.0.0.1 --spring.main.banner-mode=off "$@" >"$file" 2>&1 &
	pid=$!
	pids=("${pids[@]:0:1}" "$pid")
	for ((i = 0; i < 600; i++)); do
		if grep -qs "$line" "$file"; then
			kill "$pid"
			wait "$pid" || true
			return
		fi
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	cat "$file" >&2
	return 1
}

mkdir "$work/site"
cp sample-app/src/main/resources/models/commands.gguf "$work/site/m.gguf"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
python3 -m http.server --bind 127.0.0.1 --directory "$work/site" "$port" >/dev/null 2>&1 &
pids=($!)
model=("--hooks.llm.url=http://127.0.0.1:$port/m.gguf" --hooks.llm.download.allow-insecure-http=true
	"--hooks.llm.cache.directory=$work/cache" --hooks.llm.cache.adopt=false --hooks.llm.cache.min-free-space=1MB)
start "$work/first" "$starter" "Model 'default' is ready" "${model[@]}"

for ((round = 0; round < rounds; round++)); do
	start "$work/plain.$round" "$plain" "start: started"
	start "$work/starter.$round" "$starter" "start: started"
	start "$work/cached.$round" "$starter" "Model 'default' is ready" "${model[@]}"
done

# Both have the keys of the model, which mean nothing without the starter.
java_options+=" -Dhooks.llm.url=https://models.example.com/m.gguf"
main=dev.modelcache.benchmarks.start.SliceStart
for ((round = 0; round < rounds; round++)); do
	start "$work/slice.$round" "$slice" "start: started"
	start "$work/tested.$round" "$tested" "start: started"
done

# Usage: median KIND EVENT COLUMN
median() {
	cat "$work/$1".[0-9]* | awk -v event="$2" -v column="$3" '$1 == "start:" && $2 == event { print $column }' |
		sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

row() { printf '%-12s %8s %14s %8s %14s\n' "$@"; }
row application ms 'processor ms' classes 'when it ends'
for kind in plain starter cached slice tested; do
	row "$kind" "$(median $kind started 3)" "$(median $kind started 5)" "$(median $kind started 4)" \
		"$(median $kind ended 4)"
done
