/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.benchmarks;

import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelOutcome;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * One model in an application of its own: a Spring context that is configured as a user
 * configures it, by properties, and asked through the {@link ModelCache} bean.
 * <p>
 * <em>Blocking</em>: all methods.
 */
final class ModelUnderTest implements AutoCloseable {

	private static final String ID = "default";

	private final ConfigurableApplicationContext context;

	private final ModelCache cache;

	private ModelUnderTest(ConfigurableApplicationContext context) {
		this.context = context;
		this.cache = context.getBean(ModelCache.class);
	}

	/**
	 * Starts an application. Whatever it does not say here is as the defaults have it;
	 * system properties win.
	 * @param directory where the cache is
	 * @param digest what proves the model, as {@code expected-checksum} wants it
	 * @param sources the URL of the model, then its mirrors
	 * @param connections how many connections fetch it; 0 for the default
	 * @return the running application
	 */
	static ModelUnderTest start(Path directory, String digest, List<URI> sources, int connections) {
		Map<String, Object> properties = new HashMap<>();
		properties.put("logging.level.root", "warn");
		properties.put("hooks.llm.url", sources.get(0).toString());
		for (int mirror = 1; mirror < sources.size(); mirror++) {
			properties.put("hooks.llm.mirrors[" + (mirror - 1) + "]", sources.get(mirror).toString());
		}
		properties.put("hooks.llm.expected-checksum", digest);
		properties.put("hooks.llm.startup.mode", "none");
		properties.put("hooks.llm.progress", "none");
		properties.put("hooks.llm.cache.directory", directory.toString());
		properties.put("hooks.llm.download.allow-insecure-http", "true");
		if (connections > 0) {
			properties.put("hooks.llm.download.connections", connections);
		}
		return new ModelUnderTest(new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
			.bannerMode(Banner.Mode.OFF)
			.registerShutdownHook(false)
			.properties(properties)
			.run());
	}

	/** Returns the model, fetching it if it is not there. */
	CachedModel get() {
		CachedModel model = this.cache.get(ID).block();
		if (model == null || !model.verified()) {
			throw new IllegalStateException("not a verified model: " + model);
		}
		return model;
	}

	/** Fetches the model. */
	void download() {
		CachedModel model = get();
		if (model.outcome() != ModelOutcome.DOWNLOADED) {
			throw new IllegalStateException("not a download: " + model);
		}
	}

	/** Reads the published file again. */
	void verify() {
		this.cache.verify(ID).block();
	}

	/** Removes the published file. */
	void evict() {
		this.cache.evict(ID).block();
	}

	@Override
	public void close() {
		this.context.close();
	}

	/**
	 * An application that has nothing but the starter.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static final class Application {

	}

}
