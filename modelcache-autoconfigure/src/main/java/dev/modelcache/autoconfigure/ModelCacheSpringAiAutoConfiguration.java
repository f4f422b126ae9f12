/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import org.springframework.ai.transformers.TransformersEmbeddingModel;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.ApplicationContext;

/**
 * {@link AutoConfiguration Auto-configuration} for embedding models of Spring AI.
 */
@AutoConfiguration(after = ModelCacheAutoConfiguration.class)
@ConditionalOnClass(TransformersEmbeddingModel.class)
@ConditionalOnBooleanProperty(name = "hooks.llm.enabled", matchIfMissing = true)
public class ModelCacheSpringAiAutoConfiguration {

	@InternalBean("dev.modelcache.autoconfigure.TransformersResources.ORIGINAL")
	static TransformersResources modelCacheTransformersResources(ApplicationContext context) {
		return new TransformersResources(context);
	}

}
