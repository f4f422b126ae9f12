/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelPathConflict;
import dev.modelcache.ModelRequest;
import dev.modelcache.OciOptions.Registry;
import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.content.format.FormatSettings;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import dev.modelcache.internal.source.huggingface.HuggingFaceResolver;
import dev.modelcache.internal.source.oci.OciResolver;
import dev.modelcache.internal.source.oci.OciSettings;
import dev.modelcache.testsupport.Compressing;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.FakeRegistry;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.ManifestJson;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.ModelFiles;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The only file of a model: the name under which it is published, and what its format is
 * judged by.
 */
class OnlyFileTests {

	private static final String TITLE = "org.opencontainers.image.title";

	private static final String OCTETS = "application/octet-stream";

	@TempDir
	private Path directory;

	private final FakeRegistry registry = new FakeRegistry();

	private final HubServer hub = HubServer.start();

	private final MisbehavingServer server = MisbehavingServer.start();

	@AfterEach
	void stop() {
		this.registry.close();
		this.hub.close();
		this.server.close();
	}

	/**
	 * Returns a file that is what its name says, or the first half of one, or neither.
	 */
	private static byte[] file(String kind) {
		byte[] whole = kind.startsWith("gguf") ? GgufFile.tiny().bytes()
				: kind.startsWith("safetensors") ? ModelFiles.safetensors()
						: kind.startsWith("onnx") ? ModelFiles.onnx() : Content.random(2000, 7).bytes();
		return kind.endsWith("/2") ? Arrays.copyOf(whole, whole.length / 2) : whole;
	}

	private CacheFixture fixture() {
		CacheFixture fixture = new CacheFixture(this.directory).formats(FormatSettings.defaults());
		OciSettings registries = new OciSettings(Map.of(this.registry.host(), new Registry(null, null, true)), null);
		return fixture
			.resolver(new OciResolver(MetadataClients.create(), registries, Schedulers.boundedElastic(),
					Schedulers.parallel()))
			.resolver(new HuggingFaceResolver(
					new HubSettings(this.hub.endpoint(), new HubToken(null, (name) -> null, this.directory)), Map.of(),
					MetadataClients.create(), Schedulers.boundedElastic()));
	}

	private CachedModel get(ModelRequest.Builder request) {
		try (CacheFixture fixture = fixture()) {
			fixture.open(request.build());
			return fixture.get("m");
		}
	}

	private void assertRefused(ModelRequest.Builder request, String reason) {
		assertThatExceptionOfType(ModelFormatException.class).isThrownBy(() -> get(request))
			.withMessageContaining(reason);
	}

	private ModelRequest.Builder oci(String mediaType, Content content, Map<String, String> annotations) {
		this.registry.blob("library/model", content);
		this.registry.manifest("library/model", "v1",
				ManifestJson.of("application/vnd.oci.empty.v1+json").layer(mediaType, content, annotations).toString());
		return ModelRequest.builder("m").url(this.registry.url("oci", "library/model:v1"));
	}

	private ModelRequest.Builder oci(String title, byte[] bytes) {
		return oci(OCTETS, Content.of(bytes), Map.of(TITLE, title));
	}

	@ParameterizedTest
	@CsvSource({ "model.safetensors, safetensors", "weights/model.onnx, onnx", "model, gguf", "m.bin, safetensors",
			"MODEL.GGUF, gguf" })
	void modelOfARegistryKeepsItsTitle(String title, String kind) {
		CachedModel model = get(oci(title, file(kind)));
		assertThat(model.path()).endsWith(Path.of(title)).satisfies(Content.exactly(file(kind)));
		assertThat(model.format().type()).isEqualToIgnoringCase(kind);
		CachedModel again = get(oci(title, file(kind)));
		assertThat(again.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(again.path()).isEqualTo(model.path());
		assertThat(again.verified()).isTrue();
	}

	@ParameterizedTest
	@CsvSource({ "model.safetensors, garbage, not a safetensors file", "model.safetensors, gguf, is a GGUF file",
			"model.gguf, onnx, is an ONNX file", "model.onnx, safetensors, is a safetensors file",
			"model, safetensors/2, is a truncated safetensors file", "model.bin, gguf/2, is a truncated GGUF file",
			"weights.dat, onnx/2, is a truncated ONNX file" })
	void modelOfARegistryIsInspected(String title, String kind, String reason) {
		assertRefused(oci(title, file(kind)), reason);
	}

	@Test
	void compressedModelOfARegistryKeepsItsTitleWithoutTheSuffix() {
		byte[] model = file("safetensors");
		CachedModel first = get(oci("model.safetensors.gz", Compressing.compress(Compression.GZIP, model)));
		assertThat(first.path().getFileName()).hasToString("model.safetensors");
		assertThat(first.path()).satisfies(Content.exactly(model));
		assertThat(get(oci("model.safetensors.gz", Compressing.compress(Compression.GZIP, model))).outcome())
			.isEqualTo(ModelOutcome.CACHED);
	}

	@Test
	void mediaTypeIsAHintThatMustAgree() {
		Map<String, String> title = Map.of(TITLE, "weights");
		String type = "application/vnd.docker.ai.gguf.v3";
		assertRefused(oci(type, Content.of(file("garbage")), title),
				"is a file of another format, not a GGUF file, which its media type promises");
		assertThat(get(oci(type, Content.of(file("gguf")), title)).format().type()).isEqualTo("GGUF");
	}

	@Test
	void nextVersionOfATagReplacesTheFormerOne() {
		CachedModel first = get(oci("model.safetensors", file("safetensors")));
		try (CacheFixture fixture = fixture()) {
			fixture.open(oci("other.onnx", file("onnx")).build());
			assertThat(fixture.get("m").path()).isEqualTo(first.path());
			CachedModel renewed = fixture.cache().refresh("m").block(CacheFixture.PATIENCE);
			assertThat(renewed.path().getFileName()).hasToString("other.onnx");
			assertThat(fixture.get("m").path()).isEqualTo(renewed.path()).isNotEqualTo(first.path());
			fixture.cache().evict("m").block(CacheFixture.PATIENCE);
			assertThat(fixture.find(".onnx")).isEmpty();
		}
	}

	@Test
	void titleIsLockedAndEnforced() {
		Path lock = this.directory.resolve("models.lock");
		for (byte[] content : List.of(file("safetensors"), file("gguf"))) {
			try (CacheFixture fixture = fixture().lockFile(lock)) {
				fixture.open(oci("model.bin", content).build());
				if (Arrays.equals(content, file("safetensors"))) {
					fixture.get("m");
					assertThat(lock).content().contains("model.bin", Content.of(content).sha256().toString());
					fixture.cache().evict("m").block(CacheFixture.PATIENCE);
				}
				else {
					assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> fixture.get("m"))
						.withMessageContaining(lock.toString());
				}
			}
		}
	}

