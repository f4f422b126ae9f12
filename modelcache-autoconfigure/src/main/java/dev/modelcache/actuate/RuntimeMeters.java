package dev.modelcache.actuate;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.RuntimeObserver;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * The meters of models in use. Their tags are bounded: a label is one of those that are
 * configured, and a model one that is loaded.
 */
public final class RuntimeMeters implements RuntimeObserver {

	private final MeterRegistry registry;

	private final AtomicInteger active = new AtomicInteger();

	/**
	 * Creates the meters.
	 * @param registry where the meters are registered
	 */
	public RuntimeMeters(MeterRegistry registry) {
		this.registry = registry;
		registry.gauge("modelcache.classifications.active", this.active);
	}

	@Override
	public void loaded(String modelId, boolean succeeded, Duration elapsed) {
		this.registry.timer("modelcache.model.loads", "model", modelId, "outcome", succeeded ? "loaded" : "failed")
			.record(elapsed);
	}

	@Override
	public void classificationStarted() {
		this.active.incrementAndGet();
	}

	@Override
	public void classificationEnded(String label, String outcome, Duration elapsed) {
		this.active.decrementAndGet();
		this.registry.timer("modelcache.classifications", "label", label, "outcome", outcome).record(elapsed);
	}

}
