/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

import dev.modelcache.CacheOptions;
import dev.modelcache.DownloadOptions;
import dev.modelcache.HuggingFaceOptions;
import dev.modelcache.LockOptions;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheBuilder;
import dev.modelcache.ModelCacheOperations;
import dev.modelcache.OciOptions;
import dev.modelcache.internal.acquire.ConfiguredModels;
import dev.modelcache.runtime.LlmClassifierBuilder;
import dev.modelcache.runtime.ModelManager;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.mock.env.MockEnvironment;

import static org.mockito.Mockito.mock;

/**
 * The configuration of a test, bound as an application binds it. Nothing of the machine
 * that runs the test is in it; the home directory is that of temporary files.
 */
final class BoundConfiguration {

	private static final String HOME = "home";

	private final MockEnvironment environment = new MockEnvironment();

	private BoundConfiguration() {
		this.environment.getPropertySources()
			.addLast(new MapPropertySource(HOME, Map.of("user.home", System.getProperty("java.io.tmpdir"))));
	}

	private void add(PropertySource<?> source) {
		this.environment.getPropertySources().addBefore(HOME, source);
	}

	/**
	 * Creates a configuration.
	 * @param properties {@code key=value} each
	 */
	static BoundConfiguration of(String... properties) {
		BoundConfiguration configuration = new BoundConfiguration();
		Map<String, Object> inOrder = new LinkedHashMap<>();
		for (String property : properties) {
			int end = property.indexOf('=');
			inOrder.put(property.substring(0, end), property.substring(end + 1));
		}
		configuration.add(new MapPropertySource("test", inOrder));
		return configuration;
	}

	static BoundConfiguration ofYaml(String yaml) throws IOException {
		BoundConfiguration configuration = new BoundConfiguration();
		new YamlPropertySourceLoader().load("yaml", new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8)))
			.forEach(configuration::add);
		return configuration;
	}

	BoundConfiguration withVariables(Map<String, Object> variables) {
		this.environment.getPropertySources()
			.addFirst(new SystemEnvironmentPropertySource("systemEnvironment", variables));
		return this;
	}

	ModelCacheProperties properties() {
		return Binder.get(this.environment)
			.bind(ModelCacheProperties.PREFIX, ModelCacheProperties.class)
			.orElseGet(ModelCacheProperties::new);
	}

	ModelCacheBuilder builder() {
		return new BuilderMapping(properties(), this.environment).map();
	}

	/** Checks the whole configuration, and returns its models. */
	ConfiguredModels models() {
		try (ModelCacheOperations operations = builder().operations(mock(ModelCache.class))) {
			return new ConfiguredModels(operations.models());
		}
	}

	DownloadOptions download() {
		AtomicReference<DownloadOptions> options = new AtomicReference<>();
		builder().download(options::set);
		return options.get();
	}

	CacheOptions cache() {
		AtomicReference<CacheOptions> options = new AtomicReference<>();
		builder().cache(options::set);
		return options.get();
	}

	LockOptions lock() {
		AtomicReference<LockOptions> options = new AtomicReference<>();
		builder().lock(options::set);
		return options.get();
	}

	HuggingFaceOptions huggingFace() {
		AtomicReference<HuggingFaceOptions> options = new AtomicReference<>();
		builder().huggingFace(options::set);
		return options.get();
	}

	Map<String, OciOptions.Registry> registries() {
		AtomicReference<OciOptions> options = new AtomicReference<>();
		builder().oci(options::set);
		return options.get().registries();
	}

	LlmClassifierBuilder classifier() {
		return ModelRuntimeAutoConfiguration.classifier(mock(ModelManager.class), properties());
	}

}
