package dev.modelcache.autoconfigure;

import java.time.Clock;

import dev.modelcache.BackgroundAttempts;
import dev.modelcache.ConfiguredModels;
import dev.modelcache.ModelCache;
import dev.modelcache.actuate.CacheUsage;
import dev.modelcache.actuate.ModelCacheEndpoint;
import dev.modelcache.actuate.ModelOperations;
import dev.modelcache.actuate.TransferHistory;
import dev.modelcache.internal.store.ModelStore;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;

/**
 * {@link AutoConfiguration Auto-configuration} of the endpoint {@code modelcache}.
 */
@AutoConfiguration(after = ModelCacheAutoConfiguration.class)
@ConditionalOnClass({ WebEndpoint.class, ConditionalOnAvailableEndpoint.class })
@ConditionalOnBean({ ModelCache.class, BackgroundAttempts.class })
public class ModelCacheEndpointAutoConfiguration {

	@InternalBean("dev.modelcache.actuate.TransferHistory.ORIGINAL")
	@ConditionalOnMissingBean
	@ConditionalOnAvailableEndpoint(ModelCacheEndpoint.class)
	TransferHistory modelCacheTransferHistory(ConfiguredModels configuredModels) {
		return new TransferHistory(configuredModels, Clock.systemUTC());
	}

	@InternalBean("dev.modelcache.actuate.ModelCacheEndpoint.ORIGINAL")
	@ConditionalOnMissingBean
	@ConditionalOnAvailableEndpoint
	ModelCacheEndpoint modelCacheEndpoint(ModelCache modelCache, ConfiguredModels configuredModels,
			TransferHistory history, BackgroundAttempts attempts, ModelStore store) {
		ModelOperations operations = new ModelOperations(modelCache, attempts, BlockingBridge::await);
		return new ModelCacheEndpoint(modelCache, configuredModels, history, operations,
				() -> new CacheUsage(store.directory(), store.used(), store.free()));
	}

}
