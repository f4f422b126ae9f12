/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import dev.modelcache.ModelConfigurationException;
import org.jspecify.annotations.Nullable;

/**
 * Names of configuration keys in messages.
 *
 * @param modelId the model that the keys belong to, or {@code null}
 * @param prefix what they begin with, without its last dot, or {@code null} for none
 */
record Keys(@Nullable String modelId, @Nullable String prefix) {

	String key(String name) {
		return (this.prefix != null) ? this.prefix + "." + name : name;
	}

	ModelConfigurationException wrong(String name, String problem, String action) {
		return new ModelConfigurationException(this.modelId, key(name), problem, action);
	}

}
