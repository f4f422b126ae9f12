package dev.modelcache.actuate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

import dev.modelcache.ConfiguredModels;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelLockTimeoutException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelStatus;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;

/**
 * The actuator endpoint {@code modelcache}: all that health shows of the configured
 * models, how their transfers go and went, and what can be done about them.
 * <p>
 * <em>Blocking</em>: all operations, for as long as the disk takes. None returns a
 * publisher, so that Spring Boot calls them where that is allowed: beside the event loop
 * with WebFlux, on the request's thread with servlets.
 */
@WebEndpoint(id = "modelcache")
public final class ModelCacheEndpoint {

	private static final int ACCEPTED = 202;

	private static final int CONFLICT = 409;

	private final ModelCache cache;

	private final ConfiguredModels models;

	private final TransferHistory history;

	private final ModelOperations operations;

	private final Supplier<CacheUsage> usage;

	/**
	 * Creates the endpoint.
	 * @param cache knows how far the models are
	 * @param models what is configured
	 * @param history knows how their transfers went
	 * @param operations does what is asked for
	 * @param usage knows how much the cache holds; may block
	 */
	public ModelCacheEndpoint(ModelCache cache, ConfiguredModels models, TransferHistory history,
			ModelOperations operations, Supplier<CacheUsage> usage) {
		this.cache = cache;
		this.models = models;
		this.history = history;
		this.operations = operations;
		this.usage = usage;
	}

	/**
	 * Shows the cache and all configured models.
	 * @return {@code cache} and {@code models}
	 */
	@ReadOperation
	public Map<String, Object> all() {
		Map<String, Object> details = new LinkedHashMap<>();
		CurrentStatuses.of(this.cache, this.models.ids()).forEach((id, status) -> details.put(id, details(status)));
		Map<String, Object> all = new LinkedHashMap<>();
		all.put("cache", this.usage.get().details());
		all.put("models", details);
		return OperationResponseBody.of(all);
	}

	/**
	 * Shows one model.
	 * @param id the model's id
	 * @return the model, or 404
	 */
	@ReadOperation
	public WebEndpointResponse<Map<String, Object>> one(@Selector String id) {
		return ifConfigured(id, (known) -> {
			Map<String, ModelStatus> statuses = CurrentStatuses.of(this.cache, List.of(known));
			return new WebEndpointResponse<>(
					OperationResponseBody.of(details(Objects.requireNonNull(statuses.get(known)))));
		});
	}

	/**
	 * Starts an action.
	 * @param id the model's id
	 * @param action {@code ensure}, {@code verify}, {@code refresh} or {@code cancel}
	 * @return 202, 400 for another action, or 404
	 */
	@WriteOperation
	public WebEndpointResponse<Map<String, Object>> start(@Selector String id, @Nullable String action) {
		return ifConfigured(id, (known) -> {
			Optional<ModelAction> wanted = ModelAction.of(action);
			if (wanted.isEmpty()) {
				return error(WebEndpointResponse.STATUS_BAD_REQUEST,
						"The action must be one of " + ModelAction.words());
			}
			this.operations.start(wanted.get(), known);
			return new WebEndpointResponse<>(ACCEPTED);
		});
	}

	/**
	 * Removes a model's published file.
	 * @param id the model's id
	 * @return 204 when it is gone, 409 if the file is somebody else's or is being fetched
	 * by another process, or 404
	 */
	@DeleteOperation
	public WebEndpointResponse<Map<String, Object>> evict(@Selector String id) {
		return ifConfigured(id, (known) -> {
			try {
				this.operations.evict(known);
				return new WebEndpointResponse<>(WebEndpointResponse.STATUS_NO_CONTENT);
			}
			catch (ModelNotFoundException | ModelCancelledException | ModelLockTimeoutException ex) {
				return error(CONFLICT, ex.getMessage());
			}
		});
	}

	private Map<String, Object> details(ModelStatus status) {
		Map<String, Object> details = StatusDetails.of(status);
		details.put("mirrors", this.history.mirrors(status.id()));
		details.put("attempts", this.history.attempts(status.id()));
		return details;
	}

	private WebEndpointResponse<Map<String, Object>> ifConfigured(String id,
			Function<String, WebEndpointResponse<Map<String, Object>>> answer) {
		try {
			return answer.apply(this.models.get(id).id());
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
