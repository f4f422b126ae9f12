/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelRequest;
import dev.modelcache.OciOptions.Registry;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import dev.modelcache.internal.source.huggingface.HuggingFaceResolver;
import dev.modelcache.internal.source.oci.OciResolver;
import dev.modelcache.internal.source.oci.OciSettings;
import dev.modelcache.source.SourceResolver;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.FakeRegistry;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.ManifestJson;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * What servers send is parsed on the cache's own threads, whatever it costs, and not on
 * event loops, which the application may share. Each text is one that is refused: the
 * stack trace of the refusal shows on which thread the parser ran.
 */
class ForeignTextTests {

	private static final int MANY = 3_000;

	private static final String EVENT_LOOP = "io.netty.channel.";

	private static final String SOURCES = "dev.modelcache.internal.source.";

	@TempDir
	private Path directory;

	private ModelCacheException refusal(SourceResolver resolver, URI url) {
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			if (resolver != null) {
				fixture.resolver(resolver);
			}
			fixture.open(ModelRequest.builder("m").url(url).maxAttempts(1).build());
			return catchThrowableOfType(ModelCacheException.class, () -> fixture.get("m"));
		}
	}

	/** Requires that what failed in a parser did not fail on an event loop. */
	private static void requireOwnThread(Throwable refusal, String parser) {
		List<List<String>> traces = new ArrayList<>();
		collect(refusal, traces);
		traces.removeIf((trace) -> trace.stream().noneMatch((frame) -> frame.startsWith(parser)));
		assertThat(traces).as("stack traces with %s, of %s", parser, refusal)
			.isNotEmpty()
			.allSatisfy((trace) -> assertThat(trace).noneMatch((frame) -> frame.startsWith(EVENT_LOOP)));
	}

	private static void collect(Throwable failure, List<List<String>> traces) {
		traces.add(Arrays.stream(failure.getStackTrace()).map(StackTraceElement::getClassName).toList());
		if (failure.getCause() != null) {
			collect(failure.getCause(), traces);
		}
		Arrays.stream(failure.getSuppressed()).forEach((suppressed) -> collect(suppressed, traces));
	}

	private static String deep(int number) {
		return "a/".repeat(100) + number;
	}

	@Test
	void titlesOfAManifest() {
		try (FakeRegistry registry = new FakeRegistry()) {
			ManifestJson manifest = ManifestJson.of("application/vnd.oci.empty.v1+json")
				.artifactType("application/vnd.cncf.model.manifest.v1+json");
			for (int i = 0; i < MANY; i++) {
				manifest.layer("application/vnd.cncf.model.weight.v1.raw", Content.of("x"),
						Map.of("org.opencontainers.image.title", deep(i / 2)));
			}
			registry.manifest("org/model", "latest", manifest.toString());
			OciSettings settings = new OciSettings(Map.of(registry.host(), new Registry("alice", "secret", true)),
					null);
			ModelCacheException refusal = refusal(new OciResolver(MetadataClients.create(), settings,
					Schedulers.boundedElastic(), Schedulers.parallel()), registry.url("oci", "org/model"));
			requireOwnThread(refusal, SOURCES);
		}
	}

	@Test
	void namesOfARepository() {
		try (HubServer hub = HubServer.start()) {
			HubServer.Repository repository = hub.repository("org/repo", "0123456789abcdef0123456789abcdef01234567");
			for (int i = 0; i < MANY; i++) {
				repository.small(deep(i), "x");
			}
			ModelCacheException refusal = refusal(
					new HuggingFaceResolver(
							new HubSettings(hub.endpoint(), new HubToken(null, (name) -> null, this.directory)),
							Map.of(), MetadataClients.create(), Schedulers.boundedElastic()),
					URI.create("hf://org/repo/" + deep(MANY)));
			requireOwnThread(refusal, SOURCES);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "Content-Range", "Content-Encoding" })
	void headersOfAFile(String header) {
		try (MisbehavingServer server = MisbehavingServer.start()
			.serve("/m.bin", Content.random(1000, 1))
			.always("/m.bin", Reply.status(206).header(header, "a".repeat(MANY)))) {
			requireOwnThread(refusal(null, server.uri("/m.bin")), "dev.modelcache.internal.");
		}
	}

}
