package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.acquire.AcquisitionPipeline.Mode;
import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.store.ModelDirectory;
import dev.modelcache.internal.store.ModelManifest;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.HubRevision;
import dev.modelcache.source.Packing;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Brings a model of several files: each on its own into a directory that nobody is shown,
 * and then all at once to the model's place. What an earlier acquisition brought of the
 * same version is there already.
 * <p>
 * Small files come side by side, for each is one request; a large one has all the
 * connections of the model for itself, so that these are as busy as with a single file.
 */
final class SeveralFiles {

	private static final Logger logger = LoggerFactory.getLogger(SeveralFiles.class);

	private final Rooms rooms;

	private final CacheLookUp lookUp;

	private final FileAcquisition files;

	private final Adoption adoption;

	private final PackedFiles packed;

	private final BlockingSteps steps;

	SeveralFiles(Rooms rooms, CacheLookUp lookUp, FileAcquisition files, Adoption adoption, PackedFiles packed,
			BlockingSteps steps) {
		this.rooms = rooms;
		this.lookUp = lookUp;
		this.files = files;
		this.adoption = adoption;
		this.packed = packed;
		this.steps = steps;
	}

	/**
	 * Brings a model.
	 * @param candidate the way to serve it
	 * @param model its files
	 * @param mode whether files that are there, and that nothing proves, will do
	 * @param monitor hears how it goes
	 * @return the model, once all its files are visible
	 */
	Mono<CachedModel> fetch(Candidate candidate, ResolvedModel model, Mode mode, AcquisitionMonitor monitor) {
		return Mono.defer(() -> {
			Map<FileJob, CachedModel> known = new HashMap<>();
			return this.steps.call(() -> usable(candidate, model, known, () -> monitor.state(ModelState.VERIFYING)))
				.flatMap((directory) -> fetch(candidate, model, directory, known, mode, monitor));
		});
	}

	private Mono<CachedModel> fetch(Candidate candidate, ResolvedModel model, ModelDirectory directory,
			Map<FileJob, CachedModel> known, Mode mode, AcquisitionMonitor monitor) {
		List<FileJob> jobs = jobs(candidate, model, directory);
		FilesProgress progress = new FilesProgress(model.size(), monitor);
		return unpacked(candidate, jobs, directory, monitor).switchIfEmpty(this.steps
			.call(() -> there(jobs, known, directory, mode == Mode.USE_CACHED || model.revision() != null,
					() -> monitor.state(ModelState.VERIFYING)))
			.doOnNext((there) -> there.values().forEach((file) -> progress.there(file.size())))
			.flatMap((there) -> bring(jobs, there, directory, progress).flatMap((files) -> this.steps.call(() -> {
				Set<ModelFileName> brought = jobs.stream()
					.filter((job) -> !there.containsKey(job))
					.map((job) -> job.file().name())
					.collect(Collectors.toSet());
				List<CachedModel> arrived = jobs.stream().map(files::get).toList();
				List<NamedFile> unpacked = this.packed.unpack(jobs, arrived, directory, monitor);
				return publish(candidate, model, directory, unpacked, brought, monitor);
			}))));
	}

	/** An archive is gone once its files are there: they alone tell that it was. */
	private Mono<CachedModel> unpacked(Candidate candidate, List<FileJob> jobs, ModelDirectory directory,
			AcquisitionMonitor monitor) {
		if (jobs.stream().noneMatch(FileJob::isPacked)) {
			return Mono.empty();
		}
		return this.steps.call(() -> directory.isVisible() ? this.lookUp.find(candidate, monitor::advanced) : null);
	}

	/**
	 * Serves a model of which all files are where they are seen. Nothing is written down:
	 * the source may know better, once it can be asked.
	 * @param candidate the way to serve it
	 * @param model its files
	 * @param monitor hears how it goes
	 * @return the model, or empty if a file is missing
	 */
	Mono<CachedModel> find(Candidate candidate, ResolvedModel model, AcquisitionMonitor monitor) {
		return this.steps.call(() -> {
			ModelDirectory directory = directory(candidate, model);
			List<CachedModel> files = jobs(candidate, model, directory).stream()
				.map((job) -> seen(job, directory, () -> monitor.state(ModelState.VERIFYING)))
				.flatMap(Stream::ofNullable)
				.toList();
			return (files.size() == model.files().size())
					? CachedModels.together(files, candidate.source(), outcome(files)) : null;
		});
	}

	/** Returns whether a model has a directory of its own, and not only a file. */
	boolean isFor(Candidate candidate, ResolvedModel model) {
		return model.files().size() > 1 || model.files().get(0).packing() != Packing.NONE
				|| hubSnapshot(candidate, model) != null;
	}

