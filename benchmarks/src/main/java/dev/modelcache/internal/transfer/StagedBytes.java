/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;

import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelRequest;
import dev.modelcache.benchmarks.Scratch;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.PartialJudge;
import dev.modelcache.internal.store.StagedFile;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.springframework.util.FileSystemUtils;

/**
 * A staged file and its journal, as a download of 64 MiB has them, without a download.
 */
@NullMarked
final class StagedBytes implements AutoCloseable {

	static final int SIZE = 64 << 20;

	final Mirror mirror = new Mirror(URI.create("http://localhost/model"), Map.of());

	/** Nobody computes it: it is what lets a download be continued. */
	private final ExpectedDigest expected = new ExpectedDigest(Digest.of(Digest.Algorithm.SHA256, new byte[32]),
			DigestOrigin.CONFIGURATION);

	private final DownloadPlan plan = new DownloadPlan("default",
			new RemoteFile("model", List.of(this.mirror), this.expected, (long) SIZE), 1, 0);

	private final Path directory = Scratch.directory("staged");

	final StagedFile file;

	StagedBytes() throws IOException {
		ModelStore store = new ModelStore(StoreSettings.defaults(this.directory), new ExclusiveFiles(),
				Clock.systemUTC());
		ModelRequest request = ModelRequest.builder("default").url(this.mirror.uri()).build();
		this.file = store.staging().stage("default", store.place(request, "model"), PartialJudge.NONE, () -> {
		});
	}

	/** Returns a log that knows nothing yet. */
	BlockLog log() {
		return new BlockLog(this.plan, this.file, new Deaf());
	}

	@Override
	public void close() throws IOException {
		this.file.close();
		FileSystemUtils.deleteRecursively(this.directory);
	}

	/** Listens to nothing. */
	private static final class Deaf implements TransferListener {

		@Override
		public void answered(Mirror mirror, @Nullable Long totalBytes) {
		}

		@Override
		public void resumed(long position, long totalBytes) {
		}

		@Override
		public void written(Mirror mirror, long bytes, long position) {
		}

		@Override
		public void failed(RequestFailedException failure) {
		}

		@Override
		public void retrying(RequestFailedException failure) {
		}

	}

}
