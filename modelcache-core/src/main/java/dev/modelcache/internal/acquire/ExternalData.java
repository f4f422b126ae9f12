/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.FilePatterns;
import dev.modelcache.internal.content.format.FormatException;
import dev.modelcache.internal.content.format.FormatInspection;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.Staging;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Completes a model with the files in which its ONNX files have their data. What they are
 * called is known once an ONNX file has arrived: then their source is asked for them, and
 * the model is brought with them. A model is not published without them.
 * <p>
 * <em>Blocking</em>: reads ONNX files without their weights.
 */
final class ExternalData {

	private static final Logger logger = LoggerFactory.getLogger(ExternalData.class);

	/** How often a model may turn out to need further files. */
	private static final int MOST_COMPLETIONS = 10;

	private static final int MOST_SHOWN = 10;

	private final ModelStore store;

	private final ModelIndex index;

	private final ModelRequest request;

	private final FormatCheck formats;

	private final PinnedModels pins;

	private final Supplier<Set<Path>> modelPaths;

	/** Names without which the model is served. */
	private final Set<ModelFileName> waived = new HashSet<>();

	/** The model that is brought. */
	private @Nullable ResolvedModel model;

	/**
	 * Creates it.
	 * @param store where files are kept
	 * @param index the files of the candidate
	 * @param formats decides what follows if a file is missing
	 * @param modelPaths where files of configured models are or will be, found when it is
	 * asked
	 */
	ExternalData(ModelStore store, ModelIndex index, FormatCheck formats, Supplier<Set<Path>> modelPaths) {
		this.store = store;
		this.index = index;
		this.request = index.candidate().request();
		this.formats = formats;
		this.pins = new PinnedModels(store, null);
		this.modelPaths = modelPaths;
	}

	/**
	 * Brings a model, and once more with the files that it turns out to need.
	 * @param first the model as its source describes it
	 * @param offline whether only what is on this machine is asked
	 * @param asked asks for a model with further files; returns {@code null} if nothing
	 * is known of it
	 * @param bring brings a model
	 * @return the model that was brought, or {@code null}
	 * @throws ModelFormatException if the source does not have the files
	 * @throws MissingDataException if they are not on this machine, and nothing else is
	 * asked
	 */
	@Nullable CachedModel completing(ResolvedModel first, boolean offline, Function<ModelRequest, @Nullable ResolvedModel> asked,
			Function<ResolvedModel, @Nullable CachedModel> bring) {
		ResolvedModel locked = offline ? null : requireLockedAtSource(first, asked);
		ResolvedModel model = first;
		for (int completions = 0;; completions++) {
			this.model = model;
			try {
				CachedModel brought = bring.apply(model);
				if (brought != null) {
					// Of what was there, and not published.
					requireLocked();
				}
				return brought;
			}
			catch (MissingDataException missing) {
				ResolvedModel complete = null;
				ModelNotFoundException failure = null;
				try {
					complete = (locked != null && hasAll(locked, missing.names())) ? locked
							: (completions < MOST_COMPLETIONS) ? with(missing.names(), model, asked) : null;
					locked = null;
				}
				catch (ModelNotFoundException ex) {
					failure = ex;
				}
				if (complete != null) {
					model = this.pins.enforce(this.index.candidate(), complete);
					continueElsewhere(missing.model(), model, first);
				}
				else if (offline) {
					giveUpOffline(missing);
				}
				else if (completions >= MOST_COMPLETIONS) {
					this.formats.refuse(this.request.id(),
							needs(missing) + ", and each of " + completions + " files before it needs another one",
							"Use another source", null);
					this.waived.addAll(missing.names());
				}
				else {
					giveUp(missing, failure);
				}
			}
		}
	}

