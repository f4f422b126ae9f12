/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.catalog;

import java.util.List;
import java.util.Map;

import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.source.SourceResolvers;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import dev.modelcache.internal.source.huggingface.HuggingFaceResolver;
import dev.modelcache.source.CatalogVariant;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The catalog that comes with the library.
 */
class BuiltInCatalogTests extends ModelCatalogContractTests {

	@Override
	ListedModels catalog() {
		return ListedModels.builtIn();
	}

	private List<CatalogEntry> entries() {
		return catalog().names()
			.stream()
			.map((name) -> catalog().find(new CatalogName(name, null)).orElseThrow())
			.toList();
	}

	@Test
	void tinyllamaComesInThreeQuantizations() {
		CatalogEntry tinyllama = catalog().find(new CatalogName("tinyllama", "1.0")).orElseThrow();
		assertThat(tinyllama.quantizations()).containsExactly("Q5_K_M", "Q4_K_M", "Q2_K");
		assertThat(tinyllama.preferred()).isEqualTo("Q4_K_M");
		assertThat(tinyllama.license()).isEqualTo("Apache-2.0");
	}

	@Test
	void everythingIsOnTheHubAndHasALicenceAndAnEstimate() {
		SourceResolvers hub = SourceResolvers
			.of(List.of(new HuggingFaceResolver(new HubSettings(HubSettings.DEFAULT_ENDPOINT, HubToken.NONE), Map.of(),
					MetadataClients.create(), Schedulers.immediate())));
		assertThat(entries()).allSatisfy((entry) -> {
			assertThat(entry.license()).isIn("Apache-2.0", "MIT");
			assertThat(entry.variants()).allSatisfy((variant) -> {
				assertThat(entry.url(variant, hub, "m")).isEqualTo(variant.url()).hasScheme("hf");
				assertThat(variant.url().getPath()).matches(".*\\.(gguf|onnx)");
				assertThat(variant.size()).isGreaterThan(DataSize.ofMegabytes(10));
			});
		});
	}

	@Test
	void nothingInventsADigest() {
		assertThat(entries())
			.allSatisfy((entry) -> assertThat(entry.variants()).extracting(CatalogVariant::digest).containsOnlyNulls());
	}

	@Test
	void smallerVariantsStandBehindLargerOnes() {
		assertThat(entries())
			.allSatisfy((entry) -> assertThat(entry.variants().stream().map((variant) -> -variant.size().toBytes()))
				.isSorted());
	}

}
