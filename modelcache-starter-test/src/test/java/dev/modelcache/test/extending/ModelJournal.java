/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.extending;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.modelcache.ModelDownloadProgress;
import dev.modelcache.ModelFailed;
import dev.modelcache.ModelReady;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

// tag::listener[]
/**
 * Keeps what happens to models.
 */
@Component
class ModelJournal {

	private final List<String> entries = new CopyOnWriteArrayList<>();

	@EventListener
	void ready(ModelReady event) {
		this.entries.add(event.modelId() + " is ready after " + event.elapsed().toMillis() + " ms");
	}

	@EventListener
	void failed(ModelFailed event) {
		this.entries.add(event.modelId() + " failed: " + event.error().code());
	}

	@EventListener(condition = "#event.progress().percent() != null")
	void downloading(ModelDownloadProgress event) {
		this.entries.add(event.modelId() + " is at " + event.progress().percent() + " %");
	}

	List<String> entries() {
		return this.entries;
	}

}
// end::listener[]
