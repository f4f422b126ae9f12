/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.FilePatterns;
import dev.modelcache.internal.OpeningOrder;
import dev.modelcache.internal.content.ArchiveLimits;

/**
 * The files of a repository that make up a model: the one that the URL names or its
 * quantization means, and those that the request's globs match. All parts of a split file
 * and the data beside an ONNX model come along by themselves.
 */
final class HubSelection {

	private static final int MOST_SUGGESTIONS = 5;

	private static final int MOST_CANDIDATES = 20;

	private final ModelRequest request;

	private final HubUrl url;

	private final HubRepository repository;

	/**
	 * By their names, which are sorted so that a name and what begins with it are found.
	 */
	private final NavigableMap<String, HubFile> files = new TreeMap<>();

	private final Map<String, HubFile> selected = new LinkedHashMap<>();

	/** Names whose other parts have been selected too. */
	private final Set<String> parts = new HashSet<>();

	private HubSelection(ModelRequest request, HubUrl url, HubRepository repository) {
		this.request = request;
		this.url = url;
		this.repository = repository;
		repository.files().forEach((file) -> this.files.putIfAbsent(file.name().text(), file));
	}

	/**
	 * Selects the files.
	 * @param request what is wanted
	 * @param url the location that it is wanted from
	 * @param repository what is there
	 * @return the files, at least one, the one that a runtime opens first
	 * @throws ModelNotFoundException if a file is not there; says what is
	 * @throws ModelConfigurationException if there are too many
	 */
	static List<HubFile> of(ModelRequest request, HubUrl url, HubRepository repository) {
		HubSelection selection = new HubSelection(request, url, repository);
		if (url.path() != null) {
			selection.add(url.path());
		}
		else if (url.quantization() != null || request.files().isEmpty()) {
			selection.addQuantization();
		}
		Map<String, HubFile> named = new LinkedHashMap<>(selection.selected);
		FilePatterns patterns = FilePatterns.of(request.files());
		(named.isEmpty() ? patterns.includedOrAll() : patterns.included()).forEach(selection::addMatching);
		selection.leaveOut(patterns, named.keySet());
		if (selection.selected.isEmpty()) {
			throw selection.notFound("file that hooks.llm.files does not exclude",
					"Remove one of the entries that begin with an exclamation mark");
		}
		selection.requireFew();
		selection.selected.keySet().removeAll(named.keySet());
		return Stream
			.concat(named.values().stream(),
					OpeningOrder.sorted(List.copyOf(selection.selected.values()), HubFile::name).stream())
			.toList();
	}

	private void addQuantization() {
		String quantization = this.url.quantization();
		String wanted = "GGUF model" + ((quantization != null) ? " of quantization " + quantization : "");
		List<HubFile> found = Quantizations.find(this.repository.files(), quantization);
		if (found.isEmpty()) {
			List<String> there = Quantizations.of(this.repository.files());
			throw notFound(wanted, there.isEmpty() ? "Specify the files with hooks.llm.files, such as *.safetensors"
					: "Use one of " + String.join(", ", there));
		}
		if (found.size() > 1) {
			List<String> names = found.stream().limit(MOST_CANDIDATES).map((file) -> file.name().text()).toList();
			throw notFound("unique " + wanted, "Use the URL of one of them, such as hf://" + this.url.repository() + "/"
					+ names.get(0) + ": " + String.join(", ", names));
		}
		add(found.get(0).name());
	}

	/**
	 * Leaves out what the request excludes, all parts of a split file together. What the
	 * URL names stays.
	 */
	private void leaveOut(FilePatterns patterns, Set<String> named) {
		Set<String> left = new HashSet<>();
		for (HubFile file : this.selected.values()) {
			if (!left.contains(file.name().text()) && patterns.exclude(file.name())) {
				Shards.all(file.name()).forEach((part) -> left.add(part.text()));
			}
		}
		this.selected.keySet().removeIf((name) -> left.contains(name) && !named.contains(name));
	}

	/** What is downloaded is recorded by its name, and nobody means so many files. */
	private void requireFew() {
		int most = ArchiveLimits.MOST_FILES;
		if (this.selected.size() > most) {
			throw new ModelConfigurationException(this.request.id(), this.request.key("files"),
					this.selected.size() + " files of the repository " + this.url.repository()
							+ " are selected, and a model has at most " + most,
					"Select fewer with patterns such as *.safetensors or !checkpoint-*/**");
		}
	}

	private void addMatching(String glob) {
		HubFile named = this.files.get(glob);
		List<ModelFileName> matching = (named != null) ? List.of(named.name()) : List.of();
		if (FilePatterns.isGlob(glob)) {
			matching = this.repository.names().stream().filter((name) -> FilePatterns.matches(glob, name)).toList();
		}
		if (matching.isEmpty()) {
			throw notFound("file '" + glob + "'", suggestions(glob));
		}
		matching.forEach(this::add);
	}

	private void add(ModelFileName name) {
		if (!this.parts.contains(name.text())) {
			for (ModelFileName part : Shards.all(name)) {
				select(Optional.ofNullable(this.files.get(part.text()))
					.orElseThrow(() -> notFound("file '" + part + "'", suggestions(part.text()))));
				this.parts.add(part.text());
			}
		}
		if (name.endsWith(".onnx")) {
			String data = name.text() + "_data";
			Optional.ofNullable(this.files.get(name.text() + ".data")).ifPresent(this::select);
			for (HubFile file : this.files.tailMap(data).values()) {
				if (!file.name().text().startsWith(data)) {
					break;
				}
				select(file);
			}
		}
	}

	/** Returns the names that the data beside an ONNX model usually has. */
	static List<ModelFileName> usualData(ModelFileName name) {
		return name.endsWith(".onnx")
				? List.of(new ModelFileName(name.text() + "_data"), new ModelFileName(name.text() + ".data"))
				: List.of();
	}

	private void select(HubFile file) {
		this.selected.putIfAbsent(file.name().text(), file);
	}

	private ModelNotFoundException notFound(String what, String action) {
		return new ModelNotFoundException(this.request.id(), "the repository " + this.url.repository() + " has no "
				+ what + " at revision '" + this.url.revision() + "'", action);
	}

	/** Names that begin or end alike. */
	private String suggestions(String wanted) {
		String file = wanted.substring(wanted.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
		String extension = file.substring(Math.max(0, file.lastIndexOf('.')));
		List<ModelFileName> similar = new ArrayList<>(this.repository.names());
		similar.removeIf((name) -> !name.endsWith(extension));
		similar.sort(Comparator.comparingInt((ModelFileName name) -> -alike(name.last(), file)));
		List<String> names = similar.stream().limit(MOST_SUGGESTIONS).map(ModelFileName::text).toList();
		return names.isEmpty() ? "Check the files of the repository"
				: "Use an existing file, such as " + String.join(", ", names);
	}

	private static int alike(String name, String wanted) {
		String lower = name.toLowerCase(Locale.ROOT);
		int length = Math.min(lower.length(), wanted.length());
		int count = 0;
		while (count < length && lower.charAt(count) == wanted.charAt(count)) {
			count++;
		}
		return count;
	}

}