	private ModelDirectory directory(Candidate candidate, ResolvedModel model) {
		ModelDirectory shared = hubSnapshot(candidate, model);
		return (shared != null) ? shared : own(candidate, model);
	}

	private ModelDirectory own(Candidate candidate, ResolvedModel model) {
		return this.rooms.store().version(this.lookUp.place(candidate), content(model));
	}

	/**
	 * Returns the directory to publish a model in: our own where a file that another tool
	 * or the user put into the Hub's cache has other content than the model.
	 */
	private ModelDirectory usable(Candidate candidate, ResolvedModel model, Map<FileJob, CachedModel> known,
			Runnable hashing) {
		ModelDirectory directory = directory(candidate, model);
		if (!directory.isShared()) {
			return directory;
		}
		for (FileJob job : jobs(candidate, model, directory)) {
			Path file = directory.seen(job.file().name()).target();
			try {
				CachedModel there = directory.isTaken(job.file().name()) ? seen(job, directory, hashing) : null;
				if (there != null) {
					known.put(job, there);
				}
				else if (directory.isTaken(job.file().name())) {
					known.clear();
					logger.warn(
							"Model '{}': {} does not have the content that its commit has; it stays as it is, and the model is stored in {}",
							candidate.request().id(), file, this.lookUp.place(candidate).target());
					return own(candidate, model);
				}
			}
			catch (IOException ex) {
				throw new ModelStorageException(candidate.request().id(), Objects.requireNonNull(file.getParent()),
						"cannot look at " + file + ": " + ex, ex);
			}
		}
		return directory;
	}

	/**
	 * What comes from the Hub and has no place of its own goes where the Hub's own tools
	 * keep it, if it is as it came and its digest, which is its name there, is known.
	 */
	private @Nullable ModelDirectory hubSnapshot(Candidate candidate, ResolvedModel model) {
		HubRevision hub = model.hub();
		Map<ModelFileName, Digest> digests = new HashMap<>();
		for (RemoteFile file : model.files()) {
			if (file.expected() != null && file.packing() == Packing.NONE
					&& Compression.contentName(file.name().last()).equals(file.name().last())) {
				digests.put(file.name(), file.expected().digest());
			}
		}
		boolean suitable = digests.size() == model.files().size()
				&& digests.values().stream().allMatch(SeveralFiles::isNameOfBlob);
		return (hub != null && suitable && candidate.request().modelPath() == null)
				? this.rooms.store()
					.hubSnapshot(this.lookUp.place(candidate), hub.repository(), hub.revision(), hub.commit(), digests)
				: null;
	}

	private static boolean isNameOfBlob(Digest digest) {
		return digest.algorithm() == Algorithm.SHA256 || digest.algorithm() == Algorithm.GIT_SHA1;
	}

	private static List<FileJob> jobs(Candidate candidate, ResolvedModel model, ModelDirectory directory) {
		NameCollisions.refuse(candidate, model.files().stream().map(RemoteFile::name).toList());
		return model.files().stream().map((file) -> {
			boolean packed = file.packing() != Packing.NONE;
			return new FileJob(candidate, file,
					packed ? directory.packed(file.name()) : directory.arriving(file.name()));
		}).toList();
	}

	/** What the source says about a version; the same for the same bytes. */
	private static List<String> content(ResolvedModel model) {
		return Stream
			.concat(Stream.of(String.valueOf(model.revision())),
					model.files().stream().map((file) -> file.name() + " " + file.expected() + " " + file.size()))
			.toList();
	}

	/** Where nothing pins the version, only a digest tells that a file is of it. */
	private Map<FileJob, CachedModel> there(List<FileJob> jobs, Map<FileJob, CachedModel> known,
			ModelDirectory directory, boolean pinned, Runnable hashing) {
		Map<FileJob, CachedModel> there = new HashMap<>(known);
		for (FileJob job : jobs) {
			if (known.containsKey(job)) {
				continue;
			}
			CachedModel file = (pinned || job.file().expected() != null) ? there(job, directory, hashing) : null;
			if (file != null) {
				there.put(job, file);
			}
		}
		return there;
	}

	private @Nullable CachedModel there(FileJob job, ModelDirectory directory, Runnable hashing) {
		if (job.isPacked()) {
			return this.lookUp.find(job, job.place());
		}
		CachedModel seen = seen(job, directory, hashing);
		if (seen != null || !directory.isShared()) {
			return seen;
		}
		CachedModel arrived = this.lookUp.find(job, job.place());
		return (arrived != null) ? arrived : this.lookUp.adopt(job, job.place(), hashing);
	}

