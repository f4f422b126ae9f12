package dev.modelcache.autoconfigure;

import dev.modelcache.engine.DefaultModelCache;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.client.ReactorResourceFactory;

/**
 * Cancels what is under way when the application closes: after the web server has
 * answered its last request, and before the event loops end. Beans are destroyed after
 * that, when a cancellation cannot reach its connection any more.
 */
final class ModelCacheLifecycle implements SmartLifecycle {

	/** Just above that of {@link ReactorResourceFactory}: stopped just before it. */
	private static final int PHASE = 1;

	private final ObjectProvider<DefaultModelCache> cache;

	private volatile boolean running;

	ModelCacheLifecycle(ObjectProvider<DefaultModelCache> cache) {
		this.cache = cache;
	}

	@Override
	public void start() {
		this.running = true;
	}

	@Override
	public void stop() {
		this.running = false;
		this.cache.ifAvailable(DefaultModelCache::close);
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return PHASE;
	}

}
