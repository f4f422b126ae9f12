package dev.modelcache.internal.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

import dev.modelcache.internal.lock.ExclusiveFile;
import dev.modelcache.internal.lock.ExclusiveFiles;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what ended downloads left in a directory, when it is too old to be continued.
 */
final class ExpiredPartials {

	private static final Logger logger = LoggerFactory.getLogger(ExpiredPartials.class);

	private ExpiredPartials() {
	}

	/**
	 * Deletes the staged files below a directory that nobody has open and that were last
	 * written before a time.
	 * @param directory the directory
	 * @param depth how many levels below it to look
	 * @param files opens files
	 * @param expiry the time
	 */
	static void delete(Path directory, int depth, ExclusiveFiles files, Instant expiry) {
		try (Stream<Path> all = Files.walk(directory, depth)) {
			List<Path> staged = all.filter(StagedName::isStaged).toList();
			for (Path file : staged) {
				if (Files.getLastModifiedTime(file).toInstant().isBefore(expiry)) {
					delete(file, files);
				}
			}
		}
		catch (IOException | UncheckedIOException ex) {
			logger.debug("Not all old files in {} can be deleted", directory, ex);
		}
	}

	private static void delete(Path file, ExclusiveFiles files) throws IOException {
		try (ExclusiveFile taken = files.tryOpen(file)) {
			if (taken != null) {
				logger.info("Deleting {}, which nobody has continued for too long", file);
				Files.deleteIfExists(StagedName.journal(file));
				Files.deleteIfExists(file);
			}
		}
	}

}
