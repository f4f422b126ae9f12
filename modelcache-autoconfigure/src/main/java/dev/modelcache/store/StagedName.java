package dev.modelcache.store;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a staged file, which tells its owner:
 * {@code .<target name>.<pid>-<process start>-<random>.part}.
 */
final class StagedName {

	private static final Pattern OWNER = Pattern.compile("\\.(\\d+)-(\\d+)-[0-9a-f]{8}\\.part");

	/** File systems take 255 bytes. */
	private static final int LONGEST_NAME = 180;

	private StagedName() {
	}

	static Path of(Path target) {
		ProcessHandle self = ProcessHandle.current();
		String owner = self.pid() + "-" + startMillis(self) + "-" + UUID.randomUUID().toString().substring(0, 8);
		return target.resolveSibling(prefix(target) + "." + owner + ".part");
	}

	/**
	 * Returns whether a file is staged for a target by a process of this machine that no
	 * longer runs.
	 */
	static boolean isAbandoned(Path file, Path target) {
		String prefix = prefix(target);
		String name = file.getFileName().toString();
		if (!name.startsWith(prefix)) {
			return false;
		}
		Matcher matcher = OWNER.matcher(name.substring(prefix.length()));
		if (!matcher.matches()) {
			return false;
		}
		Optional<ProcessHandle> owner = ProcessHandle.of(Long.parseLong(matcher.group(1)));
		return owner.isEmpty() || startMillis(owner.get()) != Long.parseLong(matcher.group(2));
	}

	/** The target's name, or its key where that would be too long for a file system. */
	private static String prefix(Path target) {
		String name = target.getFileName().toString();
		return "." + ((name.getBytes(StandardCharsets.UTF_8).length <= LONGEST_NAME) ? name : CacheLayout.key(name));
	}

	/** A process id is used again some day; the pair with the start time is not. */
	private static long startMillis(ProcessHandle process) {
		return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
	}

}
