/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.assistant;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import org.springframework.stereotype.Service;
import reactor.core.publisher.Mono;

/**
 * Code of an application that uses a model.
 */
@Service
class Assistant {

	private final ModelCache models;

	Assistant(ModelCache models) {
		this.models = models;
	}

	Mono<String> describe() {
		return this.models.get("default").map(CachedModel::path).map((path) -> "uses " + path.getFileName());
	}

}
