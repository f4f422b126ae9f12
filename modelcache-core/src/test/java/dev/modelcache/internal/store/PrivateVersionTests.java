/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.nio.file.Path;
import java.util.List;

import dev.modelcache.CacheOptions.Verification;
import org.springframework.util.unit.DataSize;

/**
 * Versions in the directory of this cache.
 */
class PrivateVersionTests extends ModelDirectoryContractTests {

	@Override
	StoreSettings settings() {
		return new StoreSettings(this.directory, DataSize.ofMegabytes(1), Verification.FINGERPRINT);
	}

	@Override
	ModelDirectory version(String version) {
		return this.store.version(place(), List.of(version));
	}

	@Override
	Path obstacle(ModelDirectory version) {
		return place().target();
	}

}
