/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelCacheEvent;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelState;
import dev.modelcache.internal.acquire.AcquisitionMonitor.FileProgress;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.source.Mirror;
import dev.modelcache.testsupport.ManualClock;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AcquisitionMonitor}.
 */
class AcquisitionMonitorTests {

	private final StatusBoard board = new StatusBoard(Set.of("m"), Runnable::run);

	private final List<ModelCacheEvent> events = new ArrayList<>();

	private final List<String> heard = new ArrayList<>();

	private final ManualClock clock = new ManualClock();

	private final Mirror mirror = new Mirror(URI.create("https://Example.com/m.gguf?token=secret"), Map.of());

	private final AcquisitionMonitor monitor = new AcquisitionMonitor("m", this.board,
			new EventDispatcher(this.events::add, Runnable::run), new AcquisitionObserver() {
				@Override
				public void transferStarted(String modelId) {
					AcquisitionMonitorTests.this.heard.add("started");
				}

				@Override
				public void transferEnded(String modelId) {
					AcquisitionMonitorTests.this.heard.add("ended");
				}

				@Override
				public void requestFailed(String modelId, String host, String problem) {
					AcquisitionMonitorTests.this.heard.add(host + ": " + problem);
				}
			}, this.clock, new OperationWatch(Duration.ofMinutes(1), Schedulers.parallel(), Schedulers.boundedElastic(),
					new Cancellation(), (failure) -> {
					}));

	private final FileProgress file = this.monitor.file(true);

	@Test
	void whatComesAfterTheCancellationIsNotTold() {
		this.file.answered(this.mirror, 10L);
		this.monitor.cancelled();
		this.file.answered(this.mirror, 10L);
		this.file.resumed(5, 10);
		this.file.verifying();
		assertThat(this.board.get("m").state()).isEqualTo(ModelState.CANCELLED);
		assertThat(this.heard).containsExactly("started", "ended");
	}

	@Test
	void modelThatIsReadyWasNotCancelled() {
		Path path = Path.of("/m.gguf");
		this.monitor.ready(CachedModel.of("m", List.of(path), 1, Digest.parse("00".repeat(32)), "here")
			.withOutcome(ModelOutcome.DOWNLOADED)
			.withVerified(true));
		this.monitor.cancelled();
		assertThat(this.board.get("m").state()).isEqualTo(ModelState.READY);
	}

	@Test
	void failedRequestIsToldWithItsHostAndWithoutSecrets() {
		this.file.failed(new RequestFailedException(Reason.SERVER_ERROR, this.mirror, 503, null));
		assertThat(this.heard).containsExactly("example.com:443: https://Example.com/m.gguf answered 503");
	}

	@Test
	void filesThatResumeSideBySideAreShownAsOneDownload() {
		List<ModelState> states = new ArrayList<>();
		this.board.watch()
			.filter((status) -> status.id().equals("m"))
			.subscribe((status) -> states.add(status.state()));
		states.clear();
		FileProgress one = this.monitor.file(false);
		FileProgress other = this.monitor.file(false);
		this.monitor.expecting(100L, null);
		one.checked(10, 50);
		other.checked(20, 50);
		assertThat(this.board.get("m").progress().bytes()).isEqualTo(30);
		one.resumed(15, 50);
		one.answered(this.mirror, 50L);
		other.checked(30, 50);
		one.written(this.mirror, 10, 25);
		other.resumed(40, 50);
		other.answered(this.mirror, 50L);
		assertThat(states).containsOnly(ModelState.DOWNLOADING);
		assertThat(this.monitor.tick().bytes()).isEqualTo(65);
	}

	@Test
	void whatWasThereIsNoSpeedOfTheSource() {
		FileProgress one = this.monitor.file(false);
		this.monitor.expecting(1000L, null);
		one.answered(this.mirror, 500L);
		assertThat(this.monitor.tick().bytes()).isZero();
		this.clock.advance(Duration.ofSeconds(1));
		one.written(this.mirror, 100, 100);
		this.monitor.there(400);
		assertThat(this.monitor.tick().bytesPerSecond()).isEqualTo(100);
	}

}
