/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.extending;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;

import dev.modelcache.ModelRequest;
import dev.modelcache.autoconfigure.ModelCacheBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

// tag::customizer[]
/**
 * Gives every https model a mirror.
 */
@Configuration(proxyBeanMethods = false)
class MirrorConfiguration {

	@Bean
	ModelCacheBuilderCustomizer mirrorOfTheCompany() {
		return (builder) -> builder.eachModel(MirrorConfiguration::mirrored);
	}

	private static ModelRequest mirrored(ModelRequest model) {
		URI url = model.url();
		if (url == null || !"https".equals(url.getScheme())) {
			return model;
		}
		List<URI> mirrors = new ArrayList<>(model.mirrors());
		mirrors.add(URI.create("https://mirror.example.com/" + url.getHost() + url.getRawPath()));
		return model.toBuilder().mirrors(mirrors).build();
	}

}
// end::customizer[]
