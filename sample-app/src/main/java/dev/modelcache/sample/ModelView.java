/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.modelcache.CachedModel;
import dev.modelcache.LockOwner;
import dev.modelcache.MirrorStatus;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCacheView;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.TransferAttempt;
import dev.modelcache.TransferProgress;
import org.jspecify.annotations.Nullable;

/**
 * What a visitor sees of a model. What is unknown is left out.
 *
 * @param id the model's id
 * @param state the state
 * @param source where it comes from
 * @param fallback whether that is a fallback
 * @param progress how far the transfer is
 * @param owner the process that fetches it, while this one waits
 * @param problem why the last attempt failed
 * @param nextAttempt when the next attempt begins
 * @param mirrors the hosts of the transfer
 * @param attempts the last attempts, the oldest first
 * @param facts the model, when it is ready
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record ModelView(String id, ModelState state, @Nullable String source, boolean fallback, @Nullable Progress progress,
		@Nullable Owner owner, @Nullable Problem problem, @Nullable Instant nextAttempt, List<Mirror> mirrors,
		List<Attempt> attempts, @Nullable Facts facts) {

	static ModelView of(ModelStatus status, ModelCacheView models) {
		String id = status.id();
		TransferProgress progress = status.progress();
		LockOwner owner = status.owner();
		ModelCacheException error = status.error();
		CachedModel model = status.model();
		return new ModelView(id, status.state(), status.source(), status.fallback(),
				(progress != null) ? Progress.of(progress) : null, (owner != null) ? Owner.of(owner) : null,
				(error != null) ? new Problem(error.code().name(), error.problem(), error.action()) : null,
				models.nextAttempt(id), models.mirrors(id).stream().map(Mirror::of).toList(),
				models.attempts(id).stream().map(Attempt::of).toList(), (model != null) ? Facts.of(model) : null);
	}

	/**
	 * How far a transfer is.
	 *
	 * @param bytes how many bytes are there
	 * @param totalBytes how many there will be
	 * @param percent the same, 0 to 100
	 * @param bytesPerSecond the speed of the last seconds
	 * @param etaSeconds the time that is left
	 */
	@JsonInclude(JsonInclude.Include.NON_NULL)
	record Progress(long bytes, @Nullable Long totalBytes, @Nullable Double percent, long bytesPerSecond,
			@Nullable Double etaSeconds) {

		static Progress of(TransferProgress progress) {
			Duration eta = progress.eta();
			return new Progress(progress.bytes(), progress.totalBytes(), progress.percent(),
					Math.round(progress.bytesPerSecond()), (eta != null) ? eta.toMillis() / 1000.0 : null);
		}

	}

	/**
	 * The process that works on a model.
	 *
	 * @param pid its process id
	 * @param host the name of its host
	 * @param since when it began
	 * @param queued whether it waits for its turn to download
	 * @param own whether it is this process
	 */
	record Owner(long pid, String host, Instant since, boolean queued, boolean own) {

		static Owner of(LockOwner owner) {
			boolean own = owner.pid() == ProcessHandle.current().pid();
			return new Owner(owner.pid(), owner.host(), owner.since(), owner.queued(), own);
		}

	}

	/**
	 * A failure.
	 *
	 * @param code its kind
	 * @param message what happened
	 * @param action what to do
	 */
	record Problem(String code, String message, String action) {

	}

	/**
	 * A host of a transfer.
	 *
	 * @param host its name and port
	 * @param state what it does
	 * @param bytesPerSecond its speed
	 * @param failures how many of its requests failed
	 */
	record Mirror(String host, MirrorStatus.State state, long bytesPerSecond, int failures) {

		static Mirror of(MirrorStatus mirror) {
			return new Mirror(mirror.host(), mirror.state(), mirror.bytesPerSecond(), mirror.failures());
		}

	}

	/**
	 * An attempt of a host to send the file.
	 *
	 * @param at when it ended
	 * @param host the host's name and port
	 * @param bytes how many bytes it brought
	 * @param error why it failed
	 */
	@JsonInclude(JsonInclude.Include.NON_NULL)
	record Attempt(Instant at, String host, long bytes, @Nullable String error) {

		static Attempt of(TransferAttempt attempt) {
			return new Attempt(attempt.at(), attempt.host(), attempt.bytes(), attempt.error());
		}

	}

	/**
	 * A model that is ready.
	 *
	 * @param path where the file is
	 * @param size its size in bytes
	 * @param digest what it was verified with, such as {@code sha256:…}
	 * @param outcome how it came here
	 * @param verified whether a digest proved it
	 * @param format what the file says of itself
	 */
	@JsonInclude(JsonInclude.Include.NON_NULL)
	record Facts(String path, long size, String digest, ModelOutcome outcome, boolean verified,
			@Nullable Format format) {

		static Facts of(CachedModel model) {
			Path path = model.path();
			ModelFormat format = model.format();
			return new Facts(path.toString(), model.size(), model.digest().toString(), model.outcome(),
					model.verified(), (format != null) ? Format.of(format) : null);
		}

	}

	/**
	 * What a file says of itself.
	 *
	 * @param type the format
	 * @param architecture the model's architecture
	 * @param name the model's name
	 * @param quantization how its weights are stored
	 * @param parameters how many weights it has
	 * @param contextLength how many tokens it can look at
	 * @param vocabularySize how many tokens it knows
	 * @param license its license
	 */
	@JsonInclude(JsonInclude.Include.NON_NULL)
	record Format(String type, @Nullable String architecture, @Nullable String name, @Nullable String quantization,
			@Nullable Long parameters, @Nullable Long contextLength, @Nullable Long vocabularySize,
			@Nullable String license) {

		static Format of(ModelFormat format) {
			return new Format(format.type(), format.architecture(), format.name(), format.quantization(),
					format.parameters(), format.contextLength(), format.vocabularySize(), format.license());
		}

	}

}
