/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.modelcache.runtime.Classification.Outcome;
import dev.modelcache.runtime.Classification;
import dev.modelcache.runtime.ClassifierBusyException;
import dev.modelcache.runtime.LlmClassifier;
import dev.modelcache.runtime.LoadedModel;
import dev.modelcache.runtime.ModelManager;
import dev.modelcache.runtime.Question;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Tells what a command does: READ, CREATE, UPDATE or DELETE. Answers 503 where the model
 * gives no answer.
 */
@RestController
@ConditionalOnBooleanProperty("hooks.llm.classifier.enabled")
class ClassifyController {

	private static final int SAMPLES = 50;

	private static final List<String> LABELS = List.of("READ", "CREATE", "UPDATE", "DELETE");

	private final LlmClassifier classifier;

	private final ModelManager models;

	private final String prompt;

	ClassifyController(LlmClassifier classifier, ModelManager models,
			@Value("${hooks.llm.classifier.prompt:}") String prompt) {
		this.classifier = classifier;
		this.models = models;
		this.prompt = prompt;
	}

	@PostMapping("/classify")
	Mono<ResponseEntity<Answer>> classify(@RequestBody String command) {
		return this.classifier.classify(command.strip()).map((classification) -> {
			boolean answered = classification.outcome() == Outcome.ANSWERED;
			return ResponseEntity.status(answered ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE)
				.body(Answer.of(classification));
		});
	}

	/**
	 * Estimates how sure the model is: the shares of the labels among answers that are
	 * drawn at temperature 1. Empty if the model is not loaded, or is asked with the
	 * default prompt.
	 */
	@PostMapping("/classify/scores")
	Mono<Map<String, Double>> scores(@RequestBody String command) {
		if (this.prompt.isEmpty()) {
			return Mono.just(Map.of());
		}
		String question = this.prompt.replace("{text}", command.strip());
		// Blocking calls have a thread of their own.
		return Mono.fromCallable(() -> this.models.use((model) -> scores(model, question)).orElse(Map.of()))
			.subscribeOn(Schedulers.boundedElastic());
	}

	private Map<String, Double> scores(LoadedModel model, String prompt) {
		Map<String, Double> scores = new LinkedHashMap<>();
		LABELS.forEach((label) -> scores.put(label, 0.0));
		for (int seed = 1; seed <= SAMPLES; seed++) {
			scores.merge(model.answer(new Question(prompt, LABELS, 1, seed), () -> false), 1.0 / SAMPLES, Double::sum);
		}
		return scores;
	}

	@ExceptionHandler
	ResponseEntity<String> busy(ClassifierBusyException ex) {
		return ResponseEntity.status(HttpStatus.TOO_MANY_REQUESTS).body(ex.getMessage());
	}

	/**
	 * An answer as JSON.
	 *
	 * @param label what the command does
	 * @param outcome whether the model said it
	 * @param milliseconds how long it took
	 */
	record Answer(String label, Outcome outcome, double milliseconds) {

		static Answer of(Classification classification) {
			return new Answer(classification.label(), classification.outcome(),
					classification.latency().toNanos() / 1_000 / 1_000.0);
		}

	}

}
