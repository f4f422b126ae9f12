/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

import dev.modelcache.ModelCacheEvent;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextRefreshedEvent;

/**
 * Publishes events in the application context when it is refreshed. Until then, the event
 * thread waits: if it published earlier, listeners could be missing, or could be created
 * on that thread while another thread creates a bean and waits for a model.
 * <p>
 * <em>Blocking</em>: until the context is refreshed or closed.
 */
final class ApplicationEvents
		implements Consumer<ModelCacheEvent>, ApplicationListener<ContextRefreshedEvent>, DisposableBean {

	private final ApplicationContext context;

	private final CountDownLatch refreshed = new CountDownLatch(1);

	private volatile boolean closed;

	ApplicationEvents(ApplicationContext context) {
		this.context = context;
	}

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

	/** Ignores the context of the management server, which is refreshed earlier. */
	@Override
	public void onApplicationEvent(ContextRefreshedEvent event) {
		if (event.getApplicationContext() == this.context) {
			this.refreshed.countDown();
		}
	}

	/** Also called if the context could not be refreshed. */
	@Override
	public void destroy() {
		this.closed = true;
		this.refreshed.countDown();
	}

}