	@ParameterizedTest
	@CsvSource({ "model.safetensors, *.safetensors, safetensors", "onnx/model.onnx, onnx/*, onnx",
			"model.gguf, **/*.gguf, gguf" })
	void fileThatAGlobSelectsKeepsItsName(String name, String glob, String kind) {
		this.hub.repository("org/repo", "0123456789abcdef0123456789abcdef01234567").large(name, Content.of(file(kind)));
		ModelRequest.Builder request = ModelRequest.builder("m").url(URI.create("hf://org/repo")).files(List.of(glob));
		CachedModel model = get(request);
		assertThat(model.path()).endsWith(Path.of(name)).satisfies(Content.exactly(file(kind)));
		assertThat(model.format().type()).isEqualToIgnoringCase(kind);
		assertThat(get(request).outcome()).isEqualTo(ModelOutcome.CACHED);
	}

	@Test
	void fileThatAGlobSelectsIsInspected() {
		this.hub.repository("org/repo", "0123456789abcdef0123456789abcdef01234567")
			.large("model.safetensors", Content.of(file("garbage")));
		assertRefused(ModelRequest.builder("m").url(URI.create("hf://org/repo")).files(List.of("*.safetensors")),
				"not a safetensors file");
	}

	@ParameterizedTest
	@CsvSource({ "/m.gguf, current, garbage, not a GGUF file", "/m.onnx, current, gguf, 'is a GGUF file, not an ONNX'",
			"/m.gguf, m.safetensors, safetensors, 'not a GGUF file, which its name ''m.gguf'' promises'",
			"/m.gguf, m.onnx, gguf, 'not an ONNX file, which its name ''m.onnx'' promises'",
			"/api/download/12345, current, gguf/2, is a truncated GGUF file",
			"/api/download/12345, current, safetensors/2, is a truncated safetensors file",
			"/api/download/12345, current, onnx/2, is a truncated ONNX file",
			"/api/download/12345, m.onnx, garbage, not an ONNX file" })
	void everyNameMustAgreeWithTheBytes(String path, String target, String kind, String reason) {
		this.server.serve(path, file(kind));
		assertRefused(ModelRequest.builder("m")
			.url(this.server.uri(path))
			.modelPath(this.directory.resolve("models/" + target)), reason);
	}

	@ParameterizedTest
	@ValueSource(strings = { "gguf", "safetensors", "onnx" })
	void bytesAloneTellTheFormat(String kind) {
		this.server.serve("/api/download/12345", file(kind));
		ModelRequest.Builder request = ModelRequest.builder("m").url(this.server.uri("/api/download/12345"));
		assertThat(get(request).format().type()).isEqualToIgnoringCase(kind);
		assertThat(get(request.modelPath(this.directory.resolve("models/current"))).format().type())
			.isEqualToIgnoringCase(kind);
	}

	@Test
	void fileOfTheUsersMustBeWhatTheSourceIsCalled() throws Exception {
		Path current = Files.write(this.directory.resolve("current"), file("garbage"));
		ModelRequest.Builder request = ModelRequest.builder("m")
			.url(this.server.uri("/m.gguf"))
			.modelPath(current)
			.expectedDigest(Content.of(file("garbage")).sha256());
		assertRefused(request, "not a GGUF file");
		request.expectedDigest(Content.of(file("gguf")).sha256()).modelPathConflict(ModelPathConflict.KEEP);
		assertThat(get(request).path()).isEqualTo(current.toRealPath());
	}

}
