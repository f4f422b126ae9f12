/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.util.List;

import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;
import org.springframework.test.context.TestContextAnnotationUtils;

/**
 * Decides what the model cache of a test's application may download.
 */
final class ModelCacheContextCustomizerFactory implements ContextCustomizerFactory {

	@Override
	public ContextCustomizer createContextCustomizer(Class<?> testClass,
			List<ContextConfigurationAttributes> attributes) {
		AutoConfigureModelCache annotation = TestContextAnnotationUtils.findMergedAnnotation(testClass,
				AutoConfigureModelCache.class);
		return new ModelCacheContextCustomizer(annotation != null, annotation != null && annotation.startup());
	}

}
