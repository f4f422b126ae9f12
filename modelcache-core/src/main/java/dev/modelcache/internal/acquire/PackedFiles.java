/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.internal.DiskFault;
import dev.modelcache.internal.OpeningOrder;
import dev.modelcache.internal.content.ArchiveException;
import dev.modelcache.internal.content.ArchiveLimits;
import dev.modelcache.internal.content.TarArchive;
import dev.modelcache.internal.content.UnpackedFile;
import dev.modelcache.internal.content.format.FormatHints;
import dev.modelcache.internal.store.Fingerprint;
import dev.modelcache.internal.store.ModelDirectory;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.Receipt;
import dev.modelcache.source.ExpectedDigest;
import org.jspecify.annotations.Nullable;

import org.springframework.util.FileSystemUtils;
import org.springframework.util.unit.DataSize;

/**
 * Takes the files of a model out of the archives that they came in, which have been
 * verified as a whole. What proved the archive proves its files.
 * <p>
 * <em>Blocking</em>. <em>Errors</em>: {@link ModelFormatException} for an archive that is
 * damaged or must not be unpacked, or a file that is not a model; nothing of the version
 * is seen then.
 */
final class PackedFiles {

	private final ModelStore store;

	private final FormatCheck formats;

	private final Clock clock;

	private final AcquisitionMonitor monitor;

	/**
	 * Creates it.
	 * @param store where files are kept
	 * @param formats looks at the headers of files
	 * @param clock tells the time
	 * @param monitor is told what the disk does
	 */
	PackedFiles(ModelStore store, FormatCheck formats, Clock clock, AcquisitionMonitor monitor) {
		this.store = store;
		this.formats = formats;
		this.clock = clock;
		this.monitor = monitor;
	}

	/**
	 * Replaces each archive by its files.
	 * @param arrived what has arrived, in order
	 * @param directory where the files will be seen
	 * @return all files; where there was an archive, the first one is what a runtime
	 * opens first
	 */
	Map<ModelFileName, CachedModel> unpack(Map<FileJob, CachedModel> arrived, ModelDirectory directory) {
		Map<ModelFileName, CachedModel> files = new LinkedHashMap<>();
		arrived.forEach((job, file) -> {
			Map<ModelFileName, CachedModel> some = job.isPacked() ? unpack(job, file, directory)
					: Map.of(job.name(), file);
			some.forEach((name, one) -> {
				if (files.put(name, one) != null) {
					throw refused(job, "has a file of a name that another part of the model has");
				}
			});
		});
		if (arrived.keySet().stream().noneMatch(FileJob::isPacked)) {
			return files;
		}
		Map<ModelFileName, CachedModel> sorted = new LinkedHashMap<>();
		List<ModelFileName> byName = files.keySet().stream().sorted(Comparator.comparing(ModelFileName::text)).toList();
		OpeningOrder.sorted(byName, Function.identity())
			.forEach((name) -> sorted.put(name, Objects.requireNonNull(files.get(name))));
		return sorted;
	}

	private Map<ModelFileName, CachedModel> unpack(FileJob job, CachedModel archive, ModelDirectory directory) {
		Path tar = job.place().target();
		try (InputStream in = new BufferedInputStream(watched(Files.newInputStream(tar)))) {
			ModelPlace place = directory.seen(job.file().name());
			ArchiveLimits limits = new ArchiveLimits(ArchiveLimits.MOST_FILES, archive.size(),
					(bytes) -> this.store.staging().admit(job.modelId(), place, DataSize.ofBytes(bytes)),
					archive.size());
			Path unpacking = directory.unpacking();
			try {
				List<UnpackedFile> unpacked = TarArchive.unpack(in, unpacking, limits);
				ModelDraft.refuseCollisions(job.candidate(), unpacked.stream().map(UnpackedFile::name).toList());
				Map<ModelFileName, CachedModel> files = new LinkedHashMap<>();
				for (UnpackedFile file : unpacked) {
					files.put(file.name(), take(job, archive, file, unpacking, directory));
				}
				return files;
			}
			finally {
				FileSystemUtils.deleteRecursively(unpacking);
			}
		}
		catch (ArchiveException ex) {
			discard(job);
			throw refused(job, String.valueOf(ex.getMessage()));
		}
		catch (ModelFormatException ex) {
			discard(job);
			throw ex;
		}
		catch (IOException ex) {
			throw DiskFault.exception(job.modelId(), job.place().directory(), "cannot unpack " + tar, ex);
		}
	}

	/** Whatever is read of an archive is written at once. */
	private InputStream watched(InputStream archive) {
		return new FilterInputStream(archive) {
			@Override
			public int read(byte[] target, int offset, int length) throws IOException {
				PackedFiles.this.monitor.reading();
				return super.read(target, offset, length);
			}
		};
	}

	/** What is refused is not kept: another download would bring the same. */
	private void discard(FileJob job) {
		this.store.eviction().evict(job.modelId(), job.place(), this.monitor::advanced, (file) -> {
		});
	}

	private CachedModel take(FileJob job, CachedModel archive, UnpackedFile file, Path unpacking,
			ModelDirectory directory) throws IOException {
		Path unpacked = file.name().in(unpacking);
		Path target = directory.seen(file.name()).target();
		ModelFormat format = this.formats.inspect(job.modelId(), unpacked, FormatHints.ofName(file.name().last()),
				file.name() + " in " + archive.source());
		Candidate candidate = job.candidate();
		Function<Fingerprint, Receipt> receipt = (fingerprint) -> new Receipt(fingerprint, file.sha256(), expected(job),
				expected(job), archive.source(), candidate.sourceKey(this.store), null, candidate.fallback(),
				this.clock.instant(), format);
		this.monitor.storing(file.size(), () -> directory.take(unpacked, file.name(), receipt));
		return CachedModel.of(job.modelId(), List.of(target), file.size(), file.sha256(), archive.source())
			.withOutcome(ModelOutcome.DOWNLOADED)
			.withFallback(candidate.fallback())
			.withVerified(archive.verified())
			.withFormat(format);
	}

	private static @Nullable Digest expected(FileJob job) {
		ExpectedDigest expected = job.file().expected();
		return (expected != null) ? expected.digest() : null;
	}

	private static ModelFormatException refused(FileJob job, String problem) {
		return new ModelFormatException(job.modelId(), "the archive " + job.file().name() + " " + problem,
				"Ask its publisher for another one, or use another source");
	}

}
