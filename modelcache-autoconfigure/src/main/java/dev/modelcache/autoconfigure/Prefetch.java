/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCacheOperations;
import dev.modelcache.ModelRequest;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Fetches the models of an application, or checks that they are there, and ends the
 * process. It runs while the application context is refreshed, before the beans of the
 * application are created: it needs neither the application's database nor its ports.
 * Only the cache is created, and what the application has to do with it, such as its
 * sources and customizers.
 */
final class Prefetch
		implements ApplicationContextInitializer<ConfigurableApplicationContext>, ApplicationListener<Prefetch.Event> {

	private static final int SHORT_DIGEST = "sha256:".length() + 12;

	private final boolean check;

	private final PrintStream out;

	private final IntConsumer exit;

	/**
	 * Creates it.
	 * @param check whether only to check that the models are on this machine
	 * @param out prints the table
	 * @param exit ends the process
	 */
	Prefetch(boolean check, PrintStream out, IntConsumer exit) {
		this.check = check;
		this.out = out;
		this.exit = exit;
	}

	/** An event that is published this early is handled just before beans are created. */
	@Override
	public void initialize(ConfigurableApplicationContext context) {
		context.addApplicationListener(this);
		context.addBeanFactoryPostProcessor((beans) -> context.publishEvent(new Event(context)));
	}

	@Override
	public void onApplicationEvent(Event event) {
		ConfigurableApplicationContext context = event.context();
		if (context.getBeanNamesForType(ModelCacheOperations.class, true, false).length == 0) {
			endIfDisabled(context);
			return;
		}
		List<ModelRequest> models = context.getBean(ModelCacheOperations.class).models();
		ModelCache cache = context.getBean(ModelCache.class);
		List<Result> results = await(
				Flux.fromIterable(models).flatMapSequential((request) -> get(cache, request)).collectList());
		if (results == null) {
			this.out.println("The process was ended before its models were " + (this.check ? "checked" : "fetched")
					+ ". The next run continues");
			this.out.flush();
			// It ends the refresh, which the process waits for, and need not be printed.
			Thread.currentThread().setUncaughtExceptionHandler((thread, ended) -> {
			});
			throw new SpringApplication.AbandonedRunException(context);
		}
		print(results);
		List<ModelCacheException> failures = results.stream()
			.filter((result) -> result.request().required())
			.map(Result::failure)
			.flatMap(Stream::ofNullable)
			.toList();
		if (!failures.isEmpty()) {
			throw new PrefetchFailedException(this.check, failures);
		}
		context.close();
		this.exit.accept(0);
	}

	/** Returns null if the process is terminated meanwhile. */
	private static <T> @Nullable T await(Mono<T> results) {
		CompletableFuture<Void> terminated = new CompletableFuture<>();
		Thread hook = new Thread(() -> terminated.complete(null), "modelcache-prefetch-end");
		Runtime.getRuntime().addShutdownHook(hook);
		try {
			return BlockingBridge.awaitInRefresh(results.takeUntilOther(Mono.fromFuture(terminated)));
		}
		finally {
			if (!terminated.isDone()) {
				Runtime.getRuntime().removeShutdownHook(hook);
			}
		}
	}

	/** Another application of the process, such as a parent, may only have no cache. */
	private void endIfDisabled(ConfigurableApplicationContext context) {
		String key = ModelCacheProperties.PREFIX + ".enabled";
		if (!context.getEnvironment().getProperty(key, Boolean.class, true)) {
			this.out.println("Nothing was " + (this.check ? "checked" : "fetched") + ", because " + key + " is false");
			this.out.flush();
			context.close();
			this.exit.accept(0);
		}
	}

	private static Mono<Result> get(ModelCache cache, ModelRequest request) {
		return Mono.justOrEmpty(cache.get(request.id()))
			.flatMap((model) -> model)
			.map((model) -> new Result(request, model, null, Duration.ZERO))
			.onErrorResume(ModelCacheException.class,
					(failure) -> Mono.just(new Result(request, null, failure, Duration.ZERO)))
			.timed()
			.map((result) -> result.get().after(result.elapsedSinceSubscription()));
	}

	private void print(List<Result> results) {
		if (results.isEmpty()) {
			this.out.println("No model is configured");
			return;
		}
		List<List<String>> rows = new ArrayList<>();
		rows.add(List.of("MODEL", "BYTES", "DIGEST", "OUTCOME", "SECONDS", "PATH"));
		results.forEach((result) -> rows.add(row(result)));
		int[] widths = new int[6];
		rows.forEach((row) -> {
			for (int i = 0; i < widths.length; i++) {
				widths[i] = Math.max(widths[i], row.get(i).length());
			}
		});
		StringBuilder table = new StringBuilder();
		for (List<String> row : rows) {
			StringBuilder line = new StringBuilder();
			for (int i = 0; i < widths.length; i++) {
				boolean number = i == 1 || i == 4;
				line.append(String.format(Locale.ROOT, "%" + (number ? "" : "-") + widths[i] + "s  ", row.get(i)));
			}
			table.append(line.toString().stripTrailing()).append(System.lineSeparator());
		}
		this.out.print(table);
		this.out.flush();
	}

	private List<String> row(Result result) {
		String seconds = String.format(Locale.ROOT, "%.1f", result.elapsed().toMillis() / 1e3);
		CachedModel model = result.model();
		if (model == null) {
			ModelCacheException failure = result.failure();
			String code = (failure != null) ? failure.code().name() : "UNKNOWN";
			String outcome = (this.check && code.equals(ModelCacheException.ErrorCode.OFFLINE.name())) ? "MISSING"
					: "FAILED (" + code + ")";
			return List.of(result.request().id(), "-", "-", outcome, seconds, "-");
		}
		String digest = model.digest().toString();
		return List.of(result.request().id(), Long.toString(model.size()),
				digest.substring(0, Math.min(digest.length(), SHORT_DIGEST)),
				model.outcome() + (model.verified() ? "" : " (unverified)"), seconds, model.path().toString());
	}

	/** The beans of the application are about to be created. */
	static final class Event extends ApplicationEvent {

		Event(ConfigurableApplicationContext context) {
			super(context);
		}

		ConfigurableApplicationContext context() {
			return (ConfigurableApplicationContext) getSource();
		}

	}

	/**
	 * What came of a model.
	 *
	 * @param request the model
	 * @param model the model, or {@code null}
	 * @param failure why it could not be had, or {@code null}
	 * @param elapsed how long that took
	 */
	private record Result(ModelRequest request, @Nullable CachedModel model, @Nullable ModelCacheException failure,
			Duration elapsed) {

		Result after(Duration time) {
			return new Result(this.request, this.model, this.failure, time);
		}

	}

}