	/** A file of our own without a receipt costs one hash; so does another tool's. */
	private @Nullable CachedModel seen(FileJob job, ModelDirectory directory, Runnable hashing) {
		ModelPlace place = directory.seen(job.file().name());
		CachedModel known = this.lookUp.find(job, place);
		CachedModel proved = (known == null) ? this.lookUp.adopt(job, place, hashing) : null;
		if (proved != null && !directory.isShared()) {
			return CachedModels.as(proved, ModelOutcome.CACHED);
		}
		return (known != null) ? known : proved;
	}

	private Mono<Map<FileJob, CachedModel>> bring(List<FileJob> jobs, Map<FileJob, CachedModel> there,
			ModelDirectory directory, FilesProgress progress) {
		List<FileJob> missing = jobs.stream().filter((job) -> !there.containsKey(job)).toList();
		long bytes = missing.stream()
			.map((job) -> job.file().size())
			.flatMap(Stream::ofNullable)
			.mapToLong(Long::longValue)
			.sum();
		// What is there of a file that was broken off counts, and its transfer knows how
		// much.
		if (bytes > 0 && missing.stream().noneMatch((job) -> this.rooms.store().hasPartials(job.place()))) {
			FileJob first = missing.get(0);
			this.rooms.store().admit(first.modelId(), first.place(), DataSize.ofBytes(bytes));
		}
		Set<ExpectedDigest> contents = new HashSet<>();
		Set<FileJob> first = missing.stream()
			.filter((job) -> job.file().expected() == null || contents.add(job.file().expected()))
			.collect(Collectors.toCollection(LinkedHashSet::new));
		Flux<FileJob> small = Flux.fromIterable(first).filter(this::isSmall);
		Flux<FileJob> large = Flux.fromIterable(first).filter((job) -> !isSmall(job));
		return Flux
			.concat(small.flatMap((job) -> bring(job, progress), this.rooms.transfer().connections()),
					large.concatMap((job) -> bring(job, progress)),
					Flux.fromIterable(missing)
						.filter((job) -> !first.contains(job))
						.concatMap((job) -> repeat(job, directory, progress)))
			.collectMap(Map.Entry::getKey, Map.Entry::getValue, () -> new HashMap<>(there));
	}

	/**
	 * Its content has come for another file: where that is a file of its own, as a copy.
	 */
	private Mono<Map.Entry<FileJob, CachedModel>> repeat(FileJob job, ModelDirectory directory,
			FilesProgress progress) {
		return this.steps.call(() -> there(job, directory, progress.of()::advanced))
			.doOnNext((file) -> progress.there(file.size()))
			.map((file) -> Map.entry(job, file))
			.switchIfEmpty(Mono.defer(() -> bring(job, progress)));
	}

	private boolean isSmall(FileJob job) {
		return this.rooms.transfer().isOneStream(job.file().size());
	}

	private Mono<Map.Entry<FileJob, CachedModel>> bring(FileJob job, FilesProgress progress) {
		FileMonitor monitor = progress.of();
		return this.adoption.adopt(job, false, monitor)
			.doOnNext((file) -> progress.there(file.size()))
			.switchIfEmpty(Mono.defer(() -> this.files.fetch(job, monitor)))
			.map((file) -> Map.entry(job, file));
	}

	private CachedModel publish(Candidate candidate, ResolvedModel model, ModelDirectory directory,
			List<NamedFile> files, Set<ModelFileName> brought, AcquisitionMonitor monitor) {
		List<ModelFileName> names = files.stream().map(NamedFile::name).toList();
		Set<ModelFileName> arrived = files.stream()
			.filter((file) -> !file.file().path().equals(directory.seen(file.name()).target()))
			.map(NamedFile::name)
			.collect(Collectors.toSet());
		ModelManifest manifest = new ModelManifest(names, model.revision(), candidate.source(),
				String.valueOf(candidate.sourceKey()), candidate.fallback());
		try {
			// Where links cannot be had, files are copied.
			long bytes = files.stream().mapToLong((file) -> file.file().size()).sum();
			monitor.storing(bytes, () -> directory.publish(manifest, brought, arrived));
		}
		catch (IOException ex) {
			Path where = directory.seen(names.get(0)).directory();
			throw new ModelStorageException(candidate.request().id(), where,
					"the files of the model cannot be published: " + ex.getMessage(), ex);
		}
		List<CachedModel> seen = files.stream()
			.map((file) -> this.lookUp.shown(candidate, file.file(), directory.seen(file.name())))
			.toList();
		return CachedModels.together(seen, candidate.source(), outcome(seen));
	}

	private static ModelOutcome outcome(List<CachedModel> files) {
		Set<ModelOutcome> outcomes = files.stream().map(CachedModel::outcome).collect(Collectors.toSet());
		return outcomes.contains(ModelOutcome.DOWNLOADED) ? ModelOutcome.DOWNLOADED
				: outcomes.contains(ModelOutcome.ADOPTED) ? ModelOutcome.ADOPTED : ModelOutcome.CACHED;
	}

}
