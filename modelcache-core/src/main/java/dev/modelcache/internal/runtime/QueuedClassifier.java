/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.runtime;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.modelcache.runtime.Classification.Outcome;
import dev.modelcache.runtime.Classification;
import dev.modelcache.runtime.ClassificationException;
import dev.modelcache.runtime.ClassifierBusyException;
import dev.modelcache.runtime.LlmClassifier;
import dev.modelcache.runtime.ModelManager;
import dev.modelcache.runtime.Question;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Asks the model for one label after the other, on a thread of its own. The answer of a
 * time-out comes from the timer, so that a slow model delays no caller; texts whose
 * callers have left leave the queue.
 */
public final class QueuedClassifier implements LlmClassifier {

	private static final Logger logger = LoggerFactory.getLogger(QueuedClassifier.class);

	private final ModelManager models;

	private final ClassifierSettings settings;

	private final RuntimeObserver observer;

	private final Scheduler timer;

	private final Clock clock;

	private final ThreadPoolExecutor worker;

	private final AtomicBoolean asked = new AtomicBoolean();

	/**
	 * Creates a classifier.
	 * @param models the model that is asked
	 * @param settings what it is asked
	 * @param observer hears about each classification
	 * @param timer where time-outs run and subscribers hear the answers
	 * @param clock tells the time
	 */
	public QueuedClassifier(ModelManager models, ClassifierSettings settings, RuntimeObserver observer, Scheduler timer,
			Clock clock) {
		this.models = models;
		this.settings = settings;
		this.observer = observer;
		this.timer = timer;
		this.clock = clock;
		this.worker = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS,
				new ArrayBlockingQueue<>(settings.queueCapacity()), (task) -> {
					Thread thread = new Thread(task, "modelcache-classifier");
					thread.setDaemon(true);
					return thread;
				});
	}

	private void load() {
		this.models.loadModel().subscribe((none) -> {
		}, (failure) -> logger.warn("Texts are classified as {} until the model is loaded: {}",
				this.settings.labelWhenUnavailable(), failure.getMessage()));
	}

	@Override
	public Mono<Classification> classify(String text) {
		return Mono.defer(() -> Mono.fromFuture(submit(text))).publishOn(this.timer);
	}

	@Override
	public Classification classifyBlocking(String text) {
		if (Schedulers.isInNonBlockingThread()) {
			throw new IllegalStateException("classifyBlocking() blocks, which " + Thread.currentThread().getName()
					+ " must not. Use classify().");
		}
		CompletableFuture<Classification> answer = submit(text);
		try {
			return answer.get();
		}
		catch (InterruptedException ex) {
			answer.cancel(false);
			Thread.currentThread().interrupt();
			throw new ClassificationException("the thread was interrupted while waiting for the model",
					"Classify the text again if the answer is still needed", ex);
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof RuntimeException failure) {
				throw failure;
			}
			throw new IllegalStateException(ex.getCause());
		}
	}

	private CompletableFuture<Classification> submit(String text) {
		Job job = new Job(text);
		this.observer.classificationStarted();
		if (!this.models.isLoaded()) {
			if (this.asked.compareAndSet(false, true)) {
				load();
			}
			job.end(Outcome.UNAVAILABLE);
		}
		else {
			start(job);
		}
		return job.answer;
	}

	private void start(Job job) {
		Disposable timeout = this.timer.schedule(() -> job.end(Outcome.TIMED_OUT), this.settings.timeout().toMillis(),
				TimeUnit.MILLISECONDS);
		job.answer.whenComplete((classification, failure) -> {
			timeout.dispose();
			this.worker.remove(job);
		});
		try {
			this.worker.execute(job);
		}
		catch (RejectedExecutionException ex) {
			job.answer.completeExceptionally(this.worker.isShutdown() ? closing(ex)
					: new ClassifierBusyException(this.settings.queueCapacity()));
		}
	}

	private static ClassificationException closing(RejectedExecutionException cause) {
		return new ClassificationException("the application is closing", "Start the application again", cause);
	}

	@Override
	public void close() {
		this.worker.shutdown();
		List<Runnable> waiting = new ArrayList<>();
		this.worker.getQueue().drainTo(waiting);
		waiting.forEach((task) -> ((Job) task).end(Outcome.UNAVAILABLE));
	}

	/**
	 * A text and its answer, which ends the job as soon as there is one.
	 */
	private final class Job implements Runnable {

		private final String text;

		private final Instant start = QueuedClassifier.this.clock.instant();

		private final CompletableFuture<Classification> answer = new CompletableFuture<>();

		Job(String text) {
			this.text = text;
			this.answer.whenComplete(this::observe);
		}

		@Override
		public void run() {
			if (this.answer.isDone()) {
				return;
			}
			try {
				Question question = QueuedClassifier.this.settings.question(this.text);
				QueuedClassifier.this.models.use((model) -> model.answer(question, this.answer::isDone))
					.ifPresentOrElse((label) -> end(label, Outcome.ANSWERED), () -> end(Outcome.UNAVAILABLE));
			}
			catch (RuntimeException | Error ex) {
				this.answer.completeExceptionally(ex);
			}
		}

		void end(Outcome outcome) {
			end(QueuedClassifier.this.settings.labelWhenUnavailable(), outcome);
		}

		private void end(String label, Outcome outcome) {
			this.answer.complete(Classification.of(label, outcome, elapsed()));
		}

		private Duration elapsed() {
			return Duration.between(this.start, QueuedClassifier.this.clock.instant());
		}

		private void observe(@Nullable Classification classification, @Nullable Throwable failure) {
			RuntimeObserver observer = QueuedClassifier.this.observer;
			if (classification != null) {
				observer.classificationEnded(classification.label(),
						classification.outcome().name().toLowerCase(Locale.ROOT), classification.latency());
			}
			else {
				observer.classificationEnded("none", outcome(failure), elapsed());
			}
		}

		private static String outcome(@Nullable Throwable failure) {
			if (failure instanceof CancellationException) {
				return "cancelled";
			}
			return (failure instanceof ClassifierBusyException) ? "rejected" : "failed";
		}

	}

}
