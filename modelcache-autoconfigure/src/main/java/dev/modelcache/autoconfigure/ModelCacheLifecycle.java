/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheEvent;
import dev.modelcache.ModelCacheOperations;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ApplicationContextEvent;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.http.client.ReactorResourceFactory;

/**
 * Connects a cache with the life of its application context.
 * <p>
 * Publishes its events when the context is refreshed. Until then, the event thread waits:
 * if it published earlier, listeners could be missing, or could be created on that thread
 * while another thread creates a bean and waits for a model.
 * <p>
 * Stops it in two steps. When the application begins to close, all operations are
 * cancelled, so that web requests do not wait for a model. After the web server has
 * stopped and before the event loops end, the cancelled operations close their files.
 */
final class ModelCacheLifecycle implements Consumer<ModelCacheEvent>, SmartLifecycle,
		ApplicationListener<ApplicationContextEvent>, DisposableBean {

	/** The name of the bean of the {@link ModelCache}. */
	static final String CACHE = "dev.modelcache.ModelCache";

	/** The name of the bean of the {@link ModelCacheOperations}. */
	static final String OPERATIONS = "dev.modelcache.ModelCacheOperations";

	static final String NAME = "dev.modelcache.autoconfigure.ModelCacheLifecycle.ORIGINAL";

	/**
	 * Just above the phase of {@link ReactorResourceFactory}, so that the cache is
	 * stopped just before it.
	 */
	private static final int PHASE = 1;

	private final ConfigurableApplicationContext context;

	private final CountDownLatch refreshed = new CountDownLatch(1);

	private volatile boolean running = true;

	private volatile boolean closed;

	/**
	 * Creates the lifecycle of a cache, before the cache is created.
	 * @param context the context, which may have been refreshed already
	 */
	ModelCacheLifecycle(ConfigurableApplicationContext context) {
		this.context = context;
		if (context.isRunning()) {
			this.refreshed.countDown();
		}
	}

	/** Blocks until the context is refreshed or closed. */
	@Override
	public void accept(ModelCacheEvent event) {
		try {
			this.refreshed.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return;
		}
		if (!this.closed) {
			this.context.publishEvent(event);
		}
	}

	/**
	 * Ignores the context of the management server, which is refreshed earlier and closed
	 * separately.
	 */
	@Override
	public void onApplicationEvent(ApplicationContextEvent event) {
		if (event.getApplicationContext() != this.context) {
			return;
		}
		if (event instanceof ContextRefreshedEvent) {
			this.refreshed.countDown();
		}
		else if (event instanceof ContextClosedEvent) {
			ifUsed(ModelCacheOperations::stop);
		}
	}

	/** A context that was stopped, for example for a checkpoint, may start again. */
	@Override
	public void start() {
		this.running = true;
		ifUsed(ModelCacheOperations::start);
	}

	@Override
	public void stop() {
		this.running = false;
		ifUsed((operations) -> {
			operations.stop();
			operations.awaitStopped();
		});
	}

	/** Does not create the cache only to close it. */
	private void ifUsed(Consumer<ModelCacheOperations> action) {
		ConfigurableListableBeanFactory beans = this.context.getBeanFactory();
		if (beans.containsSingleton(OPERATIONS) || beans.containsSingleton(CACHE)) {
			action.accept(beans.getBean(ModelCacheOperations.class));
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

	/** Also called if the context could not be refreshed. */
	@Override
	public void destroy() {
		this.closed = true;
		this.refreshed.countDown();
	}

}
