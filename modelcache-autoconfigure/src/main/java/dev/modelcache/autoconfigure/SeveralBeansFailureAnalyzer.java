/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.Collection;
import java.util.Set;

import dev.modelcache.ModelCache;
import dev.modelcache.lock.CacheLockFactory;
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

	private static final Set<Class<?>> TYPES = Set.of(ModelCache.class, CacheLockFactory.class);

	@Override
	protected @Nullable FailureAnalysis analyze(Throwable rootFailure, NoUniqueBeanDefinitionException cause) {
		Class<?> type = cause.getBeanType();
		Collection<String> names = cause.getBeanNamesFound();
		if (type == null || names == null || !TYPES.contains(type)) {
			return null;
		}
		return new FailureAnalysis(
				"The application has several beans of the type " + type.getSimpleName()
						+ ", and none of them is primary: " + String.join(", ", names),
				"Mark the one that health, endpoint and start-up of the models use with @Primary, or call it '"
						+ StringUtils.uncapitalize(type.getSimpleName()) + "'",
				cause);
	}

	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE;
	}

}
