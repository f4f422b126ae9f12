/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Resolves {@code classpath:} URLs, such as {@code classpath:models/tiny.gguf}: resources
 * of the tests.
 */
final class ClasspathSourceResolver implements SourceResolver {

	static final String SCHEME = "classpath";

	private final Supplier<Path> copies;

	/**
	 * Creates a resolver.
	 * @param copies returns the directory for copies of resources that are in a jar
	 */
	ClasspathSourceResolver(Supplier<Path> copies) {
		this.copies = copies;
	}

	@Override
	public Set<String> schemes() {
		return Set.of(SCHEME);
	}

	@Override
	public void check(URI url) {
		path(url);
	}

	@Override
	public URI canonical(URI url) {
		return URI.create(SCHEME + ":/" + path(url));
	}

	@Override
	public Mono<ResolvedModel> resolve(SourceLocation location) {
		return Mono.fromCallable(() -> new ResolvedModel(file(location))).subscribeOn(Schedulers.boundedElastic());
	}

	private RemoteFile file(SourceLocation location) throws IOException {
		String path = path(location.uri());
		Resource resource = new ClassPathResource(URI.create(path).getPath());
		if (!resource.isReadable()) {
			throw new ModelNotFoundException(location.request().id(),
					"the class path has no resource " + resource.getFilename(),
					"Put it below src/test/resources, or correct the URL");
		}
		String name = path.substring(path.lastIndexOf('/') + 1);
		byte[] content = resource.getContentAsByteArray();
		Path file = resource.isFile() ? resource.getFile().toPath() : copy(name, content);
		ExpectedDigest expected = new ExpectedDigest(Digest.of(Algorithm.SHA256, Sha256.of(content)),
				DigestOrigin.SOURCE);
		return new RemoteFile(name, List.of(new Mirror(file.toUri(), Map.of())), expected, (long) content.length);
	}

	private Path copy(String name, byte[] content) throws IOException {
		return Files.write(Files.createTempDirectory(this.copies.get(), "copy").resolve(name), content);
	}

	private static String path(URI url) {
		String path = url.isOpaque() ? url.getRawSchemeSpecificPart() : url.getRawPath();
		boolean bare = url.getRawAuthority() == null && url.getRawQuery() == null && url.getRawFragment() == null
				&& path.indexOf('?') < 0;
		String relative = path.startsWith("/") ? path.substring(1) : path;
		if (!bare || relative.isEmpty() || relative.endsWith("/") || relative.startsWith("/")) {
			throw new IllegalArgumentException("names no resource; write classpath:models/tiny.gguf");
		}
		return relative;
	}

}
