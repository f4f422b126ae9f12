/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

import dev.modelcache.CacheUsage;
import dev.modelcache.MirrorStatus;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCacheOperations;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelLockTimeoutException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStatus;
import dev.modelcache.ModelUpdate;
import dev.modelcache.TransferAttempt;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import reactor.core.publisher.Mono;

/**
 * The actuator endpoint {@code modelcache}: all that health shows of the configured
 * models, how their transfers go and went, and what can be done about them.
 * <p>
 * <em>Blocking</em>: all operations, for as long as the disk takes. None returns a
 * publisher, so that Spring Boot calls them where that is allowed: beside the event loop
 * with WebFlux, on the request's thread with servlets.
 */
@WebEndpoint(id = "modelcache")
final class ModelCacheEndpoint {

	private static final Logger logger = LoggerFactory.getLogger(ModelCacheEndpoint.class);

	private static final int ACCEPTED = 202;

	private static final int CONFLICT = 409;

	private final ModelCacheOperations operations;

	private final Consumer<Mono<Void>> await;

	private final Supplier<String> startup;

	/**
	 * Creates the endpoint.
	 * @param operations knows the models and does what is requested
	 * @param startup returns the value of {@code startup.mode}
	 * @param await waits for a publisher, and throws its error
	 */
	ModelCacheEndpoint(ModelCacheOperations operations, Supplier<String> startup, Consumer<Mono<Void>> await) {
		this.operations = operations;
		this.startup = startup;
		this.await = await;
	}

	/**
	 * Shows the cache and all configured models.
	 * @return {@code cache} and {@code models}
	 */
	@ReadOperation
	public Map<String, Object> all() {
		Map<String, Object> details = new LinkedHashMap<>();
		CurrentStatuses.of(this.operations, this.operations.models())
			.forEach((id, status) -> details.put(id, details(status)));
		Map<String, Object> all = new LinkedHashMap<>();
		all.put("cache", details(this.operations.usage()));
		all.put("models", details);
		return OperationResponseBody.of(all);
	}

	/**
	 * Shows one model, with what a report of a fault needs.
	 * @param id the model's id
	 * @return the model, or 404
	 */
	@ReadOperation
	public WebEndpointResponse<Map<String, Object>> one(@Selector String id) {
		return ifConfigured(id, (known) -> {
			ModelRequest model = this.operations.model(known);
			Map<String, ModelStatus> statuses = CurrentStatuses.of(this.operations, List.of(model));
			ModelStatus status = Objects.requireNonNull(statuses.get(known));
			Map<String, Object> details = details(status);
			details.put("configuration", configuration(model));
			details.put("about", About.of(place(model, status)));
			return new WebEndpointResponse<>(OperationResponseBody.of(details));
		});
	}

	/**
	 * Starts an action.
	 * @param id the model's id
	 * @param action {@code ensure}, {@code verify}, {@code refresh}, {@code check} or
	 * {@code cancel}
	 * @return 202, 400 for another action, 404, or 409 while the application is closing
	 */
	@WriteOperation
	public WebEndpointResponse<Map<String, Object>> start(@Selector String id, @Nullable String action) {
		return ifConfigured(id, (known) -> {
			Optional<ModelAction> wanted = ModelAction.of(action);
			if (wanted.isEmpty()) {
				return error(WebEndpointResponse.STATUS_BAD_REQUEST,
						"The action must be one of " + ModelAction.words());
			}
			try {
				start(wanted.get(), known);
				return new WebEndpointResponse<>(ACCEPTED);
			}
			catch (ModelCancelledException ex) {
				return error(CONFLICT, ex.getMessage());
			}
		});
	}

	/**
	 * Removes a model's published file.
	 * @param id the model's id
	 * @return 204 when it is gone, 409 if the file was not put there by this cache or is
	 * being fetched by another process, or 404
	 */
	@DeleteOperation
	public WebEndpointResponse<Map<String, Object>> evict(@Selector String id) {
		return ifConfigured(id, (known) -> {
			try {
				logger.info("Model '{}': its eviction was requested", known);
				this.await.accept(this.operations.evict(known));
				return new WebEndpointResponse<>(WebEndpointResponse.STATUS_NO_CONTENT);
			}
			catch (ModelNotFoundException | ModelCancelledException | ModelLockTimeoutException ex) {
				return error(CONFLICT, ex.getMessage());
			}
		});
	}

	private void start(ModelAction action, String id) {
		logger.info("Model '{}': the action '{}' was requested", id, action.word());
		switch (action) {
			case ENSURE -> this.operations.ensure(id);
			case VERIFY -> this.operations.verify(id);
			case REFRESH -> this.operations.refresh(id);
			case CHECK -> this.operations.checkForUpdate(id);
			case CANCEL -> this.await.accept(this.operations.cancel(id));
		}
	}

	private static Map<String, Object> details(CacheUsage usage) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("directory", usage.directory().toString());
		if (usage.used() != null) {
			details.put("usedBytes", usage.used().toBytes());
		}
		if (usage.free() != null) {
			details.put("freeBytes", usage.free().toBytes());
		}
		return details;
	}

	private Map<String, Object> details(ModelStatus status) {
		Map<String, Object> details = StatusDetails.of(status, this.operations.nextAttempt(status.id()));
		ModelUpdate update = this.operations.update(status.id());
		if (update != null) {
			details.put("update", StatusDetails.update(update));
		}
		details.put("mirrors", this.operations.mirrors(status.id()).stream().map(ModelCacheEndpoint::details).toList());
		details.put("attempts",
				this.operations.attempts(status.id()).stream().map(ModelCacheEndpoint::details).toList());
		return details;
	}

	private Map<String, Object> configuration(ModelRequest model) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("startup", this.startup.get());
		details.put("required", model.required());
		details.put("checksum", model.expectedDigest() != null);
		details.put("mirrors", model.mirrors().size());
		details.put("fallbacks", model.fallbacks().size() + ((model.fallbackUrl() != null) ? 1 : 0));
		return details;
	}

	/** Returns where the files of a model are, or will be as far as is known. */
	private Path place(ModelRequest model, ModelStatus status) {
		if (status.model() != null) {
			return status.model().path();
		}
		return Objects.requireNonNullElseGet(model.modelPath(), this.operations::directory);
	}

	private static Map<String, Object> details(MirrorStatus mirror) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("host", mirror.host());
		details.put("state", mirror.state().name());
		details.put("bytesPerSecond", mirror.bytesPerSecond());
		details.put("failures", mirror.failures());
		return details;
	}

	private static Map<String, Object> details(TransferAttempt attempt) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("at", attempt.at().truncatedTo(ChronoUnit.MILLIS).toString());
		details.put("host", attempt.host());
		details.put("bytes", attempt.bytes());
		if (attempt.error() != null) {
			details.put("error", attempt.error());
		}
		return details;
	}

	private WebEndpointResponse<Map<String, Object>> ifConfigured(String id,
			Function<String, WebEndpointResponse<Map<String, Object>>> answer) {
		try {
			return answer.apply(this.operations.model(id).id());
		}
		catch (ModelNotFoundException ex) {
			return error(WebEndpointResponse.STATUS_NOT_FOUND, ex.getMessage());
		}
		catch (ModelCacheException ex) {
			return error(WebEndpointResponse.STATUS_INTERNAL_SERVER_ERROR, ex.getMessage());
		}
	}

	private static WebEndpointResponse<Map<String, Object>> error(int status, @Nullable String message) {
		return new WebEndpointResponse<>(OperationResponseBody.of(Map.of("error", String.valueOf(message))), status);
	}

}
