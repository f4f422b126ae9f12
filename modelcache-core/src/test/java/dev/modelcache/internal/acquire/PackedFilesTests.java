/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import dev.modelcache.CacheOptions;
import dev.modelcache.CachedModel;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.DiskStep;
import dev.modelcache.internal.content.format.FormatSettings;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.internal.store.ModelDirectory;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.Packing;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.testsupport.Content;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link PackedFiles}.
 */
class PackedFilesTests {

	private static final int MIB = 1 << 20;

	@TempDir
	private Path directory;

	private final Content content = Content.random(8 * MIB, 1);

	@Test
	void unpackingTellsEachPieceSoThatItIsNotGivenUp() throws IOException {
		ModelStore store = new ModelStore(
				new StoreSettings(this.directory, DataSize.ofMegabytes(1), CacheOptions.Verification.FINGERPRINT),
				new ExclusiveFiles(), Clock.systemUTC(), null);
		try {
			URI url = URI.create("https://example.com/m.tar");
			ModelRequest request = ModelRequest.builder("m").url(url).build();
			ModelPlace place = store.place(request, "m");
			ModelDirectory version = store.version(place, List.of("1"));
			ModelFileName name = new ModelFileName("m.tar");
			RemoteFile file = new RemoteFile(name, List.of(new Mirror(url, Map.of())), null, null, Packing.TAR);
			FileJob job = new FileJob(Candidate.of(request).get(0), file, version.packed(name), false);
			writeArchive(job.place().target());
			List<Long> sizes = new ArrayList<>(List.of(0L));
			AcquisitionMonitor monitor = monitor();
			willAnswer((call) -> sizes.add(unpacked(place.directory()))).given(monitor).reading();
			new PackedFiles(store, new FormatCheck(FormatSettings.none()), Clock.systemUTC(), monitor)
				.unpack(Map.of(job, archive(job)), version);
			assertThat(sizes).last().isEqualTo(8L * MIB);
			for (int i = 1; i < sizes.size(); i++) {
				assertThat(sizes.get(i) - sizes.get(i - 1)).isLessThanOrEqualTo(MIB);
			}
		}
		finally {
			store.close();
		}
	}

	private static AcquisitionMonitor monitor() throws IOException {
		AcquisitionMonitor monitor = mock(AcquisitionMonitor.class);
		willAnswer((call) -> {
			call.getArgument(1, DiskStep.class).take();
			return null;
		}).given(monitor).storing(anyLong(), any());
		return monitor;
	}

	private static long unpacked(Path directory) {
		try (Stream<Path> files = Files.walk(directory)) {
			return files.filter((file) -> file.endsWith("model.gguf"))
				.mapToLong((file) -> file.toFile().length())
				.sum();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private void writeArchive(Path tar) throws IOException {
		Files.createDirectories(tar.getParent());
		try (OutputStream file = Files.newOutputStream(tar);
				TarArchiveOutputStream out = new TarArchiveOutputStream(file, "UTF-8")) {
			TarArchiveEntry entry = new TarArchiveEntry("model.gguf");
			entry.setSize(this.content.size());
			out.putArchiveEntry(entry);
			out.write(this.content.bytes());
			out.closeArchiveEntry();
		}
	}

	private CachedModel archive(FileJob job) {
		Path path = job.place().target();
		return CachedModel
			.of("m", List.of(path), path.toFile().length(), this.content.sha256(), "https://example.com/m.tar")
			.withOutcome(ModelOutcome.DOWNLOADED);
	}

}
