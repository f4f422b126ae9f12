package dev.modelcache.internal.http;

import java.time.Clock;
import java.time.Duration;

import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.RetryConfig;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.util.unit.DataSize;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.scheduler.Schedulers;

/**
 * Metadata clients of tests: delays of 5 ms, plain http, and the wire of downloads.
 */
public final class MetadataClients {

	private MetadataClients() {
	}

	/** Returns a client that is as patient as a test. */
	public static MetadataClient create() {
		return create(Duration.ofSeconds(30), HttpSettings.LARGEST_ANSWER, Clock.systemUTC());
	}

	/** Returns a client with limits of its own. */
	public static MetadataClient create(Duration timeout, DataSize largestAnswer, Clock clock) {
		WebClient webClient = WebClient.builder().clientConnector(new ReactorClientHttpConnector()).build();
		MetadataRetries retries = new MetadataRetries((id, requests) -> RetryConfig.custom()
			.maxAttempts(requests)
			.intervalFunction(IntervalFunction.of(Duration.ofMillis(5)))
			.build(), clock);
		return new MetadataClient(webClient, new HttpSettings(timeout, largestAnswer, 5, true), retries,
				Schedulers.parallel(), Schedulers.boundedElastic());
	}

}
