/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

import org.jspecify.annotations.Nullable;

/**
 * How much the files of a directory hold. Files that come and go meanwhile, or cannot be
 * seen, do not count.
 */
final class DirectorySize {

	private DirectorySize() {
	}

	/** Returns the size of all files below a directory, in bytes. */
	static long of(Path directory) {
		Sum sum = new Sum();
		try {
			Files.walkFileTree(directory, sum);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("the visitor throws none", ex);
		}
		return sum.bytes;
	}

	private static final class Sum extends SimpleFileVisitor<Path> {

		private long bytes;

		@Override
		public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
			this.bytes += attributes.isRegularFile() ? attributes.size() : 0;
			return FileVisitResult.CONTINUE;
		}

		@Override
		public FileVisitResult visitFileFailed(Path file, IOException failure) {
			return FileVisitResult.CONTINUE;
		}

		@Override
		public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException ex) {
			return FileVisitResult.CONTINUE;
		}

	}

}
