/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.FilePatterns;
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
 * whether its files may be read. Files whose size or digest the API did not tell, and a
 * file that the URL names where the API does not answer, are asked for by HEAD.
 */
final class HubLookUp {

	private static final int HEADS_AT_ONCE = 4;

	private final ModelRequest model;

	private final HubUrl url;

	private final HubClient hub;

	private final HubErrors errors;

	private final Consumer<String> unlisted;

	private volatile boolean missing;

	/**
	 * Creates a question.
	 * @param model what is wanted
	 * @param url where
	 * @param hub asks the Hub
	 * @param errors what its refusals mean
	 * @param unlisted is told why the API does not list a file that is found without it
	 */
	HubLookUp(ModelRequest model, HubUrl url, HubClient hub, HubErrors errors, Consumer<String> unlisted) {
		this.model = model;
		this.url = url;
		this.hub = hub;
		this.errors = errors;
		this.unlisted = unlisted;
	}

	Mono<ResolvedModel> resolve() {
		ModelFileName path = this.url.path();
		if (path == null || !this.model.files().isEmpty()) {
			return this.hub.repository(this.url)
				.flatMap((answer) -> listed(answer).orElseGet(() -> Mono.error(noList(answer))));
		}
		return this.hub.repositoryOnce(this.url)
			.map((answer) -> listed(answer).orElseGet(() -> unlisted(path, answer)))
			.onErrorResume(ModelCacheException.class,
					(failure) -> Mono.just(unlisted(path, failure, "cannot be used (" + failure.problem() + ")")))
			.flatMap(Function.identity());
	}

	/** Returns what the Hub's own answer means; empty where it is not the Hub's own. */
	private Optional<Mono<ResolvedModel>> listed(MetadataResponse answer) {
		HubRepository repository = answer.isSuccess() ? read(answer) : null;
		if (repository != null) {
			return Optional.of(Mono.defer(() -> listed(repository)));
		}
		boolean refused = answer.header(HubErrors.ERROR_CODE) != null && answer.status() < 500
				&& answer.status() != 429;
		return refused ? Optional.of(Mono.error(refusal(answer))) : Optional.empty();
	}

	private ModelCacheException refusal(MetadataResponse answer) {
		this.missing = HubErrors.isMissingRepository(answer);
		return this.errors.of(answer);
	}

	/**
	 * Returns whether the Hub has answered that the repository does not exist, which it
	 * says of private ones too.
	 */
	boolean isMissing() {
		return this.missing;
	}

	private ModelCacheException noList(MetadataResponse answer) {
		return hasNoApi(answer)
				? this.errors.noHub("has no API to list the files of a repository",
						"Use the URL of a single file, such as hf://org/repo/path, without hooks.llm.files")
				: this.errors.ofList(answer);
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
			if (!files.stream().allMatch(HubFile::isComplete)) {
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
		List<String> patterns = FilePatterns.of(this.model.files()).included();
		return (this.url.path() != null || this.url.quantization() != null || !patterns.isEmpty())
				&& patterns.stream().noneMatch(FilePatterns::isGlob);
	}

	private static boolean hasNoApi(MetadataResponse answer) {
		return answer.isSuccess() || hasNoAnswer(answer);
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
			return new HubFile(file.name(), (head.size() != null) ? head.size() : file.size(),
					(file.digest() != null) ? file.digest() : head.digest());
		});
	}

	private Mono<ResolvedModel> unlisted(ModelFileName path, MetadataResponse answer) {
		return unlisted(path, hasNoApi(answer) ? null : this.errors.of(answer),
				answer.isSuccess() ? "does not answer with a list of files" : "answered " + answer.status());
	}

	/**
	 * The headers of a file say what the API does not. Without the data of an ONNX model,
	 * which may stand beside it, a runtime cannot open it.
	 * @param path the file
	 * @param failure why the API did not answer, or {@code null} where there is no API
	 * @param reason the same, to follow the name of the API
	 */
	private Mono<ResolvedModel> unlisted(ModelFileName path, @Nullable ModelCacheException failure, String reason) {
		List<ModelFileName> names = Shards.all(path);
		return headed(this.url.revision(), names.get(0), failure)
			.flatMap((first) -> Flux.fromIterable(names.subList(1, names.size()))
				.flatMapSequential((name) -> headed(first.commit(), name, failure), HEADS_AT_ONCE)
				.map(Headed::file)
				.startWith(first.file())
				.concatWith(Flux.fromIterable(HubSelection.usualData(path))
					.concatMap((name) -> headedData(first.commit(), name, failure)))
				.map((file) -> remote(first.commit(), file))
				.collectList()
				.map((files) -> resolved(files, first.commit(), null)))
			.doOnNext((model) -> this.unlisted.accept(reason));
	}

	private Mono<HubFile> headedData(String commit, ModelFileName name, @Nullable ModelCacheException failure) {
		return this.hub.head(this.url, commit, name).handle((response, next) -> {
			if (saysTheFile(response) || leadsToFile(response)) {
				next.next(HubClient.fileOf(name, response));
			}
			else if (response.status() != 404 && response.status() != 410) {
				// A model without its data would look complete.
				next.error((failure != null) ? failure : refusal(response));
			}
		});
	}

	private ResolvedModel resolved(List<RemoteFile> files, String commit, @Nullable Instant modified) {
		return new ResolvedModel(files, commit,
				new HubRevision(this.url.repository(), this.url.revision(), commit, modified));
	}

	/**
	 * Asks for the headers of a file. What the Hub itself says of the file counts; for
	 * anything else, a failure of the API is the one to report.
	 */
	private Mono<Headed> headed(String revision, ModelFileName name, @Nullable ModelCacheException failure) {
		return this.hub.head(this.url, revision, name)
			.onErrorMap(ModelTransferException.class, (broken) -> (failure != null) ? failure : broken)
			.map((response) -> {
				boolean refused = !saysTheFile(response) && !leadsToFile(response);
				if (refused && failure != null && response.header(HubErrors.ERROR_CODE) == null) {
					throw failure;
				}
				if (refused && hasNoAnswer(response)) {
					this.missing = HubErrors.isMissingRepository(response);
					throw this.errors.noHub("has neither the model API nor the file '" + name + "'",
							"Check the repository, the revision and the file");
				}
				if (refused) {
					throw refusal(response);
				}
				return new Headed(commit(revision, response, failure), HubClient.fileOf(name, response));
			});
	}

	private static boolean saysTheFile(MetadataResponse response) {
		return response.isSuccess() || response.header("X-Linked-ETag") != null;
	}

	/** A redirect to where the bytes are, of a mirror that drops what the Hub says. */
	private static boolean leadsToFile(MetadataResponse response) {
		return response.isRedirect() && response.header("Location") != null;
	}

	private String commit(String revision, MetadataResponse response, @Nullable ModelCacheException failure) {
		String commit = response.header("X-Repo-Commit");
		if (HubFile.isSha1(commit)) {
			return Objects.requireNonNull(commit);
		}
		if (HubFile.isSha1(revision)) {
			return revision;
		}
		throw (failure != null) ? failure
				: this.errors.noHub("has no model API, and its answers lack X-Repo-Commit, so the commit of '"
						+ revision + "' is " + "unknown", "Specify the commit, such as hf://org/repo@<40 digits>/path");
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
