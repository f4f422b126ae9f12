/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.util.List;

import dev.modelcache.Digest;
import dev.modelcache.internal.store.AdoptionSettings;

/**
 * Files of the Ollama store.
 */
class OllamaAdoptionTests extends AdoptionContractTests {

	@Override
	Path file(Path store, Digest sha256) {
		return store.resolve("blobs").resolve("sha256-" + sha256.hex());
	}

	@Override
	AdoptionSettings settings(Path store) {
		return new AdoptionSettings(true, List.of(), List.of(store.resolve("missing"), store));
	}

}
