package dev.modelcache.autoconfigure;

import dev.modelcache.ModelCacheOperations;
import dev.modelcache.actuate.AcquisitionMeters;
import dev.modelcache.actuate.ModelGauges;
import dev.modelcache.actuate.RuntimeMeters;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Conditional;

/**
 * {@link AutoConfiguration Auto-configuration} of the model cache's meters.
 */
@AutoConfiguration(after = ModelCacheAutoConfiguration.class,
		afterName = { "org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration",
				"org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration" })
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({ MeterRegistry.class, ModelCacheOperations.class })
@Conditional(OnConfiguration.class)
public class ModelCacheMetricsAutoConfiguration {

	@InternalBean("dev.modelcache.actuate.AcquisitionMeters.ORIGINAL")
	@ConditionalOnMissingBean
	AcquisitionMeters modelCacheAcquisitionMeters(MeterRegistry registry) {
		return new AcquisitionMeters(registry);
	}

	@InternalBean("dev.modelcache.actuate.RuntimeMeters.ORIGINAL")
	@ConditionalOnMissingBean
	RuntimeMeters modelCacheRuntimeMeters(MeterRegistry registry) {
		return new RuntimeMeters(registry);
	}

	@InternalBean("dev.modelcache.actuate.ModelGauges.ORIGINAL")
	@ConditionalOnMissingBean
	ModelGauges modelCacheGauges(ModelCacheOperations operations) {
		return new ModelGauges(operations);
	}

}
