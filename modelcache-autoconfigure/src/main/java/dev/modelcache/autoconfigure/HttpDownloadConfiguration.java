package dev.modelcache.autoconfigure;

import java.time.Clock;

import dev.modelcache.internal.acquire.EngineThreads;
import dev.modelcache.internal.http.HttpConnections;
import dev.modelcache.internal.transfer.MirrorCircuitBreakers;
import dev.modelcache.internal.transfer.file.FileRangeClient;
import dev.modelcache.internal.transfer.http.HttpRangeClient;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Configuration;

/**
 * The wires of downloads.
 */
@Configuration(proxyBeanMethods = false)
class HttpDownloadConfiguration {

	@InternalBean("dev.modelcache.internal.transfer.MirrorCircuitBreakers.ORIGINAL")
	@ConditionalOnMissingBean
	MirrorCircuitBreakers modelCacheCircuitBreakers(ObjectProvider<CircuitBreakerRegistry> registry) {
		return new MirrorCircuitBreakers(
				Candidates.choose(registry, CircuitBreakerRegistry.class, CircuitBreakerRegistry::ofDefaults));
	}

	@InternalBean("dev.modelcache.internal.transfer.http.HttpRangeClient.ORIGINAL")
	@ConditionalOnMissingBean
	HttpRangeClient modelCacheHttpRangeClient(ModelCacheSettings settings, MirrorCircuitBreakers breakers,
			EngineThreads threads, HttpConnections connections) {
		return new HttpRangeClient(connections, breakers, settings.transfer(), threads.timer(), threads.io(),
				Clock.systemUTC());
	}

	@InternalBean("dev.modelcache.internal.transfer.file.FileRangeClient.ORIGINAL")
	@ConditionalOnMissingBean
	FileRangeClient modelCacheFileRangeClient(EngineThreads threads) {
		return new FileRangeClient(threads.io());
	}

	@InternalBean("dev.modelcache.internal.http.HttpConnections.ORIGINAL")
	HttpConnections modelCacheConnections(ModelCacheSettings settings, ModelCacheProperties properties,
			ObjectProvider<ClientHttpConnectorBuilder<?>> connectors, ObjectProvider<HttpClientSettings> base,
			ObjectProvider<SslBundles> bundles) {
		ClientHttpConnectorBuilder<?> connector = Candidates.choose(connectors, ClientHttpConnectorBuilder.class,
				ClientHttpConnectorBuilder::detect);
		Boolean blocked = properties.getDownload().getBlockPrivateRedirects();
		HttpClientSettings defaults = Candidates.choose(base, HttpClientSettings.class, HttpClientSettings::defaults);
		return DownloadWebClient.create(connector, defaults, settings.connection(), blocked, bundles.getIfUnique());
	}

}
