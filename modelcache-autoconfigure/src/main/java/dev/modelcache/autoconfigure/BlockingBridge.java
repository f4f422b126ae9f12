package dev.modelcache.autoconfigure;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The only place where a thread waits for a publisher: one of the application's own,
 * while it starts or opens a model's resource, or one that may block and answers an
 * operator.
 */
final class BlockingBridge {

	private BlockingBridge() {
	}

	static <T> @Nullable T await(Mono<T> mono) {
		return mono.block();
	}

}
