package dev.modelcache.actuate;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The statuses of models after a look at the disk.
 * <p>
 * <em>Blocking</em>: for at most 200 ms, and not on threads that must not block. A disk
 * that takes longer shows in the next call.
 */
final class CurrentStatuses {

	private static final Logger logger = LoggerFactory.getLogger(CurrentStatuses.class);

	private static final Duration LONGEST_WAIT = Duration.ofMillis(200);

	private CurrentStatuses() {
	}

	static Map<String, ModelStatus> of(ModelCache cache, Collection<String> ids) {
		// A mock of the application's tests returns no publisher, and knows no status.
		CompletableFuture<?>[] checks = ids.stream()
			.map(cache::check)
			.filter(Objects::nonNull)
			.map(Mono::toFuture)
			.toArray(CompletableFuture<?>[]::new);
		await(CompletableFuture.allOf(checks));
		Map<String, ModelStatus> statuses = new LinkedHashMap<>();
		ids.forEach((id) -> statuses.put(id, Objects.requireNonNullElse(cache.status(id), ModelStatus.absent(id))));
		return statuses;
	}

	private static void await(CompletableFuture<?> checks) {
		if (Schedulers.isInNonBlockingThread()) {
			return;
		}
		try {
			checks.get(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (TimeoutException | ExecutionException ex) {
			logger.debug("The files of models were not checked within {} ms", LONGEST_WAIT.toMillis(), ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
