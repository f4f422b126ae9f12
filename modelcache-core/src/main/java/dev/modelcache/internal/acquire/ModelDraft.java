/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.DiskFault;
import dev.modelcache.internal.DiskStep;
import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.store.ModelDirectory;
import dev.modelcache.internal.store.ModelManifest;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.source.HubRevision;
import dev.modelcache.source.Packing;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.util.unit.DataSize;

/**
 * The files of one version of a model on their way to where they are seen. The only file
 * of a model is moved to the model's place. Several files, and those of an archive,
 * arrive one by one in a directory that nothing refers to, and are published all at once;
 * those that an earlier acquisition of the same version brought have arrived already.
 * <p>
 * <em>Thread-safety</em>: {@link #arrived(FileJob, CachedModel)}. <em>Blocking</em>: all
 * methods.
 */
final class ModelDraft {

	private static final Logger logger = LoggerFactory.getLogger(ModelDraft.class);

	private final ModelStore store;

	private final ModelIndex index;

	private final ModelProof proof;

	private final Candidate candidate;

	private final ResolvedModel model;

	private final @Nullable ModelDirectory directory;

	/** The name of a version of our own. */
	private final List<String> content;

	private final List<FileJob> jobs;

	private final Map<ModelFileName, CachedModel> arrived = new ConcurrentHashMap<>();

	/**
	 * Creates a draft.
	 * @param store where files are kept
	 * @param index the files of the candidate
	 * @param proof reads them
	 * @param model the version, as its source describes it
	 * @param named the version before files were added to it, which names it, so that
	 * those that have arrived are found
	 * @throws ModelFormatException if the files would overwrite each other somewhere
	 */
	ModelDraft(ModelStore store, ModelIndex index, ModelProof proof, ResolvedModel model, ResolvedModel named) {
		this(store, index, proof, model, content(named),
				directory(store, index.place(), index.candidate(), model, content(named)));
	}

	private ModelDraft(ModelStore store, ModelIndex index, ModelProof proof, ResolvedModel model, List<String> content,
			@Nullable ModelDirectory directory) {
		this.store = store;
		this.index = index;
		this.proof = proof;
		this.candidate = index.candidate();
		this.model = model;
		this.content = content;
		this.directory = directory;
		refuseCollisions(this.candidate, model.files().stream().map(RemoteFile::name).toList());
		this.jobs = model.files().stream().map(this::job).toList();
	}

	private static @Nullable ModelDirectory directory(ModelStore store, ModelPlace place, Candidate candidate,
			ResolvedModel model, List<String> content) {
		ModelDirectory shared = hubSnapshot(store, place, candidate, model);
		boolean several = model.files().size() > 1 || model.files().get(0).packing() != Packing.NONE
				|| !candidate.names(place, model.files().get(0).name());
		return (shared != null || !several) ? shared : store.version(place, content);
	}

	/**
	 * Returns where one of several files of a version arrives.
	 * @param store where files are kept
	 * @param index the files of the candidate
	 * @param model the version
	 * @param named the version before files were added to it
	 * @param name the name of the file
	 * @return its place, or {@code null} if no such file arrives in a directory
	 */
	static @Nullable ModelPlace placeOf(ModelStore store, ModelIndex index, ResolvedModel model, ResolvedModel named,
			ModelFileName name) {
		ModelDirectory directory = directory(store, index.place(), index.candidate(), model, content(named));
		boolean arrives = model.files()
			.stream()
			.anyMatch((file) -> file.name().equals(name) && file.packing() == Packing.NONE);
		return (directory != null && arrives) ? directory.arriving(name) : null;
	}

	/**
	 * What comes from the Hub and has no place of its own goes where the Hub's own tools
	 * keep it, if it is as it came and its digest, which is its name there, is known.
	 */
	private static @Nullable ModelDirectory hubSnapshot(ModelStore store, ModelPlace place, Candidate candidate,
			ResolvedModel model) {
		HubRevision hub = model.hub();
		Map<ModelFileName, Digest> digests = digests(model);
		return (hub != null && isSuitable(candidate, model, digests))
				? store.hubSnapshot(place, hub.repository(), hub.revision(), hub.commit(), digests) : null;
	}

