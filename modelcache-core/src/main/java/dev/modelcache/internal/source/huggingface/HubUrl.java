/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

import dev.modelcache.ModelFileName;
import dev.modelcache.source.Origin;
import org.jspecify.annotations.Nullable;

/**
 * What an {@code hf:} URL names: {@code hf://org/repo[@revision]}, and after it a
 * {@code /path}, a {@code :QUANTIZATION} or nothing.
 *
 * @param repository the repository, {@code org/repo}
 * @param revision the branch, tag or commit
 * @param path the file, or {@code null}
 * @param quantization the quantization, or {@code null}
 */
record HubUrl(String repository, String revision, @Nullable ModelFileName path, @Nullable String quantization) {

	static final String DEFAULT_REVISION = "main";

	private static final String FORM = "use hf://org/repo/path, hf://org/repo@revision/path or hf://org/repo:Q4_K_M";

	private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,95}");

	/** git-check-ref-format, without what a URL could take for something else. */
	private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+/-]{0,254}");

	private static final Pattern QUANTIZATION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

	/** Kinds of repositories that hold no models, as the Hub's own URLs begin. */
	private static final Set<String> OTHER_KINDS = Set.of("datasets", "spaces", "kernels", "models");

	private static final Set<String> PAGES = Set.of("resolve", "blob");

	private static final Set<String> REFS = Set.of("pr", "convert", "heads", "tags");

	/**
	 * Reads a URL.
	 * @param url the URL
	 * @return what it names
	 * @throws IllegalArgumentException if it is malformed; the message is part of a
	 * sentence and repeats nothing of the URL
	 */
	static HubUrl parse(URI url) {
		if (url.isOpaque() || url.getRawAuthority() == null) {
			throw new IllegalArgumentException("starts with hf: without two slashes; " + FORM);
		}
		if (url.getRawAuthority().indexOf('@') >= 0) {
			throw new IllegalArgumentException("contains user-info; use hooks.llm.huggingface.token for the token");
		}
		if (url.getRawQuery() != null || url.getRawFragment() != null) {
			throw new IllegalArgumentException("contains a query or a fragment; " + FORM);
		}
		List<String> segments = new ArrayList<>(Arrays.asList(url.getRawPath().split("/", -1)));
		segments.remove(0);
		String organization = url.getRawAuthority();
		if (segments.isEmpty() || OTHER_KINDS.contains(organization)) {
			throw new IllegalArgumentException("does not refer to a model repository; " + FORM);
		}
		return parse(organization, segments);
	}

	/**
	 * Reads the URL of a file as the Hub's web pages show it:
	 * {@code <endpoint>/org/repo/resolve/<revision>/<path>}, or with {@code blob}.
	 * @param url the URL
	 * @param endpoint the Hub
	 * @return what it names; empty for any other URL
	 */
	static Optional<HubUrl> ofWebPage(URI url, URI endpoint) {
		boolean ofHub = !url.isOpaque() && url.getHost() != null && Origin.of(url).equals(Origin.of(endpoint))
				&& url.getRawUserInfo() == null
				&& (url.getRawQuery() == null || url.getRawQuery().equals("download=true"));
		String prefix = Objects.requireNonNullElse(endpoint.getRawPath(), "") + "/";
		if (!ofHub || !url.getRawPath().startsWith(prefix)) {
			return Optional.empty();
		}
		List<String> segments = List.of(url.getRawPath().substring(prefix.length()).split("/", -1));
		if (segments.size() < 5 || !PAGES.contains(segments.get(2))) {
			return Optional.empty();
		}
		try {
			return Optional
				.of(checked(segments.get(0) + "/" + segments.get(1), decode(segments.get(3)),
						path(segments.subList(4, segments.size())), null))
				.filter((hub) -> hub.path() != null);
		}
		catch (IllegalArgumentException ex) {
			return Optional.empty();
		}
	}

	private static HubUrl parse(String organization, List<String> segments) {
		String first = decode(segments.remove(0));
		int at = first.indexOf('@');
		String repository = (at >= 0) ? first.substring(0, at) : first;
		String revision = (at >= 0) ? first.substring(at + 1) : DEFAULT_REVISION;
		// "refs/pr/1" is a single revision, with its slashes encoded or not.
		if (revision.equals("refs") && segments.size() > 1 && REFS.contains(segments.get(0))) {
			revision = revision + "/" + segments.remove(0) + "/" + decode(segments.remove(0));
		}
		String end = (at >= 0) ? revision : repository;
		int colon = end.indexOf(':');
		String quantization = (colon >= 0) ? end.substring(colon + 1) : null;
		String before = (colon >= 0) ? end.substring(0, colon) : end;
		return checked(organization + "/" + ((at >= 0) ? repository : before), (at >= 0) ? before : revision,
				segments.isEmpty() ? null : path(segments), quantization);
	}

	private static HubUrl checked(String repository, String revision, @Nullable ModelFileName path,
			@Nullable String quantization) {
		String[] names = repository.split("/", -1);
		for (String name : names) {
			if (names.length != 2 || !NAME.matcher(name).matches() || name.contains("--") || name.contains("..")) {
				throw new IllegalArgumentException("has no valid repository; " + FORM);
			}
		}
		if (!REVISION.matcher(revision).matches() || revision.contains("..") || revision.contains("//")) {
			throw new IllegalArgumentException("has no valid revision after the @; " + FORM);
		}
		if (quantization != null && path != null) {
			throw new IllegalArgumentException("contains both a quantization and a file; " + FORM);
		}
		if (quantization != null && !QUANTIZATION.matcher(quantization).matches()) {
			throw new IllegalArgumentException("has no valid quantization after the colon; " + FORM);
		}
		return new HubUrl(repository, revision, path, quantization);
	}

	private static @Nullable ModelFileName path(List<String> segments) {
		String text = String.join("/", segments.stream().map(HubUrl::decode).toList());
		if (text.isEmpty()) {
			return null;
		}
		try {
			return new ModelFileName(text);
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException("has no valid file within the repository; " + ex.getMessage());
		}
	}

	/** Unlike a form's, a path's plus sign is one (RFC 3986). */
	private static String decode(String segment) {
		return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
	}

	/** Returns whether the revision is a commit, which names the same files for ever. */
	boolean isPinned() {
		return HubFile.isSha1(this.revision);
	}

}
