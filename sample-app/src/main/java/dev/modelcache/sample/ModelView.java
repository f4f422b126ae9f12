package dev.modelcache.sample;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.TransferProgress;
import org.jspecify.annotations.Nullable;

/**
 * What a visitor sees of a model; what is unknown is left out.
 *
 * @param state how far it is
 * @param source where it comes from
 * @param bytes how many bytes are there, while it is on its way
 * @param percent the same, 0 to 100
 * @param problem why the last attempt failed
 * @param facts the model, when it is ready
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record ModelView(ModelState state, @Nullable String source, @Nullable Long bytes, @Nullable Double percent,
		@Nullable String problem, @Nullable Facts facts) {

	static ModelView of(ModelStatus status) {
		TransferProgress progress = status.progress();
		ModelCacheException error = status.error();
		CachedModel model = status.model();
		return new ModelView(status.state(), status.source(), (progress != null) ? progress.bytes() : null,
				(progress != null) ? progress.percent() : null, (error != null) ? error.getMessage() : null,
				(model != null) ? Facts.of(model) : null);
	}

	/**
	 * A model that is ready.
	 *
	 * @param file the file's name
	 * @param size its size in bytes
	 * @param digest what it was verified with, such as {@code sha256:…}
	 * @param outcome how it came here
	 * @param verified whether a digest proved it
	 */
	record Facts(String file, long size, String digest, ModelOutcome outcome, boolean verified) {

		static Facts of(CachedModel model) {
			return new Facts(String.valueOf(model.path().getFileName()), model.size(), model.digest().toString(),
					model.outcome(), model.verified());
		}

	}

}
