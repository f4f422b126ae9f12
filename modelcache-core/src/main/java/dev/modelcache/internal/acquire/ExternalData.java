/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.FilePatterns;
import org.jspecify.annotations.Nullable;

/**
 * Checks that a model has all files that hold data of its ONNX files, whatever they are
 * called, before it is published.
 * <p>
 * <em>Blocking</em>: reads ONNX files without their weights.
 */
final class ExternalData {

	private static final int MOST_SHOWN = 10;

	private final FormatCheck formats;

	private final Supplier<Set<Path>> modelPaths;

	/** Names without which the model is served. */
	private final Set<ModelFileName> waived = new HashSet<>();

	/** Called when a model has all files that it needs, and before it is published. */
	private Runnable complete = () -> {
	};

	/**
	 * Creates the check.
	 * @param formats reads ONNX files
	 * @param modelPaths where files of other configured models are or will be, found when
	 * it is asked
	 */
	ExternalData(FormatCheck formats, Supplier<Set<Path>> modelPaths) {
		this.formats = formats;
		this.modelPaths = modelPaths;
	}

	/**
	 * Sets a further check of models that have all files that they need.
	 * @param check throws if such a model must not be published
	 */
	void onceComplete(Runnable check) {
		this.complete = check;
	}

	/**
	 * Checks a file that is a whole model. Its data may be beside the place that the user
	 * has chosen for it.
	 * @param modelId the model's id
	 * @param name the name of the file at its source
	 * @param file where the file is now
	 * @param target where it will be
	 * @throws MissingDataException if it needs further files
	 */
	void requireBeside(String modelId, ModelFileName name, Path file, Path target) {
		Set<ModelFileName> missing = new TreeSet<>();
		int directory = name.text().length() - name.last().length();
		for (ModelFileName needed : this.formats.onnxData(modelId, name, file).keySet()) {
			Path beside = target.resolveSibling(needed.text().substring(directory));
			if (!FormatCheck.isThere(beside, this.modelPaths)) {
				missing.add(needed);
			}
		}
		require(name, missing);
		this.complete.run();
	}

	/**
	 * Checks the files of a model.
	 * @param modelId the model's id
	 * @param files all files of the model
	 * @throws MissingDataException if one of them needs a further file
	 * @throws ModelFormatException if one of them is shorter than another one needs
	 */
	void require(String modelId, Map<ModelFileName, CachedModel> files) {
		files.forEach((name, file) -> {
			NavigableMap<ModelFileName, Long> needed = this.formats.onnxData(modelId, name, file.path());
			Set<ModelFileName> missing = new TreeSet<>(needed.keySet());
			missing.removeAll(files.keySet());
			require(name, missing);
			needed.forEach((data, bytes) -> {
				CachedModel there = files.get(data);
				if (there != null && there.size() < bytes) {
					this.formats.refuse(modelId,
							name + " needs " + bytes + " bytes of " + data + ", which has " + there.size(),
							"Use another source, or ask the publisher for files that belong together", null);
				}
			});
		});
		this.complete.run();
	}

	private void require(ModelFileName name, Set<ModelFileName> missing) {
		missing.removeAll(this.waived);
		if (!missing.isEmpty()) {
			throw new MissingDataException(name, missing);
		}
	}

	/**
	 * Gives up on files that are not on this machine, while nothing else can be asked.
	 * @param modelId the model's id
	 * @param missing which files
	 * @throws MissingDataException unless such models are to be served
	 */
	void giveUpOffline(String modelId, MissingDataException missing) {
		if (this.formats.isStrict()) {
			throw missing;
		}
		this.formats.refuse(modelId, describe(missing), "", null);
		this.waived.addAll(missing.names());
	}

	/** Returns what is not on this machine, as a clause. */
	static String describe(MissingDataException missing) {
		return needs(missing) + ", which " + ((missing.names().size() > 1) ? "are" : "is") + " not on this machine";
	}

	private static String needs(MissingDataException missing) {
		return missing.model() + " has data in " + shown(missing.names());
	}

	/**
	 * Gives up on files that the source does not have.
	 * @param candidate what is wanted
	 * @param missing which files
	 * @param cause what the source said, or {@code null}
	 * @throws ModelFormatException unless such models are to be served
	 */
	void giveUp(Candidate candidate, MissingDataException missing, @Nullable Throwable cause) {
		ModelRequest request = candidate.request();
		FilePatterns patterns = FilePatterns.of(request.files());
		Set<ModelFileName> excluded = missing.names().stream().filter(patterns::exclude).collect(Collectors.toSet());
		String needs = needs(missing);
		if (!excluded.isEmpty()) {
			this.formats.refuse(request.id(),
					needs + ", but " + request.key("files") + " leaves out " + shown(excluded),
					"Remove the entry that leaves it out", cause);
		}
		else {
			this.formats.refuse(request.id(), needs + ", which " + candidate.source() + " does not provide",
					"Use a repository or an archive that has these files beside it"
							+ ((request.modelPath() != null) ? ", or put them beside " + request.modelPath() : ""),
					cause);
		}
		this.waived.addAll(missing.names());
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
