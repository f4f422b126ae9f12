package dev.modelcache.autoconfigure;

import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

import dev.modelcache.ModelCacheEvent;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextRefreshedEvent;

/**
 * Publishes events in the application context, once its listeners exist. Until the
 * context is refreshed, the thread of the events waits here: a listener that it called
 * earlier might be missing, or be created on that thread while another one creates a bean
 * and waits for a model.
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

	/** The context of the management server is refreshed earlier, and is not meant. */
	@Override
	public void onApplicationEvent(ContextRefreshedEvent event) {
		if (event.getApplicationContext() == this.context) {
			this.refreshed.countDown();
		}
	}

	/** A context that cannot be refreshed is destroyed, too. */
	@Override
	public void destroy() {
		this.closed = true;
		this.refreshed.countDown();
	}

}
