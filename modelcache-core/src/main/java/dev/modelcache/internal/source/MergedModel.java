/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelRequest;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import org.jspecify.annotations.Nullable;

/**
 * One model out of what several locations of the same bytes answered: the files of the
 * first location, each with the mirrors of all that have it and do not contradict.
 */
final class MergedModel {

	private final ModelRequest request;

	private final List<ResolvedModel> models;

	/** The files of each model by their names. */
	private final List<Map<String, RemoteFile>> files;

	private MergedModel(ModelRequest request, List<ResolvedModel> models) {
		this.request = request;
		this.models = models;
		this.files = models.stream().map(MergedModel::byName).toList();
	}

	private static Map<String, RemoteFile> byName(ResolvedModel model) {
		return model.files()
			.stream()
			.collect(Collectors.toMap((file) -> file.name().text(), Function.identity(), (first, second) -> first));
	}

	static ResolvedModel of(ModelRequest request, List<ResolvedModel> models) {
		ResolvedModel first = models.get(0);
		if (request.expectedDigest() != null && !first.files().stream().allMatch(ofOneFile(first))) {
			throw new ModelConfigurationException(request.id(), "expected-checksum",
					"the model has " + first.files().size() + " files, which cannot be verified with one digest",
					"Remove the key; the source states a digest for each file");
		}
		MergedModel merged = new MergedModel(request, models);
		return new ResolvedModel(first.files().stream().map(merged::merge).toList(), first.revision(), first.hub());
	}

	/** The digest of an ONNX model is that of the file itself, wherever its data is. */
	private static Predicate<RemoteFile> ofOneFile(ResolvedModel model) {
		ModelFileName first = model.files().get(0).name();
		return (file) -> file.name().equals(first) || (first.endsWith(".onnx")
				&& (file.name().text().startsWith(first + "_data") || file.name().text().equals(first + ".data")));
	}

	private RemoteFile merge(RemoteFile file) {
		List<RemoteFile> same = IntStream.range(0, this.models.size())
			.mapToObj((index) -> counterpart(index, file))
			.flatMap(Stream::ofNullable)
			.toList();
		boolean first = file.equals(this.models.get(0).files().get(0));
		AgreeingFiles agreeing = AgreeingFiles
			.of(first ? this.request : this.request.toBuilder().expectedDigest(null).build(), same);
		List<Mirror> mirrors = agreeing.files()
			.stream()
			.flatMap((other) -> mirrors(other, agreeing.expected()))
			.toList();
		return new RemoteFile(file.name(), mirrors, agreeing.expected(), agreeing.size(), file.packing(),
				file.mediaType());
	}

	/** A statement counts for itself only where nothing decides what the file is. */
	private static Stream<Mirror> mirrors(RemoteFile file, @Nullable ExpectedDigest expected) {
		return (expected != null) ? file.mirrors().stream()
				: file.mirrors().stream().map((mirror) -> mirror.stating(file.expected()));
	}

	/** The only files of two models are the same whatever they are called. */
	private @Nullable RemoteFile counterpart(int index, RemoteFile file) {
		ResolvedModel model = this.models.get(index);
		if (this.models.get(0).files().size() == 1 && model.files().size() == 1) {
			return model.file();
		}
		return this.files.get(index).get(file.name().text());
	}

}
