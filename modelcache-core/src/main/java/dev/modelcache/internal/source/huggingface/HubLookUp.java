/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.http.MetadataResponse;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.HubRevision;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One question to the Hub: which commit, which files, which digests. One request to the
 * API answers it; it counts no download. A gated repository is asked a second time,
 * whether its files may be read. Files whose size or digest the API did not tell, and all
 * files where there is no API, are asked for by HEAD.
 */
final class HubLookUp {

	private static final int HEADS_AT_ONCE = 4;

	private final ModelRequest model;

	private final HubUrl url;

	private final HubClient hub;

	private final HubErrors errors;

	HubLookUp(ModelRequest model, HubUrl url, HubClient hub, HubErrors errors) {
		this.model = model;
		this.url = url;
		this.hub = hub;
		this.errors = errors;
	}

	Mono<ResolvedModel> resolve() {
		return this.hub.repository(this.url).flatMap((response) -> {
			HubRepository repository = response.isSuccess() ? read(response) : null;
			if (repository != null) {
				return listed(repository);
			}
			return (response.isSuccess() || hasNoAnswer(response)) ? unlisted() : Mono.error(this.errors.of(response));
		});
	}

	private @Nullable HubRepository read(MetadataResponse response) {
		try {
			return HubRepository.read(response.body());
		}
		catch (IllegalArgumentException ex) {
			throw this.errors.noHub("sends " + ex.getMessage(), "Use a repository with fewer files");
		}
	}

	/**
	 * Resolves by what the cache of the Hub's own tools tells.
	 * <p>
	 * <em>Blocking</em>.
	 * @param cache its root
	 * @return the model, or {@code null} where not all of it is there
	 */
	@Nullable ResolvedModel cached(Path cache) {
		HubRepository repository = namesItsFiles() ? CachedRepository.read(cache, this.url) : null;
		if (repository == null) {
			return null;
		}
		try {
			List<HubFile> files = HubSelection.of(this.model, this.url, repository);
			if (!files.stream().allMatch(HubFile::isComplete) || lacksData(files)) {
				return null;
			}
			return resolved(
					files.stream().map((file) -> remote(repository.commit(), file, DigestOrigin.FILE_NAME)).toList(),
					repository.commit(), null);
		}
		catch (ModelNotFoundException ex) {
			return null;
		}
	}

	/**
	 * What is missing in the cache cannot be told where a pattern, or the Hub's choice,
	 * decides which files there are.
	 */
	private boolean namesItsFiles() {
		return (this.url.path() != null || this.url.quantization() != null || !this.model.files().isEmpty())
				&& this.model.files().stream().noneMatch((file) -> file.contains("*") || file.contains("?"));
	}

	/** An ONNX file may need another one, which only its repository's list tells. */
	private static boolean lacksData(List<HubFile> files) {
		return files.size() == 1 && files.get(0).name().endsWith(".onnx");
	}

	/** What is not there at all, or not to be asked for, is no refusal of the Hub. */
	private static boolean hasNoAnswer(MetadataResponse response) {
		return switch (response.status()) {
			case 400, 404, 405, 410, 501 -> response.header(HubErrors.ERROR_CODE) == null;
			default -> false;
		};
	}

	private Mono<ResolvedModel> listed(HubRepository repository) {
		if (repository.disabled()) {
			return Mono.error(this.errors.disabled());
		}
		if (this.url.isPinned() && !repository.commit().equals(this.url.revision())) {
			return Mono.error(this.errors.noHub("answered a request for one commit with another commit", "Try again"));
		}
		List<HubFile> files = HubSelection.of(this.model, this.url, repository);
		Mono<Void> allowed = repository.gated() ? allowed() : Mono.empty();
		return allowed.thenMany(Flux.fromIterable(files))
			.flatMapSequential((file) -> file.isComplete() ? Mono.just(file) : completed(repository.commit(), file),
					HEADS_AT_ONCE)
			.map((file) -> remote(repository.commit(), file))
			.collectList()
			.map((remote) -> resolved(remote, repository.commit(), repository.modified()));
	}

	/** The list of a gated repository's files is public, its files are not. */
	private Mono<Void> allowed() {
		return this.hub.access(this.url).flatMap((response) -> switch (response.status()) {
			case 401, 403 -> Mono.error(this.errors.gated(response));
			// A mirror need not know the question; the transfer will tell.
			default -> Mono.empty();
		});
	}

	private Mono<HubFile> completed(String commit, HubFile file) {
		return this.hub.head(this.url, commit, file.name()).map((response) -> {
			if (!response.isSuccess() && !response.isRedirect()) {
				return file;
			}
			HubFile head = HubClient.fileOf(file.name(), response);
			return new HubFile(file.name(), (file.size() != null) ? file.size() : head.size(),
					(file.digest() != null) ? file.digest() : head.digest());
		});
	}

	/** A mirror without the API can still say of a file what the Hub's headers say. */
	private Mono<ResolvedModel> unlisted() {
		ModelFileName path = this.url.path();
		if (path == null || !this.model.files().isEmpty()) {
			return Mono.error(this.errors.noHub("has no API to list the files of a repository",
					"Use the URL of a single file, such as hf://org/repo/path, without hooks.llm.files"));
		}
		List<ModelFileName> names = Shards.all(path);
		return headed(this.url.revision(), names.get(0))
			.flatMap((first) -> Flux.fromIterable(names.subList(1, names.size()))
				.flatMapSequential((name) -> headed(first.commit(), name), HEADS_AT_ONCE)
				.map(Headed::file)
				.startWith(first.file())
				.map((file) -> remote(first.commit(), file))
				.collectList()
				.map((files) -> resolved(files, first.commit(), null)));
	}

	private ResolvedModel resolved(List<RemoteFile> files, String commit, @Nullable Instant modified) {
		return new ResolvedModel(files, commit,
				new HubRevision(this.url.repository(), this.url.revision(), commit, modified));
	}

	private Mono<Headed> headed(String revision, ModelFileName name) {
		return this.hub.head(this.url, revision, name).map((response) -> {
			if (hasNoAnswer(response)) {
				throw this.errors.noHub("has neither the model API nor the file '" + name + "'",
						"Check the repository, the revision and the file");
			}
			if (!response.isSuccess() && response.header("X-Linked-ETag") == null && !leadsToFile(response)) {
				throw this.errors.of(response);
			}
			return new Headed(commit(revision, response), HubClient.fileOf(name, response));
		});
	}

	/** A redirect to where the bytes are, of a mirror that drops what the Hub says. */
	private static boolean leadsToFile(MetadataResponse response) {
		return response.isRedirect() && response.header("Location") != null;
	}

	private String commit(String revision, MetadataResponse response) {
		String commit = response.header("X-Repo-Commit");
		if (HubFile.isSha1(commit)) {
			return Objects.requireNonNull(commit);
		}
		if (HubFile.isSha1(revision)) {
			return revision;
		}
		throw this.errors.noHub("has no model API, and its answers lack X-Repo-Commit, so the commit of '" + revision
				+ "' is " + "unknown", "Specify the commit, such as hf://org/repo@<40 digits>/path");
	}

	private RemoteFile remote(String commit, HubFile file) {
		return remote(commit, file, DigestOrigin.SOURCE);
	}

	private RemoteFile remote(String commit, HubFile file, DigestOrigin origin) {
		return new RemoteFile(file.name(), List.of(this.hub.mirror(this.url, commit, file.name())),
				(file.digest() != null) ? new ExpectedDigest(file.digest(), origin) : null, file.size());
	}

	/** What HEAD told: the commit, and the file there. */
	private record Headed(String commit, HubFile file) {

	}

}
