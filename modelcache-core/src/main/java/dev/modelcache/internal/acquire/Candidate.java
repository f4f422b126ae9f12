/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.ModelFileName;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.RedactedUri;
import dev.modelcache.internal.RotatingParameters;
import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.content.format.FormatHints;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.ModelStore;
import org.jspecify.annotations.Nullable;

/**
 * One way to serve a model: the model itself from its URL and mirrors, the same model
 * from its fallback URL, or another model instead.
 *
 * @param request the request whose file this is
 * @param locations where to fetch it, the preferred one first; empty where only the file
 * at the model-path counts
 * @param fallback whether it stands in for something configured before it
 * @param configuredUrl the URL of the model that was asked for, whatever stands in for it
 */
record Candidate(ModelRequest request, List<URI> locations, boolean fallback, @Nullable URI configuredUrl) {

	/** The schemes of URLs whose path ends with the name of a file. */
	private static final Set<String> FILE_SCHEMES = Set.of("file", "http", "https");

	/** The schemes of URLs that may name a file, or a model that is given a name. */
	private static final Set<String> MODEL_SCHEMES = Set.of("hf", "ollama");

	/**
	 * Returns all ways to serve a request, in the order to try them.
	 */
	static List<Candidate> of(ModelRequest request) {
		List<Candidate> candidates = new ArrayList<>();
		addTo(candidates, request, request.url());
		return candidates;
	}

	private static void addTo(List<Candidate> candidates, ModelRequest request, @Nullable URI configured) {
		List<URI> locations = Stream.concat(Stream.ofNullable(request.url()), request.mirrors().stream()).toList();
		candidates.add(new Candidate(request, locations, !candidates.isEmpty(), configured));
		if (request.fallbackUrl() != null) {
			candidates.add(new Candidate(request, List.of(request.fallbackUrl()), true, configured));
		}
		request.fallbacks().forEach((fallback) -> addTo(candidates, fallback, configured));
	}

	/** Returns how this candidate is shown. */
	String source() {
		return this.locations.isEmpty() ? String.valueOf(this.request.modelPath())
				: RedactedUri.of(this.locations.get(0));
	}

	/**
	 * Returns the key of the files of the preferred location, or null.
	 */
	@Nullable String sourceKey(ModelStore store) {
		return this.locations.isEmpty() ? null : store.sourceKey(this.locations.get(0), this.request);
	}

	/**
	 * Returns what the name at the source and that of a place say about the format of the
	 * only file.
	 */
	FormatHints hints(ModelPlace place) {
		String placed = place.target().getFileName().toString();
		String own = nameIn(this.locations.isEmpty() ? this.request.url() : this.locations.get(0));
		String content = (Compression.between(own, placed) != null) ? Compression.contentName(own) : own;
		return new FormatHints(List.of(content, placed), null);
	}

	/**
	 * Returns whether a place that the cache chose by the URL alone is called as the only
	 * file is by its source, or at least like a file of its format.
	 */
	boolean names(ModelPlace place, ModelFileName file) {
		String placed = place.target().getFileName().toString();
		String own = Compression.contentName(file.last());
		if (this.request.modelPath() != null || this.locations.isEmpty() || placed.equals(own)) {
			return true;
		}
		String scheme = String.valueOf(this.locations.get(0).getScheme());
		// That of the fallback URL has the place of the URL, which may name another
		// format.
		boolean another = this.locations.get(0).equals(this.request.fallbackUrl()) && own.contains(".")
				&& placed.contains(".") && !extension(placed).equals(extension(own));
		return (FILE_SCHEMES.contains(scheme) && !another)
				|| (MODEL_SCHEMES.contains(scheme) && extension(placed).equals(extension(own)));
	}

	private static String extension(String name) {
		return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
	}

	/**
	 * Returns the keys of all sources whose bytes are this request's, also those that
	 * former versions used.
	 */
	Set<String> sourceKeys(ModelStore store) {
		return Stream
			.of(Stream.ofNullable(this.request.url()), this.request.mirrors().stream(),
					Stream.ofNullable(this.request.fallbackUrl()))
			.flatMap((locations) -> locations)
			.flatMap((location) -> store.sourceKeys(location, this.request))
			.collect(Collectors.toSet());
	}

	/**
	 * Returns the name of the file where the cache chooses its place: that of the content
	 * if the source's file is compressed. URLs of one identity may end with different
	 * names, so it is called as the identity.
	 */
	String fileName() {
		String identity = this.request.identity();
		if (identity == null) {
			return nameOfUrl();
		}
		String name = Compression.contentName(identity);
		return RotatingParameters.extension(name).isEmpty() ? name + RotatingParameters.extension(nameOfUrl()) : name;
	}

	private String nameOfUrl() {
		URI url = this.request.url();
		String name = Compression.contentName(nameIn(url));
		// A tag or a quantization, not a file; of these two schemes it names a GGUF file.
		boolean gguf = url != null && Set.of("hf", "ollama").contains(url.getScheme()) && name.contains(":");
		return name.replace(':', '-') + (gguf ? ".gguf" : "");
	}

	private static String nameIn(@Nullable URI url) {
		// "hf:org/repo/file" has no path to URI.
		String path = (url == null) ? "" : url.isOpaque() ? url.getSchemeSpecificPart() : url.getPath();
		return path.substring(path.lastIndexOf('/') + 1);
	}

}
