/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Resolves {@code file:} URLs: a file of this machine, or of a mounted volume, that is
 * copied like a download.
 */
public final class FileSourceResolver implements SourceResolver {

	private final Scheduler io;

	/**
	 * Creates a resolver.
	 * @param io where blocking file work runs
	 */
	public FileSourceResolver(Scheduler io) {
		this.io = io;
	}

	@Override
	public Set<String> schemes() {
		return Set.of("file");
	}

	@Override
	public Mono<ResolvedModel> resolve(SourceLocation location) {
		return FailureBoundary.on(this.io, "looking for a file", () -> {
			Path file = Path.of(location.uri());
			RemoteFile remote = new RemoteFile(file.getFileName().toString(),
					List.of(new Mirror(location.uri(), Map.of())), null, size(file, location.request()));
			return new ResolvedModel(remote);
		});
	}

	private static long size(Path file, ModelRequest request) {
		try {
			if (Files.isRegularFile(file)) {
				return Files.size(file);
			}
		}
		catch (IOException ex) {
			// Treated like a file that is not there: this user cannot have it.
		}
		throw new ModelNotFoundException(request.id(), "the file " + file + " does not exist or cannot be read",
				"Put the file there, or correct the URL");
	}

}
