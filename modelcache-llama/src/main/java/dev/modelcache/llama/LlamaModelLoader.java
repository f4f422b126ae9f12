/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelFormatException;
import dev.modelcache.runtime.LoadedModel;
import dev.modelcache.runtime.ModelLoadException;
import dev.modelcache.runtime.ModelLoader;

/**
 * Loads GGUF files with llama.cpp, each in a separate process. Memory leaks and crashes
 * of the native library are confined to that process.
 */
public final class LlamaModelLoader implements ModelLoader {

	private final LlamaSettings settings;

	private final Clock clock;

	/**
	 * Creates a loader.
	 * @param settings the settings of llama.cpp
	 * @param clock the clock
	 */
	public LlamaModelLoader(LlamaSettings settings, Clock clock) {
		this.settings = settings;
		this.clock = clock;
	}

	@Override
	public LoadedModel load(CachedModel model) {
		ModelFormat format = model.format();
		if (format != null && !format.type().equals("GGUF")) {
			throw new ModelFormatException(model.id(), "the file " + model.path() + " has the format " + ""
					+ format.type() + ", which llama.cpp does not support", "Use the GGUF file of the model");
		}
		if (!Files.isReadable(model.path())) {
			throw new ModelLoadException(model.id(), "the file " + model.path() + " does not exist or cannot be read",
					"Request the model '" + model.id() + "' again, which downloads it, or restart the application",
					null);
		}
		int contextSize = this.settings.contextSizeFor((format != null) ? format.contextLength() : null);
		try {
			return new LlamaLoadedModel(() -> LlamaProcess.start(model.path(), contextSize, this.settings), this.clock);
		}
		catch (IOException ex) {
			throw new ModelLoadException(model.id(), "llama.cpp cannot load " + model.path() + ": " + ex.getMessage(),
					"Check that this version of llama.cpp supports the architecture of the model, that the model "
							+ "fits into memory, and that there is a native library for this machine (Linux with "
							+ "glibc, macOS or Windows, on x86-64 or Arm), or build a native library and "
							+ "set the system property de.kherud.llama.lib.path",
					ex);
		}
	}

}
