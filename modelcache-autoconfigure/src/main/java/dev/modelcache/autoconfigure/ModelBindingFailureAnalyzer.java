/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.Collection;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;

/**
 * Explains a start that stopped because a key that has keys or elements below it was
 * given a plain value, such as a URL in the place of a model. Spring Boot's own analysis
 * would show the value, and the value may hold credentials.
 */
final class ModelBindingFailureAnalyzer extends AbstractFailureAnalyzer<BindException> implements Ordered {

	private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of(ModelCacheProperties.PREFIX);

	@Override
	protected @Nullable FailureAnalysis analyze(Throwable rootFailure, BindException cause) {
		String missing = (PREFIX.isAncestorOf(cause.getName()) && cause.getProperty() != null
				&& cause.getProperty().getValue() instanceof CharSequence value)
						? Placeholders.missing(value.toString()) : null;
		if (missing != null) {
			return analysis(cause, Placeholders.problem(missing), Placeholders.action(missing));
		}
		Class<?> target = cause.getTarget().getType().resolve(Object.class);
		if (!PREFIX.isAncestorOf(cause.getName()) || !hasKeysBelow(target)) {
			return null;
		}
		return analysis(cause, "is a plain value, but has keys or elements below it",
				"Move the value to the key below that is meant, such as 'url' of a model");
	}

	private static FailureAnalysis analysis(BindException cause, String problem, String action) {
		return new FailureAnalysis("The configuration is wrong:" + System.lineSeparator() + System.lineSeparator()
				+ "    " + cause.getName() + ": " + problem, action, cause);
	}

	private static boolean hasKeysBelow(Class<?> target) {
		return Map.class.isAssignableFrom(target) || Collection.class.isAssignableFrom(target)
				|| ModelSourceProperties.class.isAssignableFrom(target);
	}

	/** Before Spring Boot's own. */
	@Override
	public int getOrder() {
		return 0;
	}

}
