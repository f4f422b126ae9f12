package dev.modelcache.actuate;

import java.util.function.LongSupplier;

import dev.modelcache.ConfiguredModels;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * The gauges that ask the cache when they are read: which models are ready, and how much
 * the cache holds.
 */
public final class ModelGauges implements MeterBinder {

	private final ModelCache cache;

	private final ConfiguredModels models;

	private final LongSupplier size;

	/**
	 * Creates the gauges.
	 * @param cache knows how far the models are
	 * @param models what is configured
	 * @param size how much the cache holds, in bytes
	 */
	public ModelGauges(ModelCache cache, ConfiguredModels models, LongSupplier size) {
		this.cache = cache;
		this.models = models;
		this.size = size;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		for (String id : this.models.ids()) {
			Gauge.builder("modelcache.model.ready", this.cache, (cache) -> isReady(cache, id) ? 1 : 0)
				.description("Whether the model can be used")
				.tag("model", id)
				.register(registry);
		}
		Gauge.builder("modelcache.cache.size", this.size, LongSupplier::getAsLong)
			.description("Bytes of all files in the directory of the cache")
			.baseUnit("bytes")
			.register(registry);
	}

	private static boolean isReady(ModelCache cache, String id) {
		ModelStatus status = cache.status(id);
		return status != null && status.state() == ModelState.READY;
	}

}
