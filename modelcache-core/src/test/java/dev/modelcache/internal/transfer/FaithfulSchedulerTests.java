package dev.modelcache.internal.transfer;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import dev.modelcache.testsupport.TrackedBuffers;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import reactor.core.Disposable;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link FaithfulScheduler}.
 */
class FaithfulSchedulerTests {

	private final ExecutorService thread = Executors.newSingleThreadExecutor();

	@AfterEach
	void stop() {
		this.thread.shutdownNow();
	}

	@Test
	void cancellationWhileTheThreadIsBusyReleasesWhatWaits() throws InterruptedException {
		TrackedBuffers buffers = new TrackedBuffers();
		CountDownLatch busy = new CountDownLatch(1);
		CountDownLatch free = new CountDownLatch(1);
		Sinks.Many<DataBuffer> body = Sinks.many().unicast().onBackpressureBuffer();
		Disposable subscription = body.asFlux()
			.hide()
			.publishOn(new FaithfulScheduler(Schedulers.fromExecutor(this.thread)), 8)
			.doOnNext(DataBufferUtils::release)
			.doOnDiscard(DataBuffer.class, DataBufferUtils::release)
			.subscribe();
		this.thread.execute(() -> {
			busy.countDown();
			try {
				free.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		});
		busy.await();
		for (int i = 0; i < 5; i++) {
			body.tryEmitNext(buffers.buffer(new byte[10])).orThrow();
		}
		subscription.dispose();
		assertThat(buffers.held()).isEqualTo(5);
		free.countDown();
		Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> buffers.held() == 0);
	}

}