	private static Map<ModelFileName, Digest> digests(ResolvedModel model) {
		Map<ModelFileName, Digest> digests = new HashMap<>();
		for (RemoteFile file : model.files()) {
			if (file.expected() != null && file.packing() == Packing.NONE
					&& Compression.contentName(file.name().last()).equals(file.name().last())) {
				digests.put(file.name(), file.expected().digest());
			}
		}
		return digests;
	}

	private static boolean isSuitable(Candidate candidate, ResolvedModel model, Map<ModelFileName, Digest> digests) {
		return digests.size() == model.files().size() && digests.values().stream().allMatch(ModelDraft::isNameOfBlob)
				&& candidate.request().modelPath() == null;
	}

	/**
	 * Returns the model if all its files are in a cache of the Hub that cannot be
	 * written.
	 * @param store where files are kept
	 * @param index the files of the candidate
	 * @param proof reads them
	 * @param model the version, as its source describes it
	 * @param data checks that no file is missing
	 * @param sure whether the source itself says so, so that it is remembered
	 * @return the model, or {@code null}
	 */
	static @Nullable CachedModel inPlace(ModelStore store, ModelIndex index, ModelProof proof, ResolvedModel model,
			ExternalData data, boolean sure) {
		HubRevision hub = model.hub();
		Map<ModelFileName, Digest> digests = digests(model);
		if (hub == null || !isSuitable(index.candidate(), model, digests)) {
			return null;
		}
		for (ModelDirectory directory : store.filledSnapshots(index.place(), hub.repository(), hub.revision(),
				hub.commit(), digests)) {
			ModelDraft draft = new ModelDraft(store, index, proof, model, List.of(), directory);
			CachedModel seen = draft.seen(data);
			if (seen != null) {
				if (sure) {
					directory.remember(draft.manifest(model.files().stream().map(RemoteFile::name).toList()));
				}
				return seen;
			}
		}
		return null;
	}

	private ModelManifest manifest(List<ModelFileName> names) {
		return new ModelManifest(names, this.model.revision(), this.candidate.source(),
				String.valueOf(this.candidate.sourceKey(this.store)), this.candidate.fallback());
	}

	private static boolean isNameOfBlob(Digest digest) {
		return digest.algorithm() == Algorithm.SHA256 || digest.algorithm() == Algorithm.GIT_SHA1;
	}

	/** What the source says about a version; the same for the same bytes. */
	private static List<String> content(ResolvedModel model) {
		return Stream
			.concat(Stream.of(String.valueOf(model.revision())),
					model.files().stream().map((file) -> file.name() + " " + file.expected() + " " + file.size()))
			.toList();
	}

	private FileJob job(RemoteFile file) {
		if (this.directory == null) {
			return new FileJob(this.candidate, file, this.index.place(), true);
		}
		if (file.packing() != Packing.NONE) {
			return new FileJob(this.candidate, file, this.directory.packed(file.name()), false);
		}
		// The only file keeps its name, but is decompressed as it would be at the place.
		boolean only = this.model.files().size() == 1;
		ModelFileName name = only ? FileJob.contentName(file.name()) : file.name();
		return new FileJob(this.candidate, file, this.directory.arriving(name), false, only);
	}

	/**
	 * Refuses names that some file systems cannot tell apart, or that cannot be both a
	 * file and a directory.
	 * @throws ModelFormatException if two names collide
	 */
	static void refuseCollisions(Candidate candidate, Collection<ModelFileName> names) {
		// Below every other character: what is in a directory stands right behind its
		// name.
		Map<String, ModelFileName> sorted = new TreeMap<>();
		for (ModelFileName name : names) {
			if (sorted.put(name.text().toLowerCase(Locale.ROOT).replace('/', '\0'), name) != null) {
				throw collision(candidate, name);
			}
		}
		String before = null;
		for (Map.Entry<String, ModelFileName> file : sorted.entrySet()) {
			if (before != null && file.getKey().startsWith(before + "\0")) {
				throw collision(candidate, file.getValue());
			}
			before = file.getKey();
		}
	}

	private static ModelFormatException collision(Candidate candidate, ModelFileName name) {
		return new ModelFormatException(candidate.request().id(),
				candidate.source() + " has another file whose name collides with '" + name + "'",
				"Choose one of them with hooks.llm.files");
	}

	/**
	 * Returns the only file of the model, if it is moved to the model's place, or
	 * {@code null} if the files arrive in a directory.
	 */
	@Nullable FileJob single() {
		return (this.directory == null) ? this.jobs.get(0) : null;
	}

