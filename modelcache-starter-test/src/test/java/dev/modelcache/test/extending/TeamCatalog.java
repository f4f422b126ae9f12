/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.extending;

import java.net.URI;
import java.util.List;

import dev.modelcache.source.CatalogModel;
import dev.modelcache.source.CatalogVariant;
import dev.modelcache.source.ModelCatalog;
import org.springframework.stereotype.Component;
import org.springframework.util.unit.DataSize;

// tag::catalog[]
/**
 * The models of a team.
 */
@Component
class TeamCatalog implements ModelCatalog {

	@Override
	public List<CatalogModel> models() {
		return List.of(new CatalogModel("our-classifier", "2", "MIT", "Q4_K_M",
				List.of(variant("Q8_0", DataSize.ofMegabytes(1170)), variant("Q4_K_M", DataSize.ofMegabytes(669)),
						variant("Q2_K", DataSize.ofMegabytes(432)))));
	}

	private static CatalogVariant variant(String quantization, DataSize size) {
		URI url = URI.create("https://models.example.com/classifier-2-" + quantization + ".gguf");
		return new CatalogVariant(quantization, url, List.of(), size, null);
	}

}
// end::catalog[]
