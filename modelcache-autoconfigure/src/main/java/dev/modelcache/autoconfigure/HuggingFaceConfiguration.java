package dev.modelcache.autoconfigure;

import java.time.Clock;

import dev.modelcache.internal.acquire.EngineThreads;
import dev.modelcache.internal.http.HttpConnections;
import dev.modelcache.internal.http.MetadataClient;
import dev.modelcache.internal.http.MetadataRetries;
import dev.modelcache.internal.http.MetadataSettings;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HuggingFaceResolver;
import dev.modelcache.internal.transfer.TransferRetries;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * The Hugging Face Hub, and the client that asks it and other sources.
 */
@Configuration(proxyBeanMethods = false)
class HuggingFaceConfiguration {

	@InternalBean("dev.modelcache.internal.http.MetadataClient.ORIGINAL")
	@ConditionalOnMissingBean
	MetadataClient modelCacheMetadataClient(ModelCacheSettings settings, TransferRetries retries, EngineThreads threads,
			HttpConnections connections) {
		MetadataSettings limits = new MetadataSettings(settings.transfer().responseTimeout(),
				MetadataSettings.LARGEST_ANSWER, settings.transfer().maxRedirects(),
				settings.transfer().insecureHttpAllowed());
		return new MetadataClient(connections, limits,
				new MetadataRetries((id, requests) -> retries.forModel(id, requests).getRetryConfig(),
						Clock.systemUTC()),
				threads.timer(), threads.io());
	}

	@InternalBean("dev.modelcache.internal.source.huggingface.HubSettings.ORIGINAL")
	HubSettings modelCacheHubSettings(ModelCacheProperties properties, Environment environment) {
		HubSettings hub = new HubProperties(environment, properties.getDownload().isAllowInsecureHttp())
			.read(properties.getHuggingface());
		return new HubSettings(hub.endpoint(), hub.token(),
				new ForeignDirectories(environment).huggingFace(properties));
	}

	@InternalBean("dev.modelcache.internal.source.huggingface.HuggingFaceResolver.ORIGINAL")
	@ConditionalOnMissingBean
	HuggingFaceResolver modelCacheHuggingFaceResolver(HubSettings hub, ModelCacheSettings settings,
			MetadataClient client, EngineThreads threads) {
		return new HuggingFaceResolver(hub, settings.connection().headers(), client, threads.io());
	}

}
