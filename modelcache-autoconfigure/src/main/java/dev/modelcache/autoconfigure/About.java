/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import dev.modelcache.ModelCache;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.SpringBootVersion;

/**
 * The versions and the file system that a report of a fault needs, as a map.
 * <p>
 * <em>Blocking</em>: for at most 200 ms. If the disk takes longer, the file system is
 * {@value #UNKNOWN}.
 */
final class About {

	static final String UNKNOWN = "unknown";

	private static final int LONGEST_WAIT_MILLIS = 200;

	private About() {
	}

	static Map<String, Object> of(Path place) {
		Map<String, Object> about = new LinkedHashMap<>();
		about.put("modelcache", orUnknown(ModelCache.class.getPackage().getImplementationVersion()));
		about.put("springBoot", SpringBootVersion.getVersion());
		about.put("java", System.getProperty("java.vm.name", "") + " " + Runtime.version());
		about.put("os", System.getProperty("os.name", "") + " " + System.getProperty("os.version", "") + " "
				+ System.getProperty("os.arch", ""));
		about.put("fileSystem", fileSystem(place));
		return about;
	}

	private static String fileSystem(Path place) {
		if (Schedulers.isInNonBlockingThread()) {
			return UNKNOWN;
		}
		try {
			return CompletableFuture.supplyAsync(() -> orUnknown(type(place)), Schedulers.boundedElastic()::schedule)
				.get(LONGEST_WAIT_MILLIS, TimeUnit.MILLISECONDS);
		}
		catch (TimeoutException | ExecutionException ex) {
			return UNKNOWN;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return UNKNOWN;
		}
	}

	/** A place that does not exist yet will be on the file system of its parent. */
	private static @Nullable String type(Path place) {
		for (Path path = place.toAbsolutePath(); path != null; path = path.getParent()) {
			if (Files.exists(path)) {
				try {
					return Files.getFileStore(path).type();
				}
				catch (IOException ex) {
					return null;
				}
			}
		}
		return null;
	}

	private static String orUnknown(@Nullable String value) {
		return Objects.requireNonNullElse(value, UNKNOWN);
	}

}
