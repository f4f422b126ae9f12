package dev.modelcache.autoconfigure;

import java.time.Clock;

import dev.modelcache.ModelCacheOperations;
import dev.modelcache.actuate.ModelCacheEndpoint;
import dev.modelcache.actuate.TransferHistory;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Lazy;

/**
 * {@link AutoConfiguration Auto-configuration} of the endpoint {@code modelcache}.
 */
@AutoConfiguration(after = ModelCacheAutoConfiguration.class)
@ConditionalOnClass({ WebEndpoint.class, ConditionalOnAvailableEndpoint.class })
@ConditionalOnBean(ModelCacheOperations.class)
public class ModelCacheEndpointAutoConfiguration {

	@InternalBean("dev.modelcache.actuate.TransferHistory.ORIGINAL")
	@ConditionalOnMissingBean
	@ConditionalOnAvailableEndpoint(ModelCacheEndpoint.class)
	TransferHistory modelCacheTransferHistory() {
		return new TransferHistory(Clock.systemUTC());
	}

	@InternalBean("dev.modelcache.actuate.ModelCacheEndpoint.ORIGINAL")
	@ConditionalOnMissingBean
	@ConditionalOnAvailableEndpoint
	ModelCacheEndpoint modelCacheEndpoint(@Lazy ModelCacheOperations operations, TransferHistory history) {
		return new ModelCacheEndpoint(operations, history, BlockingBridge::await);
	}

}
