/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import dev.modelcache.ModelCacheEvent;
import dev.modelcache.ModelReady;
import dev.modelcache.ModelReplaced;
import dev.modelcache.runtime.LlmClassifier;
import dev.modelcache.runtime.ModelManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.event.EventListener;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Loads models when their files are published or replaced. Comes before the listeners of
 * the application, because one that fails keeps the event from those after it.
 */
final class RuntimeEvents {

	private static final Logger logger = LoggerFactory.getLogger(RuntimeEvents.class);

	private final ObjectProvider<ModelManager> manager;

	private final ObjectProvider<LlmClassifier> classifier;

	/**
	 * Creates the listeners.
	 * @param manager the manager of the model
	 * @param classifier the auto-configured classifier, if there is one
	 */
	RuntimeEvents(ObjectProvider<ModelManager> manager, ObjectProvider<LlmClassifier> classifier) {
		this.manager = manager;
		this.classifier = classifier;
	}

	@EventListener
	@Order(Ordered.HIGHEST_PRECEDENCE)
	void replaced(ModelReplaced event) {
		this.manager.orderedStream().forEach((manager) -> manager.replace(event));
	}

	/**
	 * Loads the model early so that the first classification does not have to wait for
	 * it.
	 */
	@EventListener({ ModelReady.class, ModelReplaced.class })
	@Order(Ordered.HIGHEST_PRECEDENCE + 1)
	void load(ModelCacheEvent event) {
		if (event.modelId().equals(ModelCacheProperties.DEFAULT_MODEL)) {
			this.classifier.ifAvailable((classifier) -> this.manager.ifUnique(RuntimeEvents::load));
		}
	}

	private static void load(ModelManager manager) {
		manager.loadModel().subscribe((none) -> {
		}, (failure) -> logger.warn("Texts are not classified until the model is loaded: {}", failure.getMessage()));
	}

}
