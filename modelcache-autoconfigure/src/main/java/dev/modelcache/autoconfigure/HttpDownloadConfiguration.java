package dev.modelcache.autoconfigure;

import java.time.Clock;

import dev.modelcache.engine.EngineThreads;
import dev.modelcache.transfer.MirrorCircuitBreakers;
import dev.modelcache.transfer.file.FileRangeClient;
import dev.modelcache.transfer.http.HttpRangeClient;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * The wires of downloads.
 */
@Configuration(proxyBeanMethods = false)
class HttpDownloadConfiguration {

	@Bean
	@ConditionalOnMissingBean
	MirrorCircuitBreakers modelCacheCircuitBreakers(ObjectProvider<CircuitBreakerRegistry> registry) {
		return new MirrorCircuitBreakers(registry.getIfAvailable(CircuitBreakerRegistry::ofDefaults));
	}

	@Bean
	@ConditionalOnMissingBean
	HttpRangeClient modelCacheHttpRangeClient(ModelCacheSettings settings, MirrorCircuitBreakers breakers,
			EngineThreads threads, ObjectProvider<ClientHttpConnectorBuilder<?>> connectors,
			DownloadConnection connection) {
		WebClient webClient = connection.webClient(connectors.getIfAvailable(ClientHttpConnectorBuilder::detect));
		return new HttpRangeClient(webClient, breakers, settings.transfer(), threads.timer(), threads.io(),
				Clock.systemUTC());
	}

	@Bean
	@ConditionalOnMissingBean
	FileRangeClient modelCacheFileRangeClient(EngineThreads threads) {
		return new FileRangeClient(threads.io());
	}

	@Bean
	DownloadConnection modelCacheConnection(ModelCacheSettings settings, ObjectProvider<HttpClientSettings> base,
			ObjectProvider<SslBundles> bundles) {
		return (connector) -> DownloadWebClient.create(connector, base.getIfAvailable(HttpClientSettings::defaults),
				settings.connection(), bundles.getIfAvailable());
	}

	/**
	 * Makes the WebClient of downloads.
	 */
	interface DownloadConnection {

		WebClient webClient(ClientHttpConnectorBuilder<?> connector);

	}

}
