#!/usr/bin/env bash
# Measures the first command, mvn -ntp -Psample, as on a new machine: a fresh clone of this commit, and an empty Maven
# repository (or the one that is named). Prints the seconds until the first line that says what happens and until the
# page answers, and the megabytes that were fetched.
#
#   sample-app/first-command.sh [repository] [port]
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
repository=${1:-$work/repository}
port=${2:-18080}
maven=
trap '[ -z "$maven" ] || kill -- "-$maven" 2> /dev/null || true; rm -rf "$work"' EXIT

git clone --quiet . "$work/clone"
before=$(du -sm "$repository" 2> /dev/null | cut -f1 || true)
cd "$work/clone"
begin=$(date +%s)
set -m
mvn -B -ntp -Psample "-Dmaven.repo.local=$repository" "-Dsample.port=$port" > "$work/log" 2>&1 < /dev/null &
maven=$!
set +m

said=
until curl --silent --fail --output /dev/null "http://127.0.0.1:$port/"; do
	if ! kill -0 "$maven" 2> /dev/null; then
		cat "$work/log"
		echo "Maven has ended"
		exit 1
	fi
	if [ -z "$said" ] && grep -q "http://localhost:$port" "$work/log"; then
		said=$(($(date +%s) - begin))
	fi
	sleep 1
done
echo "first line after ${said:-?} s, page after $(($(date +%s) - begin)) s, $(($(du -sm "$repository" | cut -f1) - ${before:-0})) MB fetched"
