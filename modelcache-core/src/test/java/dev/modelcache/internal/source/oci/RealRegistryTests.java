/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;

import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.OciOptions.Registry;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ManifestJson;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link OciResolver} with a registry that somebody else wrote. Run by the
 * Maven profile {@code docker-registry}, where that program is installed.
 */
@Tag("docker-registry")
class RealRegistryTests {

	private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";

	private static final String INDEX = "application/vnd.oci.image.index.v1+json";

	@TempDir
	private Path directory;

	private final Content weights = Content.random(3 << 20, 1);

	private final String manifest = ManifestJson.of("application/vnd.docker.ai.model.config.v0.1+json")
		.layer("application/vnd.docker.ai.gguf.v3", this.weights)
		.toString();

	private String push(RealRegistry registry) {
		registry.push("team/model", Content.of("{}"));
		registry.push("team/model", this.weights);
		return registry.push("team/model", "v1", MANIFEST, this.manifest);
	}

	private static ResolvedModel resolve(RealRegistry registry, String name, String password) {
		Registry configured = new Registry((password != null) ? "alice" : null, password, true);
		OciResolver resolver = OciFixture.resolver(new OciSettings(Map.of(registry.host(), configured), null));
		return OciFixture.resolve(resolver, URI.create("oci://" + registry.host() + "/" + name));
	}

	private static byte[] fetch(RemoteFile file) throws IOException, InterruptedException {
		Mirror mirror = file.mirrors().get(0);
		HttpRequest.Builder request = HttpRequest.newBuilder(mirror.uri()).header("Range", "bytes=1000000-");
		mirror.credentials().headers().block(OciFixture.PATIENCE).forEach(request::header);
		HttpResponse<byte[]> response = HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofByteArray());
		assertThat(response.statusCode()).isEqualTo(206);
		return response.body();
	}

	@Test
	void modelIsFoundByTagByDigestAndThroughAnIndex() throws Exception {
		try (RealRegistry registry = RealRegistry.open(this.directory)) {
			String digest = push(registry);
			String index = registry.push("team/model", "multi", INDEX,
					ManifestJson.index(ManifestJson.descriptor(MANIFEST, digest, this.manifest.length(), Map.of())));
			ResolvedModel model = resolve(registry, "team/model:v1", null);
			assertThat(model.revision()).isEqualTo(digest);
			assertThat(model.file().size()).isEqualTo(3 << 20);
			assertThat(fetch(model.file())).hasSize((3 << 20) - 1_000_000);
			assertThat(resolve(registry, "team/model@" + digest, null).file().expected())
				.isEqualTo(model.file().expected());
			assertThat(resolve(registry, "team/model:multi", null).revision()).isEqualTo(index);
		}
	}

	@Test
	void whatIsNotThereIsNotFound() {
		try (RealRegistry registry = RealRegistry.open(this.directory)) {
			push(registry);
			assertThatExceptionOfType(ModelNotFoundException.class)
				.isThrownBy(() -> resolve(registry, "team/model:v2", null))
				.withMessageContaining("404 MANIFEST_UNKNOWN");
			assertThatExceptionOfType(ModelNotFoundException.class)
				.isThrownBy(() -> resolve(registry, "team/other:v1", null));
		}
	}

	@Test
	void loginIsAskedForAndTaken() throws Exception {
		try (RealRegistry registry = RealRegistry.withLogin(this.directory)) {
			push(registry);
			assertThatExceptionOfType(ModelAccessDeniedException.class)
				.isThrownBy(() -> resolve(registry, "team/model:v1", null))
				.withMessageContaining("docker login");
			assertThatExceptionOfType(ModelAccessDeniedException.class)
				.isThrownBy(() -> resolve(registry, "team/model:v1", "wrong"))
				.withMessageContaining("rejects the credentials");
			assertThat(fetch(resolve(registry, "team/model:v1", "secret").file())).isNotEmpty();
		}
	}

}
