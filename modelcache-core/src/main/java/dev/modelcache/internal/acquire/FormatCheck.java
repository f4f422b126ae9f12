/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

import dev.modelcache.ModelFormat;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.DiskFault;
import dev.modelcache.internal.content.format.FormatException;
import dev.modelcache.internal.content.format.FormatHints;
import dev.modelcache.internal.content.format.FormatInspection;
import dev.modelcache.FormatVerification;
import dev.modelcache.internal.content.format.FormatSettings;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the headers of files read, and decides what follows.
 */
final class FormatCheck {

	private static final Logger logger = LoggerFactory.getLogger(FormatCheck.class);

	private final FormatSettings settings;

	FormatCheck(FormatSettings settings) {
		this.settings = settings;
	}

	/** Returns whether files that are not as they should be are refused. */
	boolean isStrict() {
		return this.settings.mode() == FormatVerification.STRICT;
	}

	/**
	 * Refuses a model, unless such models are to be used.
	 * @param modelId the model's id
	 * @param problem what is wrong
	 * @param action what to do
	 * @param cause what it follows from, or {@code null}
	 */
	void refuse(String modelId, String problem, String action, @Nullable Throwable cause) {
		if (isStrict()) {
			ModelFormatException refusal = new ModelFormatException(modelId, problem, action);
			if (cause != null) {
				refusal.addSuppressed(cause);
			}
			throw refusal;
		}
		if (this.settings.mode() == FormatVerification.WARN) {
			logger.warn("Model '{}': {}; it is used because of hooks.llm.verify-format=warn", modelId, problem);
		}
	}

	/** Returns what the header of a file says, or null where that cannot be told. */
	@Nullable ModelFormat describe(Path file) {
		try {
			return FormatInspection.inspect(file, new FormatHints(List.of(), null), this.settings);
		}
		catch (IOException ex) {
			logger.debug("The format of {} is not known", file, ex);
			return null;
		}
	}

	/**
	 * Inspects a file.
	 * <p>
	 * <em>Blocking</em>. <em>Errors</em>: {@link ModelFormatException} if it must not be
	 * used.
	 * @param modelId the model's id
	 * @param file the file
	 * @param hints what its names and its source say about its format
	 * @param description what the file is called in messages
	 * @return what its header says, or {@code null} where that is not known
	 */
	@Nullable ModelFormat inspect(String modelId, Path file, FormatHints hints, String description) {
		try {
			return FormatInspection.inspect(file, hints, this.settings);
		}
		catch (FormatException ex) {
			if (ex.isPickle() || isStrict()) {
				throw new ModelFormatException(modelId, description + " " + ex.getMessage(), ex.action());
			}
			logger.warn("Model '{}': {} {}; it is used because of hooks.llm.verify-format=warn", modelId, description,
					ex.getMessage());
			return null;
		}
		catch (IOException ex) {
			throw new ModelStorageException(modelId, Objects.requireNonNullElse(file.getParent(), file),
					"cannot read " + file + ": " + DiskFault.reason(ex), ex);
		}
	}

}
