/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;

import dev.modelcache.CacheOptions;
import dev.modelcache.DownloadOptions;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheBuilder;
import dev.modelcache.ModelConfigurationException;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.StringUtils;

/**
 * Maps the properties to the builder of a cache.
 */
final class BuilderMapping {

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
			.retryInterval(startup.getRetryInterval())
			.refreshInterval(properties.getRefreshInterval())
			.onFirstUse(startup.getMode() == ModelCacheProperties.Startup.Mode.NONE);
		properties.getCatalog().getLocations().forEach(builder::catalog);
		new ModelRequests(properties, this.environment).read().forEach(builder::model);
		return builder;
	}

	private static void map(DownloadProperties download, DownloadOptions options) {
		options.bufferSize(download.getBufferSize())
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
