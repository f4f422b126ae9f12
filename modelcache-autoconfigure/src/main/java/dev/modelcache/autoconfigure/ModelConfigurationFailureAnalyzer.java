/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import dev.modelcache.ModelConfigurationException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Explains a start that a wrong value of a key stopped.
 */
final class ModelConfigurationFailureAnalyzer extends AbstractFailureAnalyzer<ModelConfigurationException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, ModelConfigurationException cause) {
		String model = (cause.modelId() != null) ? " of the model '" + cause.modelId() + "'" : "";
		return new FailureAnalysis("The configuration" + model + " is wrong:" + System.lineSeparator()
				+ System.lineSeparator() + "    " + cause.problem(), cause.action(), cause);
	}

}
