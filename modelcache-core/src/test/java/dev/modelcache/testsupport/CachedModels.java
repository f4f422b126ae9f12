/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.nio.file.Path;
import java.util.List;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelOutcome;

/**
 * Models as the cache hands them out.
 */
public final class CachedModels {

	private CachedModels() {
	}

	/** Returns the model {@code default} in a file that need not exist. */
	public static CachedModel of(Path path, Content content) {
		return of(path, content, ModelOutcome.CACHED, "GGUF");
	}

	/** Returns the model {@code default} with an outcome and a format. */
	public static CachedModel of(Path path, Content content, ModelOutcome outcome, String format) {
		return CachedModel.of("default", List.of(path), content.size(), content.sha256(), "file:" + path)
			.withOutcome(outcome)
			.withVerified(true)
			.withFormat(ModelFormat.of(format).withArchitecture("llama").withName("tiny"));
	}

}
