/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.function.Consumer;

import org.springframework.ai.transformers.TransformersEmbeddingModel;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ApplicationContext;
import org.springframework.core.io.Resource;

/**
 * Passes {@code model:} resources to the embedding model of Spring AI if its properties
 * specify them. Spring AI loads resources with a resource loader of its own, which
 * supports only the protocols of the JDK.
 */
final class TransformersResources implements BeanPostProcessor {

	private static final String PREFIX = "spring.ai.embedding.transformer";

	private final ApplicationContext context;

	TransformersResources(ApplicationContext context) {
		this.context = context;
	}

	@Override
	public Object postProcessBeforeInitialization(Object bean, String beanName) {
		if (bean instanceof TransformersEmbeddingModel model) {
			replace(PREFIX + ".onnx.model-uri", model::setModelResource);
			replace(PREFIX + ".tokenizer.uri", model::setTokenizerResource);
		}
		return bean;
	}

	private void replace(String key, Consumer<Resource> setter) {
		String location = Binder.get(this.context.getEnvironment()).bind(key, String.class).orElse("");
		if (location.startsWith(ModelLocation.SCHEME)) {
			setter.accept(this.context.getResource(location));
		}
	}

}
