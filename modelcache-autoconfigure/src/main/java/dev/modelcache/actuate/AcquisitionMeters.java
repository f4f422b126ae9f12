package dev.modelcache.actuate;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.AcquisitionObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;

/**
 * The meters of the work behind acquisitions. Their tags are bounded: a model that the
 * configuration does not name counts as {@value #OTHER}, and no tag holds a URL or a
 * path.
 */
public final class AcquisitionMeters implements AcquisitionObserver {

	/** The value of the tag {@code model} for models that are not configured. */
	public static final String OTHER = "other";

	private volatile Set<String> models = Set.of();

	private final MeterRegistry registry;

	private final AtomicInteger active = new AtomicInteger();

	/** Kept, as bytes are counted with every write. */
	private final Map<Tags, Counter> bytes = new ConcurrentHashMap<>();

	/**
	 * Creates the meters.
	 * @param registry where the meters are registered
	 */
	public AcquisitionMeters(MeterRegistry registry) {
		this.registry = registry;
		registry.gauge("modelcache.download.active", this.active);
	}

	@Override
	public void configured(Set<String> modelIds) {
		this.models = Set.copyOf(modelIds);
	}

	@Override
	public void transferStarted(String modelId) {
		this.active.incrementAndGet();
	}

	@Override
	public void transferEnded(String modelId) {
		this.active.decrementAndGet();
	}

	@Override
	public void bytesWritten(String modelId, String host, long count) {
		this.bytes
			.computeIfAbsent(Tags.of(model(modelId), Tag.of("host", host)),
					(tags) -> Counter.builder("modelcache.download.bytes")
						.description("Bytes of model files that reached the disk")
						.baseUnit("bytes")
						.tags(tags)
						.register(this.registry))
			.increment(count);
	}

	@Override
	public void retried(String modelId, String reason) {
		this.registry.counter("modelcache.download.retries", Tags.of(model(modelId), Tag.of("reason", reason)))
			.increment();
	}

	@Override
	public void verified(boolean matched, Duration elapsed) {
		this.registry.timer("modelcache.verifications", "result", matched ? "match" : "mismatch").record(elapsed);
	}

	@Override
	public void lockWaited(Duration waited) {
		this.registry.timer("modelcache.lock.wait").record(waited);
	}

	@Override
	public void ended(String modelId, String outcome, Duration elapsed) {
		this.registry.timer("modelcache.acquisitions", Tags.of(model(modelId), Tag.of("outcome", outcome)))
			.record(elapsed);
	}

	private Tag model(String modelId) {
		return Tag.of("model", this.models.contains(modelId) ? modelId : OTHER);
	}

}
