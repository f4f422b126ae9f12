/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

import dev.modelcache.CacheOptions.Verification;
import org.springframework.util.unit.DataSize;

/**
 * Versions in the cache of the Hub's own tools.
 */
class HubSnapshotTests extends ModelDirectoryContractTests {

	@Override
	StoreSettings settings() {
		return new StoreSettings(this.directory.resolve("cache"), DataSize.ofMegabytes(1), Verification.FINGERPRINT)
			.withHubCache(new HubCacheSettings(this.directory.resolve("hub"), links()));
	}

	boolean links() {
		return true;
	}

	@Override
	ModelDirectory version(String version) {
		return Objects.requireNonNull(this.store.hubSnapshot(place(), "org/repo", "main", version, NAMES.stream()
			.collect(Collectors.toMap(Function.identity(), (name) -> content(version, name).sha256()))));
	}

	@Override
	Path obstacle(ModelDirectory version) {
		return version.seen(NAMES.get(1)).target();
	}

}
