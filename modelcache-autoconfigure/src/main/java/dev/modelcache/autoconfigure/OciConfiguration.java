package dev.modelcache.autoconfigure;

import dev.modelcache.internal.acquire.EngineThreads;
import dev.modelcache.internal.http.MetadataClient;
import dev.modelcache.internal.source.oci.OciResolver;
import dev.modelcache.internal.source.oci.OciSettings;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * Registries: Ollama's, and those of the OCI distribution specification.
 */
@Configuration(proxyBeanMethods = false)
class OciConfiguration {

	@InternalBean("dev.modelcache.internal.source.oci.OciSettings.ORIGINAL")
	OciSettings modelCacheOciSettings(ModelCacheProperties properties, Environment environment) {
		return new OciProperties(environment).read(properties.getOci());
	}

	@InternalBean("dev.modelcache.internal.source.oci.OciResolver.ORIGINAL")
	@ConditionalOnMissingBean
	OciResolver modelCacheOciResolver(OciSettings settings, MetadataClient client, EngineThreads threads) {
		return new OciResolver(client, settings, threads.io(), threads.timer());
	}

}
