/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.Collection;
import java.util.Map;

import dev.modelcache.ModelCache;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.runtime.ModelLoader;
import dev.modelcache.runtime.ModelManager;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.util.StringUtils;

/**
 * Explains a start that stopped because the application has several beans of a type of
 * which the model cache uses one. Spring Boot's own analysis names our methods instead.
 */
final class SeveralBeansFailureAnalyzer extends AbstractFailureAnalyzer<NoUniqueBeanDefinitionException>
		implements Ordered {

	/** The types, and what to do about several beans of them. */
	private static final Map<Class<?>, String> TYPES = Map.of(ModelCache.class, named(ModelCache.class),
			CacheLockFactory.class, named(CacheLockFactory.class), ModelLoader.class,
			"Mark the one that loads the model '" + ModelCacheProperties.DEFAULT_MODEL
					+ "' with @Primary, or define a ModelManager bean",
			ModelManager.class, "Mark the one that the classifier asks with @Primary, or define an LlmClassifier bean");

	private static String named(Class<?> type) {
		return "Mark the one that health, endpoint and start-up of the models use with @Primary, or call it '"
				+ StringUtils.uncapitalize(type.getSimpleName()) + "'";
	}

	@Override
	protected @Nullable FailureAnalysis analyze(Throwable rootFailure, NoUniqueBeanDefinitionException cause) {
		Class<?> type = cause.getBeanType();
		Collection<String> names = cause.getBeanNamesFound();
		if (type == null || names == null || !TYPES.containsKey(type)) {
			return null;
		}
		return new FailureAnalysis("The application has several beans of the type " + type.getSimpleName()
				+ ", and none of them is primary: " + String.join(", ", names), TYPES.get(type), cause);
	}

	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE;
	}

}
