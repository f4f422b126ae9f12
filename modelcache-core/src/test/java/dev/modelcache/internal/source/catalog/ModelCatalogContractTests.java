/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.catalog;

import java.util.Locale;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What every {@link ListedModels} does.
 */
abstract class ModelCatalogContractTests {

	/** Returns a catalog with at least one entry. */
	abstract ListedModels catalog();

	@Test
	void everyNameThatItListsIsFoundInAnyCase() {
		assertThat(catalog().names()).isNotEmpty().doesNotHaveDuplicates().allSatisfy((name) -> {
			assertThat(catalog().find(new CatalogName(name, null))).isPresent();
			assertThat(catalog().find(new CatalogName(name.toUpperCase(Locale.ROOT), null))).isPresent();
		});
	}

	@Test
	void otherNamesAreNotFound() {
		assertThat(catalog().find(new CatalogName("no-such-model", null))).isEmpty();
	}

	@Test
	void versionsThatItDoesNotListAreNotFound() {
		assertThat(catalog().names())
			.allSatisfy((name) -> assertThat(catalog().find(new CatalogName(name, "no-such-version"))).isEmpty());
	}

	@Test
	void everyEntrySaysWhichCatalogItIsOf() {
		assertThat(catalog().location()).isNotBlank();
		assertThat(catalog().names())
			.allSatisfy((name) -> assertThat(catalog().find(new CatalogName(name, null)).orElseThrow().catalog())
				.isEqualTo(catalog().location()));
	}

	@Test
	void everyEntryHasItsPreferredVariant() {
		assertThat(catalog().names()).allSatisfy((name) -> {
			CatalogEntry entry = catalog().find(new CatalogName(name, null)).orElseThrow();
			assertThat(entry.fitting(null, null)).isNotEmpty()
				.first()
				.satisfies((best) -> assertThat(best.quantization()).isEqualToIgnoringCase(entry.preferred()));
		});
	}

}
