/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.lock.LockSettings;
import dev.modelcache.internal.lock.WithoutLocks;
import dev.modelcache.testsupport.ForkedJvm;

/**
 * A process with a cache of its own: gets one model, and prints when it begins and what
 * came of it.
 */
final class ChildCache {

	/** Printed when everything is loaded and the acquisition is about to begin. */
	static final String BEGINS = "begins";

	/** Printed with the outcome. */
	static final String ENDED = "ended ";

	/**
	 * An option: the file system has no locks, and notes are void after three seconds.
	 */
	static final String WITHOUT_LOCKS = "-Dwithout-locks=3";

	/** An option, after the other one: notes are void at once. */
	static final String IMPATIENT = "-Dwithout-locks=0";

	/** An option: the process ends when it has moved the file to its place. */
	static final String HALTING = "-Dhalting=true";

	/** An option: the cache chooses where the file stands. */
	static final String IN_CACHE = "-Din-cache=true";

	/** An option: the process goes on until it is told something. */
	static final String STAYING = "-Dstaying=true";

	private ChildCache() {
	}

	static ForkedJvm start(URI url, Digest digest, Path directory, String... options) {
		return startBy(List.of(), url, digest, directory, options);
	}

	/** Starts it by another program, to which its command is added. */
	static ForkedJvm startBy(List<String> wrapper, URI url, Digest digest, Path directory, String... options) {
		return ForkedJvm.startBy(wrapper, ChildCache.class, List.of(options), url, digest, directory);
	}

	/**
	 * Gets the model.
	 * @param arguments its URL, its digest, the directory of the cache
	 */
	public static void main(String[] arguments) throws IOException {
		URI url = URI.create(arguments[0]);
		ModelRequest.Builder request = ModelRequest.builder("m").url(url).expectedDigest(Digest.parse(arguments[1]));
		if (!Boolean.getBoolean("in-cache")) {
			request.modelPath(Path.of(arguments[2], "model.gguf"));
		}
		try (CacheFixture fixture = new CacheFixture(Path.of(arguments[2]))) {
			Integer staleAfter = Integer.getInteger("without-locks");
			if (staleAfter != null) {
				LockSettings settings = new LockSettings(Duration.ofMinutes(1), Duration.ofSeconds(staleAfter));
				fixture.locks(WithoutLocks.factory(settings), WithoutLocks.files());
			}
			if (Boolean.getBoolean("halting")) {
				fixture.halting();
			}
			fixture.open(request.build());
			System.out.println(BEGINS);
			CachedModel model = fixture.cache().get("m").block(Duration.ofMinutes(5));
			System.out.println(ENDED + model.outcome());
			if (Boolean.getBoolean("staying")) {
				System.in.read();
			}
		}
	}

}
