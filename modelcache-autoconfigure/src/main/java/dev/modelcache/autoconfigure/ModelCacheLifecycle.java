package dev.modelcache.autoconfigure;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheOperations;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.client.ReactorResourceFactory;

/**
 * Cancels what is under way when the application closes: after the web server has
 * answered its last request, and before the event loops end. Beans are destroyed after
 * that, when a cancellation cannot reach its connection any more.
 */
final class ModelCacheLifecycle implements SmartLifecycle {

	/** The name of the bean of the {@link ModelCache}. */
	static final String CACHE = "dev.modelcache.ModelCache";

	/** Just above that of {@link ReactorResourceFactory}: stopped just before it. */
	private static final int PHASE = 1;

	private final ConfigurableListableBeanFactory beans;

	private volatile boolean running;

	ModelCacheLifecycle(ConfigurableListableBeanFactory beans) {
		this.beans = beans;
	}

	@Override
	public void start() {
		this.running = true;
	}

	/** A cache that the application has not used is not created to be closed. */
	@Override
	public void stop() {
		this.running = false;
		if (this.beans.containsSingleton(CACHE)) {
			this.beans.getBean(ModelCacheOperations.class).stop();
		}
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
