/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

import dev.modelcache.Digest;
import dev.modelcache.ModelOfflineException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.ModelUpdate;
import dev.modelcache.ModelUpdate.Availability;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.acquire.PublishedModels.Published;
import dev.modelcache.internal.store.Receipt;
import dev.modelcache.internal.transfer.DownloadPlan;
import dev.modelcache.internal.transfer.SourceState;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Asks the source of a model whether it has another version than the one that is here,
 * and compares what it says with the receipts of the published files. Of a file without a
 * digest, the validator is asked for (RFC 9110, section 8.8).
 * <p>
 * <em>Blocking</em>: none. <em>Cancellation</em>: ends the requests.
 */
final class UpdateCheck {

	private final Engine engine;

	private final PublishedModels published;

	UpdateCheck(Engine engine, PublishedModels published) {
		this.engine = engine;
		this.published = published;
	}

	/**
	 * Checks a model.
	 * @param request the model
	 * @return what its source has
	 */
	Mono<ModelUpdate> check(ModelRequest request) {
		Candidate candidate = Candidate.of(request).get(0);
		Duration longest = this.engine.transfer().giveUpAfter();
		Mono<ModelUpdate> check = FailureBoundary
			.on(this.engine.threads().io(), "reading what is there", () -> this.published.read(request))
			.flatMap((here) -> compare(candidate, here));
		return FailureBoundary.around("checking for an update", check)
			.timeout(longest,
					Mono.error(
							() -> new ModelTransferException(request.id(),
									candidate.source() + " did not state its version within " + longest.toSeconds()
											+ " s",
									"Check the source and the network", null)),
					this.engine.threads().timer())
			.onErrorMap((failure) -> FailureBoundary.asModelCacheException(request.id(), "while checking for an update",
					failure));
	}

	private Mono<ModelUpdate> compare(Candidate candidate, Published here) {
		ModelRequest request = candidate.request();
		Digest configured = request.expectedDigest();
		if (configured != null && here.proves(configured)) {
			return Mono
				.just(update(request, Availability.CURRENT).withVersions(configured.toString(), configured.toString())
					.withBytes(0L));
		}
		if (candidate.locations().isEmpty()) {
			return Mono.just(update(request, Availability.UNKNOWN));
		}
		if (this.engine.offline()) {
			return Mono.error(() -> new ModelOfflineException(request.id(),
					"its source cannot be asked for another version, because hooks.llm.offline forbids the network",
					"Check without hooks.llm.offline (or HF_HUB_OFFLINE)"));
		}
		return this.engine.sources().resolve(request, candidate.locations(), candidate.configuredUrl(), (pause) -> {
		})
			.publishOn(this.engine.threads().io())
			.flatMap((model) -> FailureBoundary.around("comparing versions", Mono.defer(() -> compare(candidate, here,
					new PinnedModels(this.engine.store(), null).enforce(candidate, model)))));
	}

	private Mono<ModelUpdate> compare(Candidate candidate, Published here, ResolvedModel model) {
		String revision = model.revision();
		if (revision != null && revision.equals(here.revision())) {
			return Mono
				.just(update(candidate.request(), Availability.CURRENT).withVersions(revision, revision).withBytes(0L));
		}
		return Flux.fromIterable(model.files())
			.concatMap((file) -> compare(candidate, here, file))
			.collectList()
			.map((files) -> together(candidate.request(), here, revision, files));
	}

	private Mono<FileVersion> compare(Candidate candidate, Published here, RemoteFile file) {
		if (file.expected() != null) {
			Digest digest = file.expected().digest();
			boolean there = here.proves(digest);
			return Mono.just(new FileVersion(there ? Availability.CURRENT : Availability.AVAILABLE,
					there ? digest.toString() : here.digest(), digest.toString(),
					there ? Long.valueOf(0) : file.size()));
		}
		ModelRequest request = candidate.request();
		int attempts = Math.max(1, request.maxAttempts());
		return this.engine.transfer()
			.stateOrFailure(new DownloadPlan(request.id(), file, attempts, 0))
			.map((state) -> compare(here, state))
			.defaultIfEmpty(new FileVersion(Availability.UNKNOWN, null, null, null));
	}

	/** A validator tells something about files of the same origin alone. */
	private static FileVersion compare(Published here, SourceState state) {
		Receipt receipt = here.receipts()
			.stream()
			.filter((known) -> state.mirror().toString().equals(known.source()))
			.findFirst()
			.orElse(null);
		String current = (receipt != null) ? receipt.validator() : null;
		Availability availability = (here.receipts().isEmpty() || here.fallback()) ? Availability.AVAILABLE
				: (current == null || state.validator() == null) ? Availability.UNKNOWN
						: current.equals(state.validator()) ? Availability.CURRENT : Availability.AVAILABLE;
		return new FileVersion(availability, current, state.validator(),
				(availability == Availability.CURRENT) ? 0 : state.size());
	}

	private ModelUpdate together(ModelRequest request, Published here, @Nullable String revision,
			List<FileVersion> files) {
		List<Availability> all = files.stream().map(FileVersion::availability).toList();
		Availability availability = all.contains(Availability.AVAILABLE) ? Availability.AVAILABLE
				: all.contains(Availability.UNKNOWN) ? Availability.UNKNOWN : Availability.CURRENT;
		boolean sized = files.stream().map(FileVersion::bytes).allMatch(Objects::nonNull);
		Long bytes = sized ? files.stream().map(FileVersion::bytes).mapToLong(Objects::requireNonNull).sum() : null;
		ModelUpdate update = update(request, availability).withBytes(bytes);
		if (revision != null) {
			return update.withVersions(here.revision(), revision);
		}
		return (files.size() == 1) ? update.withVersions(files.get(0).current(), files.get(0).available()) : update;
	}

	private ModelUpdate update(ModelRequest request, Availability availability) {
		return ModelUpdate.of(request.id(), availability, this.engine.clock().instant());
	}

	/**
	 * A file of the version that the source has.
	 *
	 * @param availability whether its content is another one than is here
	 * @param current the name of the version that is here, or {@code null}
	 * @param available the name of the source's version, or {@code null}
	 * @param bytes how much would be downloaded, or {@code null} if it is unknown
	 */
	private record FileVersion(Availability availability, @Nullable String current, @Nullable String available,
			@Nullable Long bytes) {

	}

}
