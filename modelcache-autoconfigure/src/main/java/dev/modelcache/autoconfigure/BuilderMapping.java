/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

import dev.modelcache.CacheOptions;
import dev.modelcache.DownloadOptions;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheBuilder;
import dev.modelcache.ModelCacheEvent;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.actuate.ProgressDisplay;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.source.ModelCatalog;
import dev.modelcache.source.SourceResolver;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.retry.RetryRegistry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.StringUtils;

/**
 * Maps the properties and the beans of an application to the builder of a cache.
 */
final class BuilderMapping {

	private static final Logger logger = LoggerFactory.getLogger(ModelCacheAutoConfiguration.class);

	private final ModelCacheProperties properties;

	private final ConfigurableEnvironment environment;

	/**
	 * Creates a mapping.
	 * @param properties the properties
	 * @param environment the environment that they were bound from
	 */
	BuilderMapping(ModelCacheProperties properties, ConfigurableEnvironment environment) {
		this.properties = properties;
		this.environment = environment;
	}

	/**
	 * Returns the builder of an application.
	 * @param context the context of the application
	 * @param lockFactory the lock factory of the application, or {@code null}
	 * @param events receives the events of the cache
	 * @return the builder, which the application has customized
	 * @throws ModelConfigurationException if a value cannot be parsed
	 */
	static ModelCacheBuilder builder(ConfigurableApplicationContext context, @Nullable CacheLockFactory lockFactory,
			Consumer<ModelCacheEvent> events) {
		// Without a key that can be listed, they are not beans: JNDI does not list its
		// keys.
		ModelCacheProperties properties = context.getBeanProvider(ModelCacheProperties.class)
			.getIfAvailable(() -> Binder.get(context.getEnvironment())
				.bindOrCreate(ModelCacheProperties.PREFIX, ModelCacheProperties.class));
		UnknownKeys.warn(properties.getModels().keySet(), context.getEnvironment(), context.getBeanFactory());
		ModelCacheBuilder builder = new BuilderMapping(properties, context.getEnvironment()).map()
			.resourceLoader(context)
			.listener(events);
		// Without a registry, the cache creates its own retries and circuit breakers.
		choose(context, RetryRegistry.class).ifPresent(builder::retryRegistry);
		choose(context, CircuitBreakerRegistry.class).ifPresent(builder::circuitBreakerRegistry);
		DownloadConnectors.configure(builder, properties.getDownload(),
				choose(context, ClientHttpConnectorBuilder.class).orElseGet(ClientHttpConnectorBuilder::detect),
				choose(context, HttpClientSettings.class).orElseGet(HttpClientSettings::defaults),
				context.getBeanProvider(SslBundles.class).getIfUnique());
		if (lockFactory != null) {
			builder.lockFactory(lockFactory);
		}
		context.getBeanProvider(SourceResolver.class).orderedStream().forEach(builder::sourceResolver);
		context.getBeanProvider(ModelCatalog.class).orderedStream().forEach(builder::catalog);
		List<ProgressDisplay> own = context.getBeanProvider(ProgressDisplay.class).orderedStream().toList();
		own.forEach((display) -> builder.display(display::show));
		if (own.isEmpty()) {
			builder.display(new Progress(properties.getProgress()));
		}
		context.getBeanProvider(ModelCacheBuilderCustomizer.class)
			.orderedStream()
			.forEach((customizer) -> customizer.customize(builder));
		return builder;
	}

	/**
	 * Returns the only bean or the primary one. If there are several beans and none is
	 * primary, the default is used.
	 */
	private static <T> Optional<T> choose(BeanFactory beans, Class<T> type) {
		return choose(beans, type, "downloads of models use defaults");
	}

	/**
	 * Returns the only bean or the primary one. If there are several beans and none is
	 * primary, a warning says what follows from it.
	 */
	static <T> Optional<T> choose(BeanFactory beans, Class<T> type, String consequence) {
		ObjectProvider<T> candidates = beans.getBeanProvider(type);
		T chosen = candidates.getIfUnique();
		if (chosen == null && candidates.stream().findAny().isPresent()) {
			logger.warn("Several beans of {} exist and none is primary, so {}. Mark the one to use with @Primary",
					type.getName(), consequence);
		}
		return Optional.ofNullable(chosen);
	}

