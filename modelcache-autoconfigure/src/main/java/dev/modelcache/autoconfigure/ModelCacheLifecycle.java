/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.function.Consumer;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheOperations;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.http.client.ReactorResourceFactory;

/**
 * Stops the cache in two steps. When the application begins to close, all operations are
 * cancelled, so that web requests do not wait for a model. After the web server has
 * stopped and before the event loops end, the cancelled operations close their files.
 */
final class ModelCacheLifecycle implements SmartLifecycle, ApplicationListener<ContextClosedEvent> {

	/** The name of the bean of the {@link ModelCache}. */
	static final String CACHE = "dev.modelcache.ModelCache";

	/** The name of the bean of the {@link ModelCacheOperations}. */
	static final String OPERATIONS = "dev.modelcache.ModelCacheOperations";

	/**
	 * Just above the phase of {@link ReactorResourceFactory}, so that the cache is
	 * stopped just before it.
	 */
	private static final int PHASE = 1;

	private final ApplicationContext context;

	private final ConfigurableListableBeanFactory beans;

	private volatile boolean running;

	private volatile boolean stopped;

	ModelCacheLifecycle(ApplicationContext context, ConfigurableListableBeanFactory beans) {
		this.context = context;
		this.beans = beans;
	}

	/** Ignores the context of the management server, which is closed separately. */
	@Override
	public void onApplicationEvent(ContextClosedEvent event) {
		if (event.getApplicationContext() == this.context) {
			ifUsed(ModelCacheOperations::stop);
		}
	}

	/** A context that is stopped, for example for a checkpoint, may start again. */
	@Override
	public void start() {
		this.running = true;
		if (this.stopped) {
			this.stopped = false;
			ifUsed(ModelCacheOperations::start);
		}
	}

	@Override
	public void stop() {
		this.running = false;
		this.stopped = true;
		ifUsed((operations) -> {
			operations.stop();
			operations.awaitStopped();
		});
	}

	/** Does not create the cache only to close it. */
	private void ifUsed(Consumer<ModelCacheOperations> action) {
		if (this.beans.containsSingleton(OPERATIONS) || this.beans.containsSingleton(CACHE)) {
			action.accept(this.beans.getBean(ModelCacheOperations.class));
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
