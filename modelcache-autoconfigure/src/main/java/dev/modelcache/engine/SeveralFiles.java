package dev.modelcache.engine;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelStorageException;
import dev.modelcache.engine.AcquisitionPipeline.Mode;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.store.ModelManifest;
import dev.modelcache.store.ModelPlace;
import dev.modelcache.store.ModelVersions;
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

	private final EngineThreads threads;

	SeveralFiles(Rooms rooms, CacheLookUp lookUp, FileAcquisition files, EngineThreads threads) {
		this.rooms = rooms;
		this.lookUp = lookUp;
		this.files = files;
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
		ModelPlace place = this.lookUp.place(candidate);
		String version = ModelVersions.nameOf(content(model));
		ModelVersions versions = this.rooms.store().versions();
		List<FileJob> jobs = model.files()
			.stream()
			.map((file) -> new FileJob(candidate, file, versions.file(place, version, file.name())))
			.toList();
		FilesProgress progress = new FilesProgress(model.size(), monitor);
		return Mono.fromCallable(() -> there(jobs, mode == Mode.USE_CACHED || model.revision() != null))
			.subscribeOn(this.threads.io())
			.doOnNext((there) -> there.values().forEach((file) -> progress.there(file.size())))
			.flatMap((there) -> bring(jobs, there, progress))
			.publishOn(this.threads.io())
			.map((files) -> publish(candidate, model, version, jobs.stream().map(files::get).toList()));
	}

	/** What the source says about a version; the same for the same bytes. */
	private static List<String> content(ResolvedModel model) {
		return Stream
			.concat(Stream.of(String.valueOf(model.revision())),
					model.files().stream().map((file) -> file.name() + " " + file.expected() + " " + file.size()))
			.toList();
	}

	/** Where nothing pins the version, only a digest tells that a file is of it. */
	private Map<FileJob, CachedModel> there(List<FileJob> jobs, boolean pinned) {
		Map<FileJob, CachedModel> there = new HashMap<>();
		for (FileJob job : jobs) {
			CachedModel file = (pinned || job.file().expected() != null) ? this.lookUp.find(job, () -> {
			}) : null;
			if (file != null) {
				there.put(job, file);
			}
		}
		return there;
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
		return this.files.fetch(job, progress.of()).map((file) -> Map.entry(job, file));
	}

	private CachedModel publish(Candidate candidate, ResolvedModel model, String version, List<CachedModel> files) {
		ModelPlace place = this.lookUp.place(candidate);
		ModelManifest manifest = new ModelManifest(model.files().stream().map(RemoteFile::name).toList(),
				model.revision(), candidate.source(), String.valueOf(candidate.sourceKey()),
				candidate.request().files(), candidate.fallback());
		try {
			this.rooms.store().versions().publish(place, version, manifest);
		}
		catch (IOException ex) {
			throw new ModelStorageException(candidate.request().id(), place.directory(),
					"the files of the model cannot be published: " + ex.getMessage(), ex);
		}
		boolean fetched = files.stream().anyMatch((file) -> file.outcome() == ModelOutcome.DOWNLOADED);
		return together(files, candidate.source(), fetched ? ModelOutcome.DOWNLOADED : ModelOutcome.CACHED);
	}

	/** Returns files as the one model that they make up. */
	static CachedModel together(List<CachedModel> files, String source, ModelOutcome outcome) {
		CachedModel first = files.get(0);
		return new CachedModel(first.id(), first.path(), files.stream().map(CachedModel::path).toList(),
				files.stream().mapToLong(CachedModel::size).sum(), first.digest(), source, outcome, first.fallback(),
				files.stream().allMatch(CachedModel::verified));
	}

}
