/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;

import dev.modelcache.ModelCacheEvent;
import dev.modelcache.ModelDownloadProgress;
import dev.modelcache.ModelEvicted;
import dev.modelcache.TransferProgress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link EventDispatcher}.
 */
@ExtendWith(OutputCaptureExtension.class)
class EventDispatcherTests {

	private final Queue<Runnable> tasks = new ArrayDeque<>();

	private final List<ModelCacheEvent> heard = new ArrayList<>();

	private final ModelCacheEvent progress = new ModelDownloadProgress("m", TransferProgress.of(1, 2L, 3));

	private final ModelCacheEvent evicted = new ModelEvicted("m", Path.of("m.gguf"));

	private void deliver() {
		while (!this.tasks.isEmpty()) {
			this.tasks.remove().run();
		}
	}

	@Test
	void eventsAreHeardInOrderAndElsewhere() {
		EventDispatcher dispatcher = new EventDispatcher(this.heard::add, this.tasks::add);
		dispatcher.dispatch(this.progress);
		dispatcher.dispatch(this.evicted);
		assertThat(this.heard).isEmpty();
		deliver();
		assertThat(this.heard).containsExactly(this.progress, this.evicted);
	}

	@Test
	void slowListenerMissesProgressAndNothingElse() {
		EventDispatcher dispatcher = new EventDispatcher(this.heard::add, this.tasks::add);
		dispatcher.dispatch(this.evicted);
		dispatcher.dispatch(this.progress);
		dispatcher.dispatch(this.evicted);
		deliver();
		assertThat(this.heard).containsExactly(this.evicted, this.evicted);
	}

	@Test
	void listenerThatFailsBreaksNothing(CapturedOutput output) {
		EventDispatcher dispatcher = new EventDispatcher((event) -> {
			this.heard.add(event);
			throw new IllegalStateException("listener");
		}, this.tasks::add);
		dispatcher.dispatch(this.evicted);
		deliver();
		dispatcher.dispatch(this.progress);
		deliver();
		assertThat(this.heard).hasSize(2);
		assertThat(output).contains("A listener failed on ModelEvicted; the model is not affected");
	}

	@Test
	void closingApplicationHearsNothingMore() {
		EventDispatcher dispatcher = new EventDispatcher(this.heard::add, (task) -> {
			throw new RejectedExecutionException();
		});
		dispatcher.dispatch(this.evicted);
		assertThat(this.heard).isEmpty();
	}

}
