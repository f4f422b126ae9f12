package dev.modelcache.actuate;

import dev.modelcache.ModelCacheOperations;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * The gauges that ask the cache when they are read: which models are ready, and how much
 * the cache holds.
 */
public final class ModelGauges implements MeterBinder {

	private final ModelCacheOperations operations;

	/**
	 * Creates the gauges.
	 * @param operations knows the models and the size of the cache
	 */
	public ModelGauges(ModelCacheOperations operations) {
		this.operations = operations;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		for (ModelRequest model : this.operations.models()) {
			Gauge.builder("modelcache.model.ready", this.operations, (operations) -> isReady(operations, model) ? 1 : 0)
				.description("Whether the model can be used")
				.tag("model", model.id())
				.register(registry);
		}
		Gauge.builder("modelcache.cache.size", this.operations, (operations) -> operations.usage().used().toBytes())
			.description("Bytes of all files in the directory of the cache")
			.baseUnit("bytes")
			.register(registry);
	}

	private static boolean isReady(ModelCacheOperations operations, ModelRequest model) {
		return operations.status(model.id()).state() == ModelState.READY;
	}

}
