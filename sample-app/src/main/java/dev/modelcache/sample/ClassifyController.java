package dev.modelcache.sample;

import dev.modelcache.runtime.Classification.Outcome;
import dev.modelcache.runtime.Classification;
import dev.modelcache.runtime.ClassifierBusyException;
import dev.modelcache.runtime.LlmClassifier;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/**
 * Tells what a command does: READ, CREATE, UPDATE or DELETE. Answers 503 where the model
 * gives no answer.
 */
@RestController
@ConditionalOnBooleanProperty("hooks.llm.classifier.enabled")
class ClassifyController {

	private final LlmClassifier classifier;

	ClassifyController(LlmClassifier classifier) {
		this.classifier = classifier;
	}

	@PostMapping("/classify")
	Mono<ResponseEntity<Answer>> classify(@RequestBody String command) {
		return this.classifier.classify(command.strip()).map((classification) -> {
			boolean answered = classification.outcome() == Outcome.ANSWERED;
			return ResponseEntity.status(answered ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE)
				.body(Answer.of(classification));
		});
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
