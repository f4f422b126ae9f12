/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import dev.modelcache.ModelRequest;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.OciOptions.Registry;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.testsupport.FakeRegistry;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;

/**
 * A resolver of tests.
 */
final class OciFixture {

	static final Duration PATIENCE = Duration.ofMinutes(3);

	private OciFixture() {
	}

	/** Returns a resolver that may ask the registry by plain http. */
	static OciResolver resolver(FakeRegistry registry) {
		return resolver(registry, null, null, null);
	}

	static OciResolver resolver(FakeRegistry registry, @Nullable String username, @Nullable String password,
			@Nullable Path dockerConfig) {
		Registry configured = new Registry(username, password, true);
		return resolver(new OciSettings(Map.of(registry.host(), configured), dockerConfig));
	}

	static OciResolver resolver(OciSettings settings) {
		return new OciResolver(MetadataClients.create(), settings, Schedulers.boundedElastic(), Schedulers.parallel());
	}

	static ResolvedModel resolve(OciResolver resolver, URI url) {
		return resolver.resolve(of(url)).block(PATIENCE);
	}

	static SourceLocation of(URI url) {
		return SourceLocation.of(url, ModelRequest.builder("m").url(url).maxAttempts(2).build(), true);
	}

}
