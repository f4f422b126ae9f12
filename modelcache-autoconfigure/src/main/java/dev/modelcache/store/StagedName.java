package dev.modelcache.store;

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

	private StagedName() {
	}

	static Path of(Path target) {
		ProcessHandle self = ProcessHandle.current();
		String owner = self.pid() + "-" + startMillis(self) + "-" + UUID.randomUUID().toString().substring(0, 8);
		return target.resolveSibling("." + target.getFileName() + "." + owner + ".part");
	}

	/**
	 * Returns whether a file is staged for a target by a process of this machine that no
	 * longer runs.
	 */
	static boolean isAbandoned(Path file, Path target) {
		String prefix = "." + target.getFileName();
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

	/** A process id is used again some day; the pair with the start time is not. */
	private static long startMillis(ProcessHandle process) {
		return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
	}

}
