#!/usr/bin/env bash
# Downloads a model in a container's memory to a slow disk, and measures what the JVM needs at least.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

usage() {
	cat <<'END'
usage: benchmarks/pod-memory.sh [option...]     as root
  --model MIB        size of the model (3072)
  --memory MIB       memory of the container: memory.max, or memory.limit_in_bytes of cgroup v1 (256)
  --disk MB          what the disk writes a second: io.max, or blkio.throttle of cgroup v1 (50)
  --java-options O   options of the JVM (-Xmx64m -XX:MaxDirectMemorySize=32m)
  --least            afterwards, find the smallest heap and direct memory with which a model of 256 MiB arrives
  --no-build         use the jar of the last build
Needs nginx, openssl, losetup and mkfs.ext4. Prints what it cannot limit on this machine.
END
}

model=3072 memory=256 disk=50 java_options='-Xmx64m -XX:MaxDirectMemorySize=32m' least= build=yes
arguments=("$@")
while (($#)); do
	case $1 in
	--model) model=$2 && shift 2 ;;
	--memory) memory=$2 && shift 2 ;;
	--disk) disk=$2 && shift 2 ;;
	--java-options) java_options=$2 && shift 2 ;;
	--least) least=yes && shift ;;
	--no-build) build= && shift ;;
	--help) usage && exit ;;
	*) usage >&2 && exit 1 ;;
	esac
done
[[ $(id -u) == 0 ]] || { echo "needs root" >&2 && exit 1; }
if [[ -z ${POD_MEMORY-} ]]; then
	[[ -z $build ]] || mvn -q -B -Pbenchmarks -pl benchmarks -am package -DskipTests </dev/null >&2
	# Mounts end with this process.
	POD_MEMORY=yes exec unshare --mount --propagation private "$0" "${arguments[@]}"
fi

jar=benchmarks/target/benchmarks.jar
children=() group= device= throttle=
work=$(mktemp -d "${TMPDIR:-/var/tmp}/pod-memory.XXXXXX")
mkdir "$work"/{data,nginx,disk}
end() {
	local member
	((${#children[@]} == 0)) || kill "${children[@]}" 2>/dev/null || true
	while [[ $group ]] && read -r member 2>/dev/null <"$group/cgroup.procs"; do
		kill -KILL "$member" 2>/dev/null || true
		sleep 0.1
	done
	wait || true
	[[ -z $throttle ]] || echo "$throttle 0" >/sys/fs/cgroup/blkio/blkio.throttle.write_bps_device
	umount "$work/disk" 2>/dev/null || umount --lazy "$work/disk" 2>/dev/null || true
	[[ -z $device ]] || losetup -d "$device" || true
	[[ -z $group ]] || rmdir "$group" || true
	rm -rf "$work"
}
trap end EXIT
trap exit INT TERM
. benchmarks/scripts/servers.sh

version=
if [[ -e /sys/fs/cgroup/cgroup.controllers ]] && grep -qw memory /sys/fs/cgroup/cgroup.controllers; then
	version=2
	group=/sys/fs/cgroup/modelcache-pod-$$
	echo '+memory +io' >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || true
	mkdir "$group"
	echo "${memory}M" >"$group/memory.max"
	! [[ -e $group/memory.swap.max ]] || echo 0 >"$group/memory.swap.max"
elif [[ -e /sys/fs/cgroup/memory/memory.limit_in_bytes ]]; then
	version=1
	group=/sys/fs/cgroup/memory/modelcache-pod-$$
	mkdir "$group"
	echo "${memory}M" >"$group/memory.limit_in_bytes"
else
	echo "The machine has no memory cgroup: memory is not limited."
fi

truncate -s $((model + 1024))M "$work/image"
device=$(losetup -f --show --direct-io=on "$work/image")
mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 "$device"
mount "$device" "$work/disk"
number=$(lsblk -dno MAJ:MIN "$device" | tr -d ' ')
if [[ $version == 2 && -e $group/io.max ]]; then
	echo "$number wbps=$((disk * 1000000))" >"$group/io.max"
elif [[ -e /sys/fs/cgroup/blkio/blkio.throttle.write_bps_device ]]; then
	# Of the root group, because cgroup v1 does not know who made a page dirty.
	throttle=$number
	echo "$throttle $((disk * 1000000))" >/sys/fs/cgroup/blkio/blkio.throttle.write_bps_device
else
	echo "The machine cannot limit what a disk writes: the disk is not slow."
fi
sync
begin=$EPOCHREALTIME
dd if=/dev/zero of="$work/disk/probe" bs=1M count=100 conv=fsync status=none
echo "disk: $(awk "BEGIN { printf \"%.0f\", 104.8576 / ($EPOCHREALTIME - $begin) }") MB/s"
rm "$work/disk/probe"

# download OPTIONS DIGEST PATH: prints seconds, seconds of processor, and the peak of the resident set in KiB.
download() {
	local options=$1
	mkdir -p "$work/disk/model"
	# shellcheck disable=SC2086
	(
		[[ -z $group ]] || echo $BASHPID >"$group/cgroup.procs"
		printf '%s\n' "get 4 sha256:$2 $url/$3" memory |
			exec java $options -cp "$jar" dev.modelcache.benchmarks.EndToEnd "$work/disk/model" 2>"$work/log"
	)
	rm -rf "$work/disk/model"
}

digest=$(make_data model $((model << 20)))
sync
start_nginx
peak_of_dirty() {
	local kib most=0
	while [[ ! -e $work/stop ]]; do
		kib=$(awk '/^(Dirty|Writeback):/ { n += $2 } END { print n }' /proc/meminfo)
		((kib <= most)) || most=$kib
		echo "$most" >"$work/dirty"
		read -rt 0.2 <> <(:) || true
	done
}
peak_of_dirty &
children+=($!)
status=0
result=$(download "$java_options" "$digest" model) || status=$?
touch "$work/stop"
echo "java $java_options, $model MiB, $memory MiB of memory (cgroup v${version:-: none})"
echo "seconds, seconds of processor, peak resident set (KiB): $(tr '\n' ' ' <<<"$result")"
echo "peak of dirty pages of the machine (KiB): $(cat "$work/dirty")"
case $version in
2) echo "peak of the group: $(cat "$group/memory.peak" 2>/dev/null || echo unknown); $(grep -w oom_kill "$group/memory.events")" ;;
1) echo "peak of the group: $(cat "$group/memory.max_usage_in_bytes"); $(grep oom_kill "$group/memory.oom_control" | tr '\n' ' ')" ;;
esac
if ((status)) || [[ $result == error* || -z $result ]]; then
	cat "$work/log" >&2
	exit 1
fi

[[ $least ]] || exit 0
rm "$work/data/model"
digest=$(make_data small $((256 << 20)))
echo "heap and direct memory, 256 MiB:"
for size in 12 16 24; do
	for direct in 1 2 4; do
		result=$(download "-Xmx${size}m -XX:MaxDirectMemorySize=${direct}m" "$digest" small 2>/dev/null) || result=ended
		outcome=arrives
		[[ $result =~ ^[0-9] ]] || outcome="fails ($(grep -om1 'OutOfMemoryError.*\|.*[Dd]irect.*memory.*' "$work/log" | head -c 120))"
		echo "-Xmx${size}m -XX:MaxDirectMemorySize=${direct}m: $outcome"
	done
done
