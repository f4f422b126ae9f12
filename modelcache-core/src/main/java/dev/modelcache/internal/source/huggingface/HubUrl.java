/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import dev.modelcache.ModelFileName;
import dev.modelcache.internal.Origin;
import org.jspecify.annotations.Nullable;

/**
 * What an {@code hf:} URL names: {@code hf://org/repo[@revision]}, and after it a
 * {@code /path}, a {@code :QUANTIZATION} or nothing. Some old repositories have no
 * namespace, such as {@code hf://gpt2}; the Hub redirects to their present name.
 *
 * @param repository the repository, {@code org/repo} or {@code repo}
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
	private static final Set<String> OTHER_KINDS = Set.of("datasets", "spaces", "kernels");

	/** What the URLs of the Hub's file system may begin with. */
	private static final String MODELS = "models";

	private static final Set<String> PAGES = Set.of("resolve", "blob");

	private static final Set<String> REFS = Set.of("pr", "convert", "heads", "tags");

	/** A revision that may be written with its slashes as they are. */
	private static final Pattern REF = Pattern.compile("refs/(" + String.join("|", REFS) + ")/[^/]+");

	/** The name of a file, which tells hf://repo/file from hf://org/repo. */
	private static final Pattern FILE = Pattern.compile("(?i)[^/@:]+\\.(gguf|safetensors|onnx|bin|json|jsonl|txt|model"
			+ "|md|jinja|pt|pth|ckpt|h5|pkl|msgpack|ot|tflite|npz|zip|gz|zst|xz)");

	/** A revision of a repository without a namespace, which is no user-info. */
	private static final Pattern UNMISTAKABLE = Pattern.compile("(?!hf_)[^:@]+@(main|master|refs|[0-9a-f]{40})(:.*)?");

	/**
	 * Reads a URL.
	 * @param url the URL
	 * @return what it names
	 * @throws IllegalArgumentException if it is malformed; the message is part of a
	 * sentence and repeats nothing of the URL
	 */
	static HubUrl parse(URI url) {
		List<String> segments = new ArrayList<>(Arrays.asList(name(url).split("/", -1)));
		String first = segments.get(0);
		if (OTHER_KINDS.contains(first) || first.equals(MODELS) || first.isEmpty()) {
			throw new IllegalArgumentException("does not refer to a model repository; " + FORM);
		}
		String organization = hasNamespace(segments) ? segments.remove(0) + "/" : "";
		return parse(organization, segments);
	}

	/**
	 * Returns the form in which a URL is known everywhere: without "models/" before a
	 * repository of a namespace, and with it where a repository without one could be
	 * taken for a host.
	 * @param url a URL that {@link #parse} can read
	 * @return the URL
	 */
	static URI canonical(URI url) {
		String name = name(url);
		String first = name.split("/", -1)[0];
		boolean alone = first.equals(name) || first.matches(".*[:@].*") || name.equals(first + "/");
		String text = (alone ? MODELS + "/" : "") + name;
		return url.getRawSchemeSpecificPart().equals("//" + text) ? url : URI.create("hf://" + text);
	}

	/** Returns whether a URL of this form names the default revision. */
	boolean statesMain(URI url) {
		return this.revision.equals(DEFAULT_REVISION) && name(url).startsWith(this.repository + "@" + DEFAULT_REVISION);
	}

	/**
	 * Returns the shortest URL of these files, as {@link #canonical} would write it: the
	 * default revision is left out where the rest means the same without it.
	 */
	URI shortest() {
		URI full = write(
				"@" + (REF.matcher(this.revision).matches() ? this.revision : this.revision.replace("/", "%2F")));
		URI plain = this.revision.equals(DEFAULT_REVISION) ? write("") : full;
		return equals(parse(plain)) ? plain : full;
	}

	private URI write(String revision) {
		String tag = (this.quantization != null) ? ":" + this.quantization : "";
		String path = (this.path != null) ? "/" + encoded(this.path.text()) : "";
		String kind = (this.repository.indexOf('/') < 0) ? MODELS + "/" : "";
		return canonical(URI.create("hf://" + kind + this.repository + revision + tag + path));
	}

	private static String encoded(String path) {
		try {
			return new URI(null, null, "/" + path, null).getRawPath().substring(1);
		}
		catch (URISyntaxException ex) {
			throw new IllegalArgumentException("is not a path", ex);
		}
	}

	/** Returns what follows the scheme and, if it is there, "models". */
	private static String name(URI url) {
		if (url.getRawQuery() != null || url.getRawFragment() != null
				|| (url.isOpaque() && url.getRawSchemeSpecificPart().indexOf('?') >= 0)) {
			throw new IllegalArgumentException("contains a query or a fragment; " + FORM);
		}
		if (!url.isOpaque() && url.getRawAuthority() == null) {
			throw new IllegalArgumentException("starts with hf: and one or three slashes; " + FORM);
		}
		String name = url.isOpaque() ? url.getRawSchemeSpecificPart() : url.getRawAuthority() + url.getRawPath();
		String first = name.split("/", -1)[0];
		if (first.indexOf('@') >= 0 && !UNMISTAKABLE.matcher(first).matches()) {
			throw new IllegalArgumentException("contains user-info; use hooks.llm.huggingface.token for the token");
		}
		return name.startsWith(MODELS + "/") ? name.substring(MODELS.length() + 1) : name;
	}

	private static boolean hasNamespace(List<String> segments) {
		boolean alone = segments.size() == 1 || segments.get(0).matches(".*[:@].*")
				|| (segments.size() == 2 && (segments.get(1).isEmpty() || FILE.matcher(segments.get(1)).matches()));
		return !alone;
	}

	/**
	 * Returns the other thing that the URL may mean, because the name of a repository may
	 * be that of a directory or a file, and a repository need not have a namespace.
	 * @return the other reading; empty where there is none
	 */
	Optional<HubUrl> otherReading() {
		if (this.path == null || !this.revision.equals(DEFAULT_REVISION)) {
			return Optional.empty();
		}
		int slash = this.repository.indexOf('/');
		String rest = this.path.text();
		if (slash < 0) {
			return isName(rest) ? Optional.of(new HubUrl(this.repository + "/" + rest, this.revision, null, null))
					: Optional.empty();
		}
		return Optional.of(new HubUrl(this.repository.substring(0, slash), this.revision,
				new ModelFileName(this.repository.substring(slash + 1) + "/" + rest), null));
	}

	/**
	 * Reads the URL of a file as the Hub's web pages show it:
	 * {@code <endpoint>/org/repo/resolve/<revision>/<path>}, or with {@code blob}.
	 * @param url the URL
	 * @param endpoint the Hub
	 * @return what it names; empty for any other URL
	 */
	static Optional<HubUrl> ofWebPage(URI url, URI endpoint) {
		if (url.isOpaque() || url.getRawAuthority() == null || url.getRawAuthority().indexOf('@') >= 0) {
			return Optional.empty();
		}
		Origin origin = Origin.of(url);
		boolean ofEndpoint = origin.equals(Origin.of(endpoint));
		String query = url.getRawQuery();
		if (query != null && !query.equals("download=true") && !HubSettings.isHub(origin)) {
			// A mirror may mean something by it; the Hub itself does not.
			return Optional.empty();
		}
		String prefix = (ofEndpoint ? Objects.requireNonNullElse(endpoint.getRawPath(), "") : "") + "/";
		if (!(ofEndpoint || HubSettings.isHub(origin)) || !url.getRawPath().startsWith(prefix)) {
			return Optional.empty();
		}
		List<String> segments = new ArrayList<>(
				Arrays.asList(url.getRawPath().substring(prefix.length()).split("/", -1)));
		int page = (segments.size() > 1 && PAGES.contains(segments.get(1))) ? 1 : 2;
		if (segments.size() < page + 3 || !PAGES.contains(segments.get(page)) || OTHER_KINDS.contains(segments.get(0))
				|| segments.get(0).equals("api")) {
			return Optional.empty();
		}
		String repository = String.join("/", segments.subList(0, page));
		segments.subList(0, page + 1).clear();
		try {
			String revision = revision(decode(segments.remove(0)), segments);
			return Optional.of(checked(repository, revision, path(segments), null)).filter((hub) -> hub.path() != null);
		}
		catch (IllegalArgumentException ex) {
			return Optional.empty();
		}
	}

	private static HubUrl parse(String organization, List<String> segments) {
		String first = decode(segments.remove(0));
		int at = first.indexOf('@');
		String repository = (at >= 0) ? first.substring(0, at) : first;
		String revision = revision((at >= 0) ? first.substring(at + 1) : DEFAULT_REVISION, segments);
		String end = (at >= 0) ? revision : repository;
		int colon = end.indexOf(':');
		String quantization = (colon >= 0) ? end.substring(colon + 1) : null;
		String before = (colon >= 0) ? end.substring(0, colon) : end;
		return checked(organization + ((at >= 0) ? repository : before), (at >= 0) ? before : revision,
				segments.isEmpty() ? null : path(segments), quantization);
	}

	/** "refs/pr/1" is a single revision, with its slashes encoded or not. */
	private static String revision(String first, List<String> segments) {
		return (first.equals("refs") && segments.size() > 1 && REFS.contains(segments.get(0)))
				? first + "/" + segments.remove(0) + "/" + decode(segments.remove(0)) : first;
	}

	private static HubUrl checked(String repository, String revision, @Nullable ModelFileName path,
			@Nullable String quantization) {
		String[] names = repository.split("/", -1);
		if (names.length > 2 || !Stream.of(names).allMatch(HubUrl::isName)) {
			throw new IllegalArgumentException("has no valid repository; " + FORM);
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

	private static boolean isName(String name) {
		return NAME.matcher(name).matches() && !name.contains("--") && !name.contains("..");
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
