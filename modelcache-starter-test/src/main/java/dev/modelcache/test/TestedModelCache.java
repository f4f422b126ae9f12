/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheBuilder;
import dev.modelcache.ModelCacheView;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.runtime.ModelManager;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanFactoryAware;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.util.FileSystemUtils;
import org.springframework.web.util.UriComponentsBuilder;
import reactor.core.publisher.Mono;

/**
 * Changes the builder of the model cache of a test, after all customizers of the
 * application.
 */
final class TestedModelCache implements BeanPostProcessor, BeanFactoryAware, DisposableBean {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	private final Downloads downloads;

	private final boolean emptiedForEachTest;

	private @Nullable DefaultListableBeanFactory beans;

	private @Nullable CircuitBreakerRegistry circuitBreakers;

	private @Nullable Path directory;

	private int modelPaths;

	/**
	 * Creates a post-processor.
	 * @param downloads what is downloaded
	 * @param emptiedForEachTest whether each test begins with an empty cache
	 */
	TestedModelCache(Downloads downloads, boolean emptiedForEachTest) {
		this.downloads = downloads;
		this.emptiedForEachTest = emptiedForEachTest;
	}

	@Override
	public void setBeanFactory(BeanFactory beans) {
		this.beans = (DefaultListableBeanFactory) beans;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean instanceof ModelCacheBuilder builder) {
			change(builder);
		}
		return bean;
	}

	private void change(ModelCacheBuilder builder) {
		builder.sourceResolver(new ClasspathSourceResolver(this::directory));
		switch (this.downloads) {
			case ALLOWED -> {
			}
			case REFUSED -> isolate(builder).eachModel(this::moved)
				.sourceResolver(new RefusingResolver())
				.connectors((rules) -> RefusingResolver.connector());
			case SERVED -> serve(isolate(builder));
		}
	}

	/** Nothing that a test leaves behind changes another one, or the machine. */
	private ModelCacheBuilder isolate(ModelCacheBuilder builder) {
		return builder
			.cache((options) -> options.directory(directory().resolve("cache")).readOnlyRoots(List.of()).adopt(false))
			.startupJitter(Duration.ZERO)
			.huggingFace((options) -> options.cacheDirectory(directory().resolve("hub")))
			.lockFile(null);
	}

	private void serve(ModelCacheBuilder builder) {
		ModelOrigin origin = beans().getBean(ModelOrigin.class);
		CircuitBreakerRegistry circuitBreakers = beans().getBeanProvider(CircuitBreakerRegistry.class)
			.getIfUnique(CircuitBreakerRegistry::ofDefaults);
		this.circuitBreakers = circuitBreakers;
		builder.eachModel(this::served)
			.offline(false)
			.circuitBreakerRegistry(circuitBreakers)
			.download((options) -> builder
				.sourceResolver(new OriginResolver(origin, options.allowInsecureHttp(true).headers())))
			.connectors((rules) -> new OriginConnector(origin, rules));
	}

	private DefaultListableBeanFactory beans() {
		return Objects.requireNonNull(this.beans, "The bean factory is set");
	}

	/**
	 * Removes what earlier tests have left. A bean that no test has used is not created.
	 */
	void beforeTest() {
		if (!this.emptiedForEachTest) {
			return;
		}
		used(ModelManager.class).forEach((manager) -> await(manager.unload()));
		for (ModelCacheView operations : used(ModelCacheView.class)) {
			for (ModelCache cache : used(ModelCache.class)) {
				operations.models().forEach((model) -> empty(cache, model.id()));
			}
		}
		// After the downloads have been cancelled, so that none sends another request.
		used(ModelOrigin.class).forEach(ModelOrigin::reset);
		if (this.circuitBreakers != null) {
			this.circuitBreakers.getAllCircuitBreakers().forEach(CircuitBreaker::reset);
		}
	}

	/** A mock returns {@code null}. */
	private void empty(ModelCache cache, String id) {
		@Nullable ModelStatus status = cache.status(id);
		if (status != null && status.state() != ModelState.ABSENT) {
			try {
				await(cache.evict(id));
			}
			catch (ModelNotFoundException ex) {
				// A test has changed the file.
				delete(status.model());
				await(cache.evict(id));
			}
		}
	}

	/** Other files are not the test's to delete. */
	private void delete(@Nullable CachedModel model) {
		try {
			for (Path file : (model != null) ? model.files() : List.<Path>of()) {
				if (file.startsWith(directory())) {
					Files.deleteIfExists(file);
				}
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private <T> List<T> used(Class<T> type) {
		return Arrays.stream(beans().getBeanNamesForType(type, false, false))
			.filter(beans()::containsSingleton)
			.map((name) -> beans().getBean(name, type))
			.toList();
	}

	/** A mock returns {@code null}. */
	private static void await(@Nullable Mono<Void> done) {
		if (done != null) {
			done.block(PATIENCE);
		}
	}

	/** A digest of the configuration is that of the real model. */
	private ModelRequest served(ModelRequest model) {
		return moved(model).toBuilder()
			.expectedDigest(null)
			.fallbacks(model.fallbacks().stream().map(this::served).toList())
			.build();
	}

	/**
	 * The path of a model is on the machine that it is deployed on, and so is the file of
	 * a model that has only a path.
	 */
	private ModelRequest moved(ModelRequest model) {
		Path path = model.modelPath();
		ModelRequest.Builder builder = model.toBuilder()
			.fallbacks(model.fallbacks().stream().map(this::moved).toList());
		if (path != null) {
			builder.modelPath(directory().resolve("model-path-" + this.modelPaths++).resolve(path.getFileName()));
		}
		if (path != null && model.url() == null && model.maxSize() == null) {
			builder.url(UriComponentsBuilder.fromUriString("https://models.test")
				.pathSegment(path.getFileName().toString())
				.build()
				.encode()
				.toUri());
		}
		return builder.build();
	}

	private synchronized Path directory() {
		if (this.directory == null) {
			try {
				this.directory = Files.createTempDirectory("modelcache-test");
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}
		return this.directory;
	}

	@Override
	public void destroy() throws IOException {
		FileSystemUtils.deleteRecursively(this.directory);
	}

	/** What is downloaded in a test. */
	enum Downloads {

		/** What is configured, as in production. */
		ALLOWED,

		/** Nothing. */
		REFUSED,

		/** What a {@link ModelOrigin} serves. */
		SERVED

	}

}
