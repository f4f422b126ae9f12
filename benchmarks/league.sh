#!/usr/bin/env bash
# Lets modelcache and other tools fetch a file from servers that misbehave, and prints the table of docs/league.md.
# usage: benchmarks/league.sh [--setup | part of a case's name...]
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${1:-}" = --setup ]; then
	apt-get update -q
	apt-get install -y -q --no-install-recommends aria2 curl npm wget
	exec npm install --global --silent @huggingface/hub
fi
mvn -q -B -ntp -Pbenchmarks -pl benchmarks -am package -DskipTests < /dev/null >&2
for tool in curl wget aria2c; do
	{ command -v "$tool" > /dev/null && "$tool" --version | head -1; } >&2 || echo "$tool is not installed" >&2
done
exec java -cp benchmarks/target/benchmarks.jar dev.modelcache.benchmarks.league.League "$@"