	/**
	 * Returns the only file of the model as it would be moved to the model's place, or
	 * {@code null} if there are several, or archives, or it goes to the Hub's cache.
	 */
	@Nullable FileJob only() {
		FileJob first = this.jobs.get(0);
		return (first.only() && !directory().isShared())
				? new FileJob(this.candidate, first.file(), this.index.place(), true) : null;
	}

	private ModelDirectory directory() {
		return Objects.requireNonNull(this.directory, "the only file has no directory");
	}

	/**
	 * Returns the model if all its files are where they are seen, or {@code null}.
	 * Nothing is written down: the source may know better, once it can be asked.
	 * @param data checks that no file is missing
	 */
	@Nullable CachedModel seen(ExternalData data) {
		Map<ModelFileName, CachedModel> seen = new LinkedHashMap<>();
		for (FileJob job : this.jobs) {
			CachedModel file = seen(job);
			if (file == null) {
				return null;
			}
			seen.put(job.name(), file);
		}
		data.require(seen);
		List<CachedModel> files = List.copyOf(seen.values());
		return CachedModels.together(files, this.candidate.source(), outcome(files));
	}

	/** A file of our own without a receipt costs one hash; so does another tool's. */
	private @Nullable CachedModel seen(FileJob job) {
		ModelPlace place = directory().seen(job.name());
		CachedModel known = this.proof.find(job, place);
		CachedModel proved = (known == null) ? this.proof.adopt(job, place) : null;
		if (proved != null && !directory().isShared()) {
			return proved.withOutcome(ModelOutcome.CACHED);
		}
		return (known != null) ? known : proved;
	}

	/**
	 * Returns the draft to publish: one in a directory of our own if a file that another
	 * tool or the user put into the Hub's cache has other content than the model.
	 */
	ModelDraft usable() {
		if (!directory().isShared()) {
			return this;
		}
		for (FileJob job : this.jobs) {
			ModelPlace place = directory().seen(job.name());
			try {
				if (!directory().isTaken(job.name())) {
					continue;
				}
			}
			catch (IOException ex) {
				throw DiskFault.exception(job.modelId(), place.directory(),
						"cannot read the attributes of " + place.target(), ex);
			}
			CachedModel there = seen(job);
			if (there == null) {
				ModelPlace own = this.index.place();
				logger.warn(
						"Model '{}': {} does not have the content that its commit has; it stays as it is, and the model is stored in {}",
						job.modelId(), place.target(), own.target());
				return new ModelDraft(this.store, this.index, this.proof, this.model, this.content,
						this.store.version(own, this.content));
			}
			this.arrived.put(job.name(), there);
		}
		return this;
	}

	/**
	 * Returns whether files are taken out of archives, and are seen already. An archive
	 * is deleted once its files are there: they alone tell that it was.
	 */
	boolean isUnpacked() {
		return this.jobs.stream().anyMatch(FileJob::isPacked) && directory().isVisible();
	}

	/**
	 * Finds the files that have arrived already.
	 * @param pinned whether the version is the one that is wanted even if its source
	 * names none: otherwise only a digest shows that a file is of this version
	 */
	void findArrived(boolean pinned) {
		for (FileJob job : this.jobs) {
			if (pinned || this.model.revision() != null || job.file().expected() != null) {
				findArrived(job);
			}
		}
	}

	/**
	 * Finds a file if it has arrived already.
	 * @return whether it has
	 */
	boolean findArrived(FileJob job) {
		ModelFileName name = job.name();
		CachedModel file = this.arrived.get(name);
		if (file == null) {
			file = job.isPacked() ? this.proof.find(job, job.place()) : seen(job);
		}
		if (file == null && !job.isPacked() && directory().isShared()) {
			file = this.proof.find(job, job.place());
			if (file == null) {
				file = this.proof.adopt(job, job.place());
			}
		}
		if (file != null) {
			this.arrived.put(name, file);
		}
		return file != null;
	}

	/** Returns the size of the files that have arrived. */
	long arrivedBytes() {
		return this.arrived.values().stream().mapToLong(CachedModel::size).sum();
	}

	/** Returns a file that has arrived. */
	CachedModel arrived(FileJob job) {
		return Objects.requireNonNull(this.arrived.get(job.name()), "the file has not arrived");
	}

