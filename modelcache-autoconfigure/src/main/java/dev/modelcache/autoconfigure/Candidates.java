/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.function.Supplier;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;

/**
 * Selects an optional bean of the application that the model cache uses.
 */
final class Candidates {

	private static final Logger logger = LoggerFactory.getLogger(Candidates.class);

	private Candidates() {
	}

	/**
	 * Returns the only bean or the primary one. If there are several beans and none is
	 * primary, the default is used.
	 */
	static <T> T choose(ObjectProvider<? extends T> candidates, Class<?> type, Supplier<T> defaults) {
		T chosen = candidates.getIfUnique();
		if (chosen != null) {
			return chosen;
		}
		if (candidates.stream().findAny().isPresent()) {
			logger.warn("Several beans of {} exist and none is primary, so downloads of models use defaults. "
					+ "Mark the one to use with @Primary", type.getName());
		}
		return defaults.get();
	}

}