	/**
	 * Requires before anything is fetched that the source has the files that the lock
	 * file has. Files beside an ONNX file may be its data, which it names itself once it
	 * has come.
	 * @return the model with them, or null if it has them already
	 */
	private @Nullable ResolvedModel requireLockedAtSource(ResolvedModel model,
			Function<ModelRequest, @Nullable ResolvedModel> asked) {
		Set<ModelFileName> missing = this.pins.missing(this.index.candidate(), model);
		if (missing.isEmpty()) {
			return null;
		}
		ResolvedModel complete = null;
		if (missing.stream().allMatch((name) -> model.files().stream().anyMatch((file) -> mayHold(name, file)))) {
			try {
				complete = with(missing, model, asked);
			}
			catch (ModelNotFoundException ex) {
				logger.debug("{} does not have all files of the lock file", this.index.candidate().source(), ex);
			}
		}
		if (complete == null) {
			this.pins.requireAll(this.index.candidate(), model);
		}
		return complete;
	}

	private static boolean hasAll(ResolvedModel model, Set<ModelFileName> names) {
		return model.files().stream().map(RemoteFile::name).collect(Collectors.toSet()).containsAll(names);
	}

	/** Returns whether a file may hold data of another one. */
	private static boolean mayHold(ModelFileName data, RemoteFile file) {
		String name = file.name().text();
		return data.text().startsWith(name.substring(0, name.length() - file.name().last().length()))
				&& !file.name().endsWith(".gguf") && !file.name().endsWith(".safetensors");
	}

	/** A file that was the whole model, and has come, goes to another place now. */
	private void continueElsewhere(ModelFileName file, ResolvedModel model, ResolvedModel named) {
		ModelPlace place = ModelDraft.placeOf(this.store, this.index, model, named, file);
		Staging staging = this.store.staging();
		if (place == null) {
			staging.discardPartials(this.index.place());
		}
		else {
			staging.continueAt(this.request.id(), this.index.place(), place);
		}
	}

	/** Returns the model with further files, or null if its source does not have them. */
	private @Nullable ResolvedModel with(Set<ModelFileName> names, ResolvedModel model,
			Function<ModelRequest, @Nullable ResolvedModel> asked) {
		List<String> files = Stream
			.concat(this.request.files().stream(), names.stream().sorted().map(ModelFileName::text))
			.toList();
		// A digest is that of the only file.
		ResolvedModel found = asked.apply(this.request.toBuilder().files(files).expectedDigest(null).build());
		if (found == null) {
			return null;
		}
		if (!Objects.equals(found.revision(), model.revision())) {
			throw new ModelTransferException(this.request.id(), "the source changed from " + model.revision() + " to "
					+ found.revision() + " while its files were looked up", "Try again", null);
		}
		// The names come from the file: nothing but files of these names is added.
		List<RemoteFile> added = found.files().stream().filter((file) -> names.contains(file.name())).toList();
		return (added.size() == names.size()) ? new ResolvedModel(
				Stream.concat(model.files().stream(), added.stream()).toList(), model.revision(), model.hub()) : null;
	}

	/** A model to which no further files are added must have those of the lock file. */
	private void requireLocked() {
		if (this.model != null) {
			this.pins.requireAll(this.index.candidate(), this.model);
		}
	}

	/**
	 * Requires that the data of a file is beside the place that the user has chosen for
	 * it. The file is a whole model, which is to be published.
	 * @param name the name of the file at its source
	 * @param file where the file is now
	 * @param target where it will be
	 * @throws MissingDataException if it needs further files
	 */
	void requireBeside(ModelFileName name, Path file, Path target) {
		require(name, missingBeside(name, file, target));
		requireLocked();
	}

	/**
	 * Requires that the data of a file that stays where it is is beside it.
	 * @param file the file
	 * @throws ModelFormatException if some is missing and such files are not to be used
	 */
	void requireBeside(Path file) {
		Set<ModelFileName> missing = missingBeside(ModelFileName.cleaned(file.getFileName().toString()), file, file);
		if (!missing.isEmpty()) {
			this.formats.refuse(this.request.id(),
					"the file " + file + " has data in " + shown(missing) + ", which " + are(missing) + " not there",
					"Put the missing files beside it", null);
		}
	}

