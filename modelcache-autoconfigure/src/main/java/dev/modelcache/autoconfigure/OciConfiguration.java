package dev.modelcache.autoconfigure;

import dev.modelcache.engine.EngineThreads;
import dev.modelcache.source.api.MetadataClient;
import dev.modelcache.source.oci.OciResolver;
import dev.modelcache.source.oci.OciSettings;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * Registries: Ollama's, and those of the OCI distribution specification.
 */
@Configuration(proxyBeanMethods = false)
class OciConfiguration {

	@InternalBean("dev.modelcache.source.oci.OciSettings.ORIGINAL")
	OciSettings modelCacheOciSettings(ModelCacheProperties properties, Environment environment) {
		return new OciProperties(environment).read(properties.getOci());
	}

	@InternalBean("dev.modelcache.source.oci.OciResolver.ORIGINAL")
	@ConditionalOnMissingBean
	OciResolver modelCacheOciResolver(OciSettings settings, MetadataClient client, EngineThreads threads) {
		return new OciResolver(client, settings, threads.io(), threads.timer());
	}

}
