/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.LinkedHashSet;
import java.util.Set;

import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelOfflineException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.env.Environment;

/**
 * Explains which models could not be prefetched, each as if it had stopped a start.
 */
final class PrefetchFailureAnalyzer extends AbstractFailureAnalyzer<PrefetchFailedException> {

	private final @Nullable Environment environment;

	PrefetchFailureAnalyzer(@Nullable Environment environment) {
		this.environment = environment;
	}

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, PrefetchFailedException cause) {
		Set<String> descriptions = new LinkedHashSet<>();
		Set<String> actions = new LinkedHashSet<>();
		for (ModelCacheException failure : cause.failures()) {
			if (cause.isCheck() && failure instanceof ModelOfflineException) {
				descriptions.add("The model '" + failure.modelId() + "' is not on this machine.");
				actions.add(
						"Run the application once with hooks.llm.startup.mode=prefetch while its source can be reached.");
				continue;
			}
			FailureAnalysis analysis = (failure instanceof ModelConfigurationException wrong)
					? new ModelConfigurationFailureAnalyzer(this.environment).analyze(rootFailure, wrong)
					: new ModelCacheFailureAnalyzer().analyze(rootFailure, failure);
			if (analysis != null) {
				descriptions.add(analysis.getDescription());
				actions.add(analysis.getAction());
			}
		}
		String lines = System.lineSeparator() + System.lineSeparator();
		return new FailureAnalysis(String.join(lines, descriptions), String.join(lines, actions), cause);
	}

}
