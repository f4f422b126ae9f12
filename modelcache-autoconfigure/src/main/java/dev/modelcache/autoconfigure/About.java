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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

import dev.modelcache.ModelCache;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.SpringBootVersion;

/**
 * The versions and the file system that a report of a fault needs, as a map.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: for at most 200 ms. If the disk
 * takes longer, the file system is {@value #UNKNOWN}, and it is not asked again until it
 * has answered.
 */
final class About {

	static final String UNKNOWN = "unknown";

	private static final int LONGEST_WAIT_MILLIS = 200;

	private static final About SYSTEM = new About(About::type);

	private final Function<Path, @Nullable String> types;

	/** The questions that have not been answered. */
	private final Map<Path, CompletableFuture<String>> asked = new ConcurrentHashMap<>();

	/**
	 * Creates it.
	 * @param types returns the type of the file system of a path, or {@code null}
	 */
	About(Function<Path, @Nullable String> types) {
		this.types = types;
	}

	static Map<String, Object> of(Path place) {
		return SYSTEM.describe(place);
	}

	Map<String, Object> describe(Path place) {
		Map<String, Object> about = new LinkedHashMap<>();
		about.put("modelcache", orUnknown(ModelCache.class.getPackage().getImplementationVersion()));
		about.put("springBoot", SpringBootVersion.getVersion());
		about.put("java", System.getProperty("java.vm.name", "") + " " + Runtime.version());
		about.put("os", System.getProperty("os.name", "") + " " + System.getProperty("os.version", "") + " "
				+ System.getProperty("os.arch", ""));
		about.put("fileSystem", fileSystem(place));
		return about;
	}

	private String fileSystem(Path place) {
		if (Schedulers.isInNonBlockingThread()) {
			return UNKNOWN;
		}
		try {
			return this.asked.computeIfAbsent(place, this::ask).get(LONGEST_WAIT_MILLIS, TimeUnit.MILLISECONDS);
		}
		catch (TimeoutException | ExecutionException | RejectedExecutionException ex) {
			return UNKNOWN;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return UNKNOWN;
		}
	}

	private CompletableFuture<String> ask(Path place) {
		CompletableFuture<String> answer = new CompletableFuture<>();
		Schedulers.boundedElastic().schedule(() -> {
			try {
				answer.complete(orUnknown(this.types.apply(place)));
			}
			catch (RuntimeException ex) {
				answer.completeExceptionally(ex);
			}
			finally {
				this.asked.remove(place, answer);
			}
		});
		return answer;
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
