/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelFileName;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.UriComponentsBuilder;
import reactor.core.publisher.Mono;

/**
 * Resolves the URLs of the web, of hubs and of registries to files of a
 * {@link ModelOrigin}, and states their digests.
 */
final class OriginResolver implements SourceResolver {

	private static final Set<String> REPOSITORIES = Set.of("hf", "ollama", "oci");

	private final ModelOrigin origin;

	private final Map<String, String> headers;

	/**
	 * Creates a resolver.
	 * @param origin serves the files
	 * @param headers the configured headers of downloads
	 */
	OriginResolver(ModelOrigin origin, Map<String, String> headers) {
		this.origin = origin;
		this.headers = headers;
	}

	/** None of its own: the URLs are checked by the sources whose place this takes. */
	@Override
	public Set<String> schemes() {
		return Set.of();
	}

	@Override
	public boolean recognizes(URI url) {
		return REPOSITORIES.contains(url.getScheme().toLowerCase(Locale.ROOT))
				|| (isOfWeb(url) && this.origin.standsInFor(url));
	}

	private static boolean isOfWeb(URI url) {
		return url.getScheme().equalsIgnoreCase("https") || url.getScheme().equalsIgnoreCase("http");
	}

	@Override
	public Mono<ResolvedModel> resolve(SourceLocation location) {
		return Mono.fromSupplier(() -> isOfWeb(location.uri()) ? ofWeb(location)
				: ofRepository(Repository.of(location.uri()), location.request().files()));
	}

	private ResolvedModel ofWeb(SourceLocation location) {
		Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		if (location.ofConfiguredOrigin()) {
			headers.putAll(this.headers);
		}
		URI uri = location.uri();
		if (uri.getUserInfo() != null) {
			headers.putIfAbsent("Authorization",
					"Basic " + Base64.getEncoder().encodeToString(uri.getUserInfo().getBytes(StandardCharsets.UTF_8)));
			uri = UriComponentsBuilder.fromUri(uri).userInfo(null).build(true).toUri();
		}
		return new ResolvedModel(
				new RemoteFile(lastOf(uri.getPath()), List.of(new Mirror(uri, headers)), digest(uri), null));
	}

	private ResolvedModel ofRepository(Repository repository, List<String> patterns) {
		List<String> names = patterns.isEmpty() ? List.of(repository.file())
				: patterns.stream().flatMap((pattern) -> matching(pattern).stream()).distinct().toList();
		return new ResolvedModel(names.stream().map((name) -> {
			URI uri = URI.create(repository.directory() + "/" + name);
			return new RemoteFile(new ModelFileName(name), List.of(new Mirror(uri, Map.of())), digest(uri), null);
		}).toList(), null);
	}

	private @Nullable ExpectedDigest digest(URI uri) {
		byte[] content = this.origin.content(uri);
		return (content != null)
				? new ExpectedDigest(Digest.of(Algorithm.SHA256, Sha256.of(content)), DigestOrigin.SOURCE) : null;
	}

	/**
	 * The files that are served and match, or one that a glob without its stars names.
	 */
	private List<String> matching(String pattern) {
		StringBuilder expression = new StringBuilder("(?:.*/)?(");
		for (String part : pattern.split("(?<=\\*\\*|(?<!\\*)\\*(?!\\*)|\\?)|(?=\\*\\*|(?<!\\*)\\*(?!\\*)|\\?)")) {
			expression.append(switch (part) {
				case "**" -> ".*";
				case "*" -> "[^/]*";
				case "?" -> "[^/]";
				default -> Pattern.quote(part);
			});
		}
		Pattern served = Pattern.compile(expression.append(")").toString());
		List<String> names = this.origin.served()
			.stream()
			.map(served::matcher)
			.filter((matcher) -> matcher.matches())
			.map((matcher) -> matcher.group(1))
			.toList();
		return names.isEmpty() ? List.of(pattern.replace("**/", "").replaceAll("[*?]+", "")) : names;
	}

	private static String lastOf(String path) {
		return path.substring(path.lastIndexOf('/') + 1);
	}

	/**
	 * Where the files of a repository would be.
	 *
	 * @param directory the URL of its files, without the last slash
	 * @param file the file that it names
	 */
	private record Repository(String directory, String file) {

		static Repository of(URI url) {
			String text = url.toString();
			String name = text.substring(text.indexOf(':') + 1).replaceFirst("^/*", "").replaceAll("[?#].*", "");
			return url.getScheme().equalsIgnoreCase("hf") ? ofHub(name) : ofRegistry(name);
		}

		/** {@code org/repo[@revision]/path} or {@code org/repo[@revision][:tag]}. */
		private static Repository ofHub(String name) {
			String[] parts = name.split("/", 3);
			String repository = parts[1].replaceAll("[@:].*", "");
			String directory = "https://huggingface.co/" + parts[0] + "/" + repository + "/resolve/main";
			if (parts.length > 2) {
				return new Repository(directory, parts[2]);
			}
			int colon = parts[1].indexOf(':');
			return new Repository(directory,
					repository + "-" + ((colon >= 0) ? parts[1].substring(colon + 1) : "Q4_K_M") + ".gguf");
		}

		/** {@code [host[:port]/][namespace/]name[:tag or @digest]}. */
		private static Repository ofRegistry(String name) {
			String last = lastOf(name).replaceAll("@.*", "");
			String directory = name.substring(0, name.length() - lastOf(name).length());
			boolean host = directory.matches("(?:[^/]*[.:][^/]*|localhost)/.*");
			return new Repository(
					"https://" + (host ? "" : "registry.ollama.ai/") + directory + last.replaceAll(":.*", ""),
					(last.contains(":") ? last.replace(':', '-') : last + "-latest") + ".gguf");
		}

	}

}