	/** Returns all files, which have arrived; archives as such. */
	Map<ModelFileName, CachedModel> arrivedFiles() {
		return Map.copyOf(this.arrived);
	}

	/** Takes a file that has arrived at its place. */
	void arrived(FileJob job, CachedModel file) {
		this.arrived.put(job.name(), file);
	}

	/**
	 * Returns the files that have not arrived, if they fit on the disk together.
	 * @throws ModelStorageException if they do not
	 */
	List<FileJob> admitMissing() {
		List<FileJob> jobs = this.jobs.stream().filter((job) -> !this.arrived.containsKey(job.name())).toList();
		long bytes = jobs.stream()
			.map((job) -> job.file().size())
			.flatMap(Stream::ofNullable)
			.mapToLong(Long::longValue)
			.sum();
		Map<Path, ModelPlace> directories = new LinkedHashMap<>();
		jobs.forEach((job) -> directories.putIfAbsent(job.place().directory(), job.place()));
		// What is there of a file that was broken off counts, and its transfer knows how
		// much.
		if (bytes > 0 && directories.values().stream().noneMatch(this.store.staging()::hasPartials)) {
			FileJob first = jobs.get(0);
			this.store.staging().admit(first.modelId(), first.place(), DataSize.ofBytes(bytes));
		}
		return jobs;
	}

	/**
	 * Publishes the files, all of which have arrived. The acquisition can be cancelled
	 * until then.
	 * @param packed takes files out of archives
	 * @param data checks that no file of theirs is missing
	 * @param monitor is told how it goes
	 * @param cancellation ends it
	 * @return the model
	 */
	CachedModel publish(PackedFiles packed, ExternalData data, AcquisitionMonitor monitor, Cancellation cancellation) {
		ModelDirectory directory = directory();
		Map<FileJob, CachedModel> brought = new LinkedHashMap<>();
		this.jobs.forEach((job) -> brought.put(job, arrived(job)));
		Map<ModelFileName, CachedModel> files = packed.unpack(brought, directory);
		if (!files.keySet().equals(this.arrived.keySet())) {
			data.require(files);
		}
		List<ModelFileName> names = List.copyOf(files.keySet());
		Set<ModelFileName> moved = files.entrySet()
			.stream()
			.filter((file) -> !file.getValue().path().equals(directory.seen(file.getKey()).target()))
			.map(Map.Entry::getKey)
			.collect(Collectors.toSet());
		ModelManifest manifest = manifest(names);
		try {
			directory.publish(manifest, moved, new Publishing(monitor, cancellation));
		}
		catch (IOException ex) {
			Path where = directory.seen(names.get(0)).directory();
			throw DiskFault.exception(this.candidate.request().id(), where,
					"the files of the model cannot be published", ex);
		}
		List<CachedModel> seen = files.entrySet()
			.stream()
			.map((file) -> this.proof.shown(file.getValue(), directory.seen(file.getKey())))
			.toList();
		return CachedModels.together(seen, this.candidate.source(), outcome(seen));
	}

	private static ModelOutcome outcome(List<CachedModel> files) {
		Set<ModelOutcome> outcomes = files.stream().map(CachedModel::outcome).collect(Collectors.toSet());
		return outcomes.contains(ModelOutcome.DOWNLOADED) ? ModelOutcome.DOWNLOADED
				: outcomes.contains(ModelOutcome.ADOPTED) ? ModelOutcome.ADOPTED : ModelOutcome.CACHED;
	}

	/** Where links cannot be had, files are copied before the version is published. */
	private final class Publishing implements ModelDirectory.Publication {

		private final AcquisitionMonitor monitor;

		private final Cancellation cancellation;

		Publishing(AcquisitionMonitor monitor, Cancellation cancellation) {
			this.monitor = monitor;
			this.cancellation = cancellation;
		}

		@Override
		public void copying(ModelPlace place, long bytes) {
			ModelDraft.this.store.staging()
				.admit(ModelDraft.this.candidate.request().id(), place, DataSize.ofBytes(bytes));
		}

		@Override
		public void advanced() {
			this.monitor.reading();
		}

		@Override
		public void commit(DiskStep step) throws IOException {
			long bytes = ModelDraft.this.arrivedBytes();
			this.monitor.storing(bytes, () -> this.cancellation.commit(() -> {
				step.take();
				return true;
			}));
		}

	}

}
