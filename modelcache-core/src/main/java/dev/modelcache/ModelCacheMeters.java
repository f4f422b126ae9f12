/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.config.MeterFilter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.util.unit.DataSize;
import dev.modelcache.internal.acquire.AcquisitionObserver;

/**
 * Micrometer meters of a cache. The number of tag values is bounded: models that are not
 * configured are counted as {@value #OTHER}, and no tag contains a URL or a path.
 */
public final class ModelCacheMeters {

	/** Value of the {@code model} tag for models that are not configured. */
	public static final String OTHER = "other";

	private static final Logger logger = LoggerFactory.getLogger(ModelCacheMeters.class);

	private final MeterRegistry registry;

	/**
	 * Creates the meters.
	 * @param registry the registry for the meters
	 */
	public ModelCacheMeters(MeterRegistry registry) {
		this.registry = registry;
	}

	/**
	 * Returns a filter that adds descriptions to the meters that Micrometer registers for
	 * {@link ModelCacheObservations}. It has to be configured before they are registered.
	 * @return the filter
	 */
	public static MeterFilter descriptions() {
		return new MeterFilter() {
			@Override
			public Meter.Id map(Meter.Id id) {
				String description = switch (id.getName()) {
					case "modelcache.acquisition" -> "Acquisitions of models that were observed";
					case "modelcache.acquisition.active" -> "Acquisitions of models that are running";
					case "modelcache.acquisition.step" -> "Steps of acquisitions of models";
					case "modelcache.acquisition.step.active" -> "Steps of acquisitions of models that are running";
					default -> null;
				};
				return (description == null || id.getDescription() != null) ? id : new Meter.Id(id.getName(),
						Tags.of(id.getTagsAsIterable()), id.getBaseUnit(), description, id.getType());
			}
		};
	}

	/**
	 * Adds the meters to a builder.
	 * @param builder the builder
	 */
	public void bindTo(ModelCacheBuilder builder) {
		builder.observer(new Work(this.registry));
		builder.whenOperated((operations) -> {
			try {
				register(operations);
			}
			catch (RuntimeException ex) {
				// A registry behind a proxy of the application, for example.
				logger.warn("The gauges of the model cache cannot be registered", ex);
			}
		});
	}

	/** Registers the gauges, which query the cache when they are read. */
	void register(ModelCacheView view) {
		for (ModelRequest model : view.models()) {
			Gauge
				.builder("modelcache.model.ready", view,
						(source) -> (source.status(model.id()).state() == ModelState.READY) ? 1 : 0)
				.description("Whether the model can be used: 1 or 0")
				.tag("model", model.id())
				.register(this.registry);
			Gauge.builder("modelcache.download.progress", view, (source) -> progress(source, model.id(), false))
				.description("Bytes of the model on disk while it is being downloaded; no value otherwise")
				.baseUnit("bytes")
				.tag("model", model.id())
				.register(this.registry);
			Gauge.builder("modelcache.download.total", view, (source) -> progress(source, model.id(), true))
				.description("Size of the model while it is being downloaded; no value otherwise")
				.baseUnit("bytes")
				.tag("model", model.id())
				.register(this.registry);
		}
		Gauge.builder("modelcache.cache.size", view, (source) -> bytes(source.usage().used()))
			.description("Total size of the files in the cache directory")
			.baseUnit("bytes")
			.register(this.registry);
	}

	private static double bytes(@Nullable DataSize size) {
		return (size != null) ? size.toBytes() : Double.NaN;
	}

	private static double progress(ModelCacheView view, String id, boolean total) {
		ModelStatus status = view.status(id);
		TransferProgress progress = (status.state() == ModelState.DOWNLOADING) ? status.progress() : null;
		Long bytes = (progress == null) ? null : total ? progress.totalBytes() : (Long) progress.bytes();
		return (bytes != null) ? bytes : Double.NaN;
	}

	/**
	 * Meters of acquisitions.
	 */
	static final class Work implements AcquisitionObserver {

		private volatile Set<String> models = Set.of();

		private final MeterRegistry registry;

		private final AtomicInteger active = new AtomicInteger();

		/** Cached because bytes are counted with every write. */
		private final Map<Tags, Counter> bytes = new ConcurrentHashMap<>();

		Work(MeterRegistry registry) {
			this.registry = registry;
			// From the start, so that a rule sees the first one as an increase.
			verifications(true);
			verifications(false);
			Gauge.builder("modelcache.download.active", this.active, AtomicInteger::get)
				.description("Number of models that are being downloaded")
				.register(registry);
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
				.computeIfAbsent(Tags.of(model(modelId), Tag.of("host", isConfigured(modelId) ? host : OTHER)),
						(tags) -> Counter.builder("modelcache.download.bytes")
							.description("Bytes of model files that were written to disk")
							.baseUnit("bytes")
							.tags(tags)
							.register(this.registry))
				.increment(count);
		}

		@Override
		public void retried(String modelId, String reason) {
			Counter.builder("modelcache.download.retries")
				.description("Number of requests and whole-file downloads that were repeated")
				.tags(Tags.of(model(modelId), Tag.of("reason", reason)))
				.register(this.registry)
				.increment();
		}

		@Override
		public void verified(boolean matched, Duration elapsed) {
			verifications(matched).record(elapsed);
		}

		private Timer verifications(boolean matched) {
			return Timer.builder("modelcache.verifications")
				.description("Verifications of a file against its expected digest, without the time of its transfer")
				.tag("result", matched ? "match" : "mismatch")
				.register(this.registry);
		}

		@Override
		public void lockWaited(Duration waited) {
			Timer.builder("modelcache.lock.wait")
				.description("Time spent waiting for the lock of a model")
				.register(this.registry)
				.record(waited);
		}

		@Override
		public void ended(String modelId, String outcome, Duration elapsed) {
			Timer.builder("modelcache.acquisitions")
				.description("Acquisitions of models by outcome")
				.tags(Tags.of(model(modelId), Tag.of("outcome", outcome)))
				.register(this.registry)
				.record(elapsed);
		}

		private Tag model(String modelId) {
			return Tag.of("model", isConfigured(modelId) ? modelId : OTHER);
		}

		/** Requests may name any number of other models and hosts. */
		private boolean isConfigured(String modelId) {
			return this.models.contains(modelId);
		}

	}

}