	/**
	 * Maps the properties.
	 * @return a builder
	 * @throws ModelConfigurationException if a value cannot be parsed; the builder
	 * validates most values when it builds
	 */
	ModelCacheBuilder map() {
		Placeholders.check(this.environment);
		ModelCacheProperties properties = this.properties;
		ModelCacheProperties.Startup startup = properties.getStartup();
		ModelCacheBuilder builder = ModelCache.builder()
			.configuredAs(ModelCacheProperties.PREFIX)
			.environment(this.environment::getProperty)
			.download((options) -> map(properties.getDownload(), options))
			.cache((options) -> map(properties.getCache(), options))
			.lock((options) -> options.timeout(properties.getLock().getTimeout())
				.staleAfter(properties.getLock().getStaleAfter()))
			.huggingFace((options) -> options.endpoint(properties.getHuggingface().getEndpoint())
				.token(properties.getHuggingface().getToken())
				.cacheDirectory(path("huggingface.cache-directory", properties.getHuggingface().getCacheDirectory())))
			.oci((options) -> OciProperties.read(properties.getOci()).forEach(options::registry))
			.verifyFormat(properties.getVerifyFormat())
			.allowPickle(properties.isAllowPickle())
			.offline(startup.isCheck() ? Boolean.TRUE : properties.getOffline())
			.lockFile(path("lock-file", properties.getLockFile()))
			.startupJitter(startup.getJitter())
			.retryInterval(startup.getRetryInterval())
			.refreshInterval(properties.getRefreshInterval())
			.onFirstUse(startup.getMode() == ModelCacheProperties.Startup.Mode.NONE);
		properties.getCatalog().getLocations().forEach(builder::catalog);
		new ModelRequests(properties, this.environment).read().forEach(builder::model);
		return builder;
	}

	private static void map(DownloadProperties download, DownloadOptions options) {
		options.bufferSize(download.getBufferSize())
			.models(download.getModels())
			.connections(download.getConnections())
			.segmentSize(download.getSegmentSize())
			.connectTimeout(download.getConnectTimeout())
			.tlsHandshakeTimeout(download.getTlsHandshakeTimeout())
			.responseTimeout(download.getResponseTimeout())
			.stallTimeout(download.getStallTimeout())
			.maxBandwidth(download.getMaxBandwidth())
			.giveUpAfter(download.getGiveUpAfter())
			.minSpeed(download.getMinSpeed())
			.allowInsecureHttp(download.isAllowInsecureHttp())
			.maxRedirects(download.getMaxRedirects())
			.blockPrivateRedirects(download.getBlockPrivateRedirects())
			.maxExpansion(download.getMaxExpansion())
			.proxyHost(download.getProxy().getHost())
			.proxyPort(download.getProxy().getPort())
			.proxyUsername(download.getProxy().getUsername())
			.proxyPassword(download.getProxy().getPassword())
			.noProxy(download.getProxy().getNoProxy());
		download.getHeaders().forEach(options::header);
	}

	private void map(ModelCacheProperties.Cache cache, CacheOptions options) {
		options.directory(path("cache.directory", cache.getDirectory()))
			.layout(cache.getLayout())
			.verify(cache.getVerify())
			.minFreeSpace(cache.getMinFreeSpace())
			.partialRetention(cache.getPartialRetention())
			.maxSize(cache.getMaxSize())
			.adopt(cache.isAdopt())
			.permissions(cache.getPermissions())
			.allowSharedDirectory(cache.isAllowSharedDirectory())
			.allowNonAtomic(cache.isAllowNonAtomic())
			.seal(cache.isSeal()
					|| this.properties.getStartup().getMode() == ModelCacheProperties.Startup.Mode.PREFETCH)
			.trustSeals(cache.isTrustSeals())
			.readOnlyRoots(cache.getReadOnlyRoots()
				.stream()
				.filter(StringUtils::hasText)
				.map((root) -> ModelKeys.GENERAL.path("cache.read-only-roots", root, this.environment))
				.toList());
	}

	private @Nullable Path path(String name, @Nullable String text) {
		return (text != null) ? ModelKeys.GENERAL.path(name, text, this.environment) : null;
	}

}
