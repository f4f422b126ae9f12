/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.runtime;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelFormatException;

/**
 * Loads the file of a published model into memory. Define a bean of this type to replace
 * the loader for llama.cpp.
 * <p>
 * <em>Blocking</em>: may block; models are loaded one after the other. The thread is
 * interrupted when the application closes.
 */
@FunctionalInterface
public interface ModelLoader {

	/**
	 * Loads a model.
	 * @param model the published file
	 * @return the loaded model
	 * @throws ModelFormatException if the format of the file is not supported
	 * @throws ModelLoadException if the model cannot be loaded; tells whether the file
	 * {@linkplain ModelLoadException#fileRefused is to blame}
	 */
	LoadedModel load(CachedModel model);

}