	private Set<ModelFileName> missingBeside(ModelFileName name, Path file, Path target) {
		int directory = name.text().length() - name.last().length();
		return needed(name, file).keySet()
			.stream()
			.filter((data) -> !isThere(target.resolveSibling(data.text().substring(directory))))
			.collect(Collectors.toCollection(TreeSet::new));
	}

	/** What another model will bring there counts. */
	private boolean isThere(Path file) {
		return Files.isRegularFile(file) || this.modelPaths.get().contains(file);
	}

	/**
	 * Requires that the files of a model, which are to be published, are all that it
	 * needs.
	 * @param files all files of the model
	 * @throws MissingDataException if one of them needs a further file
	 * @throws ModelFormatException if one of them is shorter than another one needs
	 */
	void require(Map<ModelFileName, CachedModel> files) {
		files.forEach((name, file) -> {
			NavigableMap<ModelFileName, Long> needed = needed(name, file.path());
			Set<ModelFileName> missing = new TreeSet<>(needed.keySet());
			missing.removeAll(files.keySet());
			require(name, missing);
			needed.forEach((data, bytes) -> {
				CachedModel there = files.get(data);
				if (there != null && there.size() < bytes) {
					this.formats.refuse(this.request.id(),
							name + " needs " + bytes + " bytes of " + data + ", which has " + there.size(),
							"Use another source, or ask the publisher for files that belong together", null);
				}
			});
		});
		requireLocked();
	}

	private void require(ModelFileName name, Set<ModelFileName> missing) {
		missing.removeAll(this.waived);
		if (!missing.isEmpty()) {
			throw new MissingDataException(name, missing);
		}
	}

	/** Returns what a file needs, each with its least size; nothing if none can tell. */
	private NavigableMap<ModelFileName, Long> needed(ModelFileName name, Path file) {
		try {
			return FormatInspection.onnxData(file, name);
		}
		catch (FormatException ex) {
			this.formats.refuse(this.request.id(), name + " " + ex.getMessage(), ex.action(), null);
		}
		catch (IOException ex) {
			logger.debug("The data of {} is not known", file, ex);
		}
		return Collections.emptyNavigableMap();
	}

	/**
	 * Gives up on files that are not on this machine, while nothing else can be asked.
	 * @param missing which files
	 * @throws MissingDataException unless such models are to be served
	 */
	void giveUpOffline(MissingDataException missing) {
		if (this.formats.isStrict()) {
			throw missing;
		}
		this.formats.refuse(this.request.id(), describe(missing), "", null);
		this.waived.addAll(missing.names());
	}

	/** Returns what is not on this machine, as a clause. */
	static String describe(MissingDataException missing) {
		return needs(missing) + ", which " + are(missing.names()) + " not on this machine";
	}

	private static String needs(MissingDataException missing) {
		return missing.model() + " has data in " + shown(missing.names());
	}

	private void giveUp(MissingDataException missing, @Nullable Throwable cause) {
		FilePatterns patterns = FilePatterns.of(this.request.files());
		Set<ModelFileName> excluded = missing.names().stream().filter(patterns::exclude).collect(Collectors.toSet());
		String needs = needs(missing);
		if (!excluded.isEmpty()) {
			this.formats.refuse(this.request.id(),
					needs + ", but " + this.request.key("files") + " leaves out " + shown(excluded),
					"Remove the entry that leaves it out", cause);
		}
		else {
			Path path = this.request.modelPath();
			this.formats.refuse(this.request.id(),
					needs + ", which " + this.index.candidate().source() + " does not provide",
					"Use a repository or an archive that has these files beside it"
							+ ((path != null) ? ", or put them beside " + path : ""),
					cause);
		}
		this.waived.addAll(missing.names());
	}

	private static String are(Set<ModelFileName> names) {
		return (names.size() > 1) ? "are" : "is";
	}

	private static String shown(Set<ModelFileName> names) {
		String some = names.stream()
			.sorted()
			.limit(MOST_SHOWN)
			.map(ModelFileName::text)
			.collect(Collectors.joining(", "));
		return (names.size() > MOST_SHOWN) ? some + " and " + (names.size() - MOST_SHOWN) + " more files" : some;
	}

}
