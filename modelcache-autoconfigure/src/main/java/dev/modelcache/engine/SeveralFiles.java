package dev.modelcache.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelStorageException;
import dev.modelcache.engine.AcquisitionPipeline.Mode;
import dev.modelcache.content.Compression;
import dev.modelcache.source.HubRevision;
import dev.modelcache.source.Packing;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.store.ModelDirectory;
import dev.modelcache.store.ModelManifest;
import dev.modelcache.store.ModelPlace;
import org.jspecify.annotations.Nullable;
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

	private final Rooms rooms;

	private final CacheLookUp lookUp;

	private final FileAcquisition files;

	private final Adoption adoption;

	private final PackedFiles packed;

	private final EngineThreads threads;

	SeveralFiles(Rooms rooms, CacheLookUp lookUp, FileAcquisition files, Adoption adoption, PackedFiles packed,
			EngineThreads threads) {
		this.rooms = rooms;
		this.lookUp = lookUp;
		this.files = files;
		this.adoption = adoption;
		this.packed = packed;
		this.threads = threads;
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
		ModelDirectory directory = directory(candidate, model);
		List<FileJob> jobs = jobs(candidate, model, directory);
		FilesProgress progress = new FilesProgress(model.size(), monitor);
		return Mono.fromCallable(() -> there(jobs, directory, mode == Mode.USE_CACHED || model.revision() != null))
			.subscribeOn(this.threads.io())
			.doOnNext((there) -> there.values().forEach((file) -> progress.there(file.size())))
			.flatMap((there) -> bring(jobs, there, progress).publishOn(this.threads.io()).map((files) -> {
				Set<ModelFileName> brought = jobs.stream()
					.filter((job) -> !there.containsKey(job))
					.map((job) -> job.file().name())
					.collect(Collectors.toSet());
				List<CachedModel> arrived = jobs.stream().map(files::get).toList();
				return publish(candidate, model, directory, this.packed.unpack(jobs, arrived, directory), brought);
			}));
	}

	/**
	 * Serves a model of which all files are on this machine.
	 * @param candidate the way to serve it
	 * @param model its files
	 * @param monitor hears how it goes
	 * @return the model, or empty if a file is missing
	 */
	Mono<CachedModel> find(Candidate candidate, ResolvedModel model, AcquisitionMonitor monitor) {
		ModelDirectory directory = directory(candidate, model);
		FilesProgress progress = new FilesProgress(model.size(), monitor);
		return Flux.fromIterable(jobs(candidate, model, directory))
			.concatMap((job) -> Mono.fromCallable(() -> there(job, directory))
				.subscribeOn(this.threads.io())
				.switchIfEmpty(Mono.defer(() -> this.adoption.adopt(job, false, progress.of())))
				.map((file) -> new NamedFile(job.file().name(), file)))
			.collectList()
			.filter((files) -> files.size() == model.files().size())
			.publishOn(this.threads.io())
			.map((files) -> publish(candidate, model, directory, files, Set.of()));
	}

	/** Returns whether a model has a directory of its own, and not only a file. */
	boolean isFor(Candidate candidate, ResolvedModel model) {
		return model.files().size() > 1 || model.files().get(0).packing() != Packing.NONE
				|| hubSnapshot(candidate, model) != null;
	}

	private ModelDirectory directory(Candidate candidate, ResolvedModel model) {
		ModelDirectory shared = hubSnapshot(candidate, model);
		return (shared != null) ? shared : this.rooms.store().version(this.lookUp.place(candidate), content(model));
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
	private Map<FileJob, CachedModel> there(List<FileJob> jobs, ModelDirectory directory, boolean pinned) {
		Map<FileJob, CachedModel> there = new HashMap<>();
		for (FileJob job : jobs) {
			CachedModel file = (pinned || job.file().expected() != null) ? there(job, directory) : null;
			if (file != null) {
				there.put(job, file);
			}
		}
		return there;
	}

	private @Nullable CachedModel there(FileJob job, ModelDirectory directory) {
		if (job.isPacked()) {
			return this.lookUp.find(job, job.place());
		}
		ModelPlace seen = directory.seen(job.file().name());
		CachedModel known = this.lookUp.find(job, seen);
		if (known != null || !directory.isShared()) {
			return known;
		}
		CachedModel adopted = this.lookUp.adopt(job, seen);
		return (adopted != null) ? adopted : this.lookUp.adopt(job, job.place());
	}

	private Mono<Map<FileJob, CachedModel>> bring(List<FileJob> jobs, Map<FileJob, CachedModel> there,
			FilesProgress progress) {
		List<FileJob> missing = jobs.stream().filter((job) -> !there.containsKey(job)).toList();
		long bytes = missing.stream()
			.map((job) -> job.file().size())
			.flatMap(Stream::ofNullable)
			.mapToLong(Long::longValue)
			.sum();
		if (bytes > 0) {
			FileJob first = missing.get(0);
			this.rooms.store().admit(first.modelId(), first.place(), DataSize.ofBytes(bytes));
		}
		Flux<FileJob> small = Flux.fromIterable(missing).filter(this::isSmall);
		Flux<FileJob> large = Flux.fromIterable(missing).filter((job) -> !isSmall(job));
		return Flux
			.concat(small.flatMap((job) -> bring(job, progress), this.rooms.transfer().connections()),
					large.concatMap((job) -> bring(job, progress)))
			.collectMap(Map.Entry::getKey, Map.Entry::getValue, () -> new HashMap<>(there));
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
			List<NamedFile> files, Set<ModelFileName> brought) {
		List<ModelFileName> names = files.stream().map(NamedFile::name).toList();
		ModelManifest manifest = new ModelManifest(names, model.revision(), candidate.source(),
				String.valueOf(candidate.sourceKey()), candidate.request().files(), candidate.fallback());
		try {
			directory.publish(manifest, brought);
		}
		catch (IOException ex) {
			Path where = directory.seen(names.get(0)).directory();
			throw new ModelStorageException(candidate.request().id(), where,
					"the files of the model cannot be published: " + ex.getMessage(), ex);
		}
		List<CachedModel> seen = files.stream()
			.map((file) -> CachedModels.at(file.file(), directory.seen(file.name()).target()))
			.toList();
		return CachedModels.together(seen, candidate.source(), outcome(seen));
	}

	private static ModelOutcome outcome(List<CachedModel> files) {
		Set<ModelOutcome> outcomes = files.stream().map(CachedModel::outcome).collect(Collectors.toSet());
		return outcomes.contains(ModelOutcome.DOWNLOADED) ? ModelOutcome.DOWNLOADED
				: outcomes.contains(ModelOutcome.ADOPTED) ? ModelOutcome.ADOPTED : ModelOutcome.CACHED;
	}

}
