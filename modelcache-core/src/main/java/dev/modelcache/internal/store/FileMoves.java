/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Set;

import dev.modelcache.internal.ErrorTexts;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.retry.support.RetryTemplate;

/**
 * Atomic moves. A virus scanner on Windows may hold a new file open for a moment and have
 * the move refused; the move is then tried again for about two seconds.
 */
final class FileMoves {

	private static final Logger logger = LoggerFactory.getLogger(FileMoves.class);

	/** EINVAL, ENOTSUP (also as musl says it), ENOSYS and EBADF. */
	private static final Set<String> UNSUPPORTED = Set.of("Invalid argument", "Operation not supported",
			"Not supported", "Function not implemented", "Bad file descriptor");

	private static final RetryTemplate RETRY = RetryTemplate.builder()
		.maxAttempts(6)
		.exponentialBackoff(Duration.ofMillis(50), 2, Duration.ofSeconds(1), true)
		.retryOn(AccessDeniedException.class)
		.build();

	private FileMoves() {
	}

	/**
	 * Replaces a file by another one of the same file system, atomically.
	 * @param source the file to move
	 * @param target the file to replace, or to create
	 * @throws IOException if the file system refuses, also an atomic move
	 */
	static void replace(Path source, Path target) throws IOException {
		RETRY.<Path, IOException>execute((context) -> Files.move(source, target, StandardCopyOption.ATOMIC_MOVE,
				StandardCopyOption.REPLACE_EXISTING));
	}

	/** Makes a file's content durable. */
	static void force(Path file) throws IOException {
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
			channel.force(true);
		}
	}

	/**
	 * Makes a directory's entries durable where the operating system can (not on Windows,
	 * which does not open directories).
	 * @param directory the directory
	 * @throws IOException if the disk does not take them
	 */
	static void forceDirectory(@Nullable Path directory) throws IOException {
		if (directory == null) {
			return;
		}
		try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
			channel.force(true);
		}
		catch (AccessDeniedException ex) {
			logger.trace("The directory {} cannot be opened to force it to disk", directory, ex);
		}
		catch (IOException ex) {
			if (!isUnsupported(ex)) {
				throw ex;
			}
			logger.trace("The file system of {} forces no directories", directory, ex);
		}
	}

	/** Some network and FUSE file systems answer so for each directory. */
	private static boolean isUnsupported(IOException failure) {
		String reason = ErrorTexts.of(failure);
		return reason != null && UNSUPPORTED.contains(reason);
	}

}
