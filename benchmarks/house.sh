#!/usr/bin/env bash
# Prints the measures of docs/architecture.md: how much a reader of the code and a JVM have to take in.
# usage: benchmarks/house.sh [--list] [--no-build]
#   --list      also prints the types that the download loads
#   --no-build  uses the classes of the last run
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

list='' build=yes
for option in "$@"; do
	case $option in
	--list) list=yes ;;
	--no-build) build='' ;;
	*) sed -n '3,5s/^# //p' "$0" >&2 && exit 1 ;;
	esac
done

main() { git ls-files 'modelcache-*/src/main/java/*.java' | grep -v starter-test; }
api() { main | grep -v -e /internal/ -e /autoconfigure/; }

# The application has what the sample's dependencies bring, without llama.cpp: WebFlux, Actuator, Micrometer, the starter.
classpath=sample-app/target/measured.classpath
if [[ $build ]]; then
	mvn -q -B -ntp -pl sample-app -am package dependency:build-classpath -DskipTests -DincludeScope=runtime \
		-Dmdep.outputFile="$PWD/$classpath" </dev/null >&2
fi
work=$(mktemp -d)
pids=()
end() {
	((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true
	rm -rf "$work"
}
trap end EXIT
libraries=$(tr : '\n' <"$classpath" | grep -v llama | paste -sd :)
javac -proc:none -d "$work" -cp "$libraries" benchmarks/start/src/main/java/dev/modelcache/benchmarks/start/StartApplication.java

mkdir "$work/site"
cp sample-app/src/main/resources/models/commands.gguf "$work/site/m.gguf"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
python3 -m http.server --bind 127.0.0.1 --directory "$work/site" "$port" >/dev/null 2>&1 &
pids=($!)
java -Xlog:class+load:file="$work/loaded" -cp "$work:$libraries" dev.modelcache.benchmarks.start.StartApplication \
	--server.port=0 --server.address=127.0.0.1 --hooks.llm.url="http://127.0.0.1:$port/m.gguf" \
	--hooks.llm.download.allow-insecure-http=true --hooks.llm.cache.directory="$work/cache" \
	--hooks.llm.cache.adopt=false --hooks.llm.cache.min-free-space=1MB >"$work/output" 2>&1 &
pids+=($!)
until grep -q "Model 'default' is ready" "$work/output"; do
	kill -0 "${pids[1]}" 2>/dev/null || { cat "$work/output" >&2 && exit 1; }
	sleep 0.1
done
kill "${pids[1]}"
wait "${pids[1]}" || true

# Without lambdas, proxies and what is no class.
grep -oE 'dev\.modelcache\.[A-Za-z0-9.$_]+' "$work/loaded" |
	grep -v -e '\.benchmarks\.' -e package-info -e Lambda -e '\$Proxy' -e '\$\$' | sort -u >"$work/types"
[[ ! $list ]] || cat "$work/types"

row() { printf '%-75s %7s\n' "$1" "$2"; }
row "types that a download loads, top level" "$(grep -vc '\$' "$work/types")"
row "types that a download loads, with nested types" "$(wc -l <"$work/types")"
row "public types outside internal and autoconfigure, top level" "$(api | xargs grep -l '^public ' | wc -l)"
row "public types outside internal and autoconfigure, with nested types" \
	"$(api | xargs grep -hE '^\s*public ([a-z]+ )*(class|interface|enum|record) ' | wc -l)"
row "files of main code" "$(main | wc -l)"
row "lines of main code without comments, blanks and imports" \
	"$(main | xargs cat | grep -vcE '^\s*(//|/?\*|import |$)')"
