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
import dev.modelcache.llama.LlamaLoadedModel.RefusedFileException;
import dev.modelcache.runtime.LoadedModel;
import dev.modelcache.runtime.ModelLoadException;
import dev.modelcache.runtime.ModelLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads GGUF files with llama.cpp, each in a separate process. Memory leaks and crashes
 * of the native library are confined to that process.
 */
public final class LlamaModelLoader implements ModelLoader {

	private static final Logger logger = LoggerFactory.getLogger(LlamaModelLoader.class);

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
			throw ModelLoadException.fileRefused(model.id(),
					"the file " + model.path() + " does not exist or cannot be read",
					"Request the model '" + model.id() + "' again, which downloads it, or restart the application",
					null);
		}
		int contextSize = this.settings.contextSizeFor((format != null) ? format.contextLength() : null);
		try {
			return load(model, contextSize);
		}
		catch (RefusedFileException ex) {
			throw ModelLoadException.fileRefused(model.id(), problem(model, ex),
					"Check that this version of llama.cpp supports the architecture of the model, and that the model "
							+ "fits into memory",
					ex);
		}
		catch (IOException ex) {
			throw new ModelLoadException(model.id(), problem(model, ex),
					"Check that the model fits into memory, and that there is a native library for this machine "
							+ "(Linux with glibc, macOS or Windows, on x86-64 or Arm), or build a native library and "
							+ "set the system property de.kherud.llama.lib.path",
					ex);
		}
	}

	/**
	 * llama.cpp ends its process if the weights of a file that it maps do not begin at a
	 * multiple of 32 bytes. Such a file can be read into memory.
	 */
	private LoadedModel load(CachedModel model, int contextSize) throws IOException {
		try {
			return load(model, contextSize, this.settings);
		}
		catch (RefusedFileException ex) {
			if (!ex.isMappingSuspected() || !this.settings.mmap()) {
				throw ex;
			}
			try {
				LoadedModel unmapped = load(model, contextSize, this.settings.withoutMmap());
				logger.warn("Model '{}': llama.cpp cannot map {}, and reads it into memory instead, as with"
						+ " hooks.llm.llama.mmap=false: {}", model.id(), model.path(), ex.getMessage());
				return unmapped;
			}
			catch (IOException again) {
				ex.addSuppressed(again);
				throw ex;
			}
		}
	}

	private LoadedModel load(CachedModel model, int contextSize, LlamaSettings settings) throws IOException {
		return new LlamaLoadedModel(() -> LlamaProcess.start(model.path(), contextSize, settings), this.clock);
	}

	private static String problem(CachedModel model, IOException failure) {
		return "llama.cpp cannot load " + model.path() + ": " + failure.getMessage();
	}

}
