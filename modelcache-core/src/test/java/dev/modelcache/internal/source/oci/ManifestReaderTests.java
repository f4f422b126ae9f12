/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ManifestJson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link ManifestReader} and {@link IndexChoice}.
 */
class ManifestReaderTests {

	private static final String DIGEST = "sha256:" + "0123456789abcdef".repeat(4);

	private static Manifest read(String json) {
		return ManifestReader.read(json.getBytes(StandardCharsets.UTF_8), DIGEST);
	}

	private static String layered(String descriptor) {
		return "{\"schemaVersion\":2,\"config\":" + descriptor("1") + ",\"layers\":[" + descriptor + "]}";
	}

	private static String descriptor(String size) {
		return "{\"mediaType\":\"x\",\"digest\":\"" + DIGEST + "\",\"size\":" + size + "}";
	}

	private static void assertRefused(String json) {
		assertThatIllegalArgumentException().isThrownBy(() -> read(json));
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"annotations\":{\"a\":\"%s\"}", "\"data\":\"%s\"" })
	void textsMayFillTheManifest(String member) {
		String text = "x".repeat(3 << 20);
		String layer = ManifestJson.descriptor("t", Content.of("a").sha256().toString(), 1, Map.of());
		String manifest = "{\"schemaVersion\":2,\"layers\":[" + layer.substring(0, layer.length() - 1) + ","
				+ member.formatted(text) + "}]}";
		assertThat(ManifestReader.read(manifest.getBytes(StandardCharsets.UTF_8), "sha256:a").layers()).hasSize(1);
	}

	@Test
	void annotationsMayFillTheManifest() {
		Map<String, String> annotations = IntStream.range(0, 20_000)
			.boxed()
			.collect(Collectors.toMap((i) -> "com.example.annotation-of-a-layer-" + i, (i) -> "x".repeat(100)));
		String layer = ManifestJson.descriptor("t", DIGEST, 1, annotations);
		assertThat(read(layered(layer)).layers().get(0).annotations()).isEqualTo(annotations);
	}

	@ParameterizedTest
	@ValueSource(strings = { "[]", "null", "[],\"config\":null,\"annotations\":null", "[],\"layers\":null" })
	void emptyIndexIsAnIndex(String manifests) {
		Manifest index = read("{\"schemaVersion\":2,\"manifests\":" + manifests + "}");
		assertThat(index.isIndex()).isTrue();
		assertThatIllegalArgumentException().isThrownBy(() -> IndexChoice.choose(index, "amd64"))
			.withMessage("is an empty index: it names no manifest");
	}

	@Test
	void listThatIsNullIsEmpty() {
		Manifest manifest = read("{\"schemaVersion\":2,\"config\":" + descriptor("1") + ",\"layers\":null}");
		assertThat(manifest.isIndex()).isFalse();
		assertThat(manifest.layers()).isEmpty();
	}

	@Test
	void listThatIsNullBesideTheOtherIsNone() {
		assertRefused("{\"schemaVersion\":2,\"layers\":null,\"manifests\":null}");
		Manifest manifest = read("{\"schemaVersion\":2,\"layers\":[" + descriptor("1") + "],\"manifests\":null}");
		assertThat(manifest.isIndex()).isFalse();
		assertThat(manifest.layers()).hasSize(1);
		assertThat(read("{\"schemaVersion\":2,\"layers\":[],\"manifests\":null}").isIndex()).isFalse();
		Manifest index = read("{\"schemaVersion\":2,\"manifests\":[" + descriptor("1") + "],\"layers\":null}");
		assertThat(index.isIndex()).isTrue();
		assertThat(IndexChoice.choose(index, "amd64").digest()).isEqualTo(DIGEST);
	}

	@Test
	void manifestIsReadWithItsAnnotations() {
		Manifest manifest = read(ManifestJson.of("config/type")
			.artifactType("artifact/type")
			.layer("layer/type", Content.of("abc"), Map.of("k", "v"))
			.toString());
		assertThat(manifest.artifactType()).isEqualTo("artifact/type");
		assertThat(manifest.configType()).isEqualTo("config/type");
		assertThat(manifest.isIndex()).isFalse();
		assertThat(manifest.layers()).singleElement().satisfies((layer) -> {
			assertThat(layer.mediaType()).isEqualTo("layer/type");
			assertThat(layer.size()).isEqualTo(3);
			assertThat(layer.annotation("k")).isEqualTo("v");
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "null", "[]", "\"x\"", "{}", "<html></html>", "{\"schemaVersion\":1,\"layers\":[]}",
			"{\"schemaVersion\":99999999999999999999,\"layers\":[]}", "{\"schemaVersion\":2.5,\"layers\":[]}",
			"{\"schemaVersion\":2}", "{\"schemaVersion\":\"2\",\"layers\":[]}", "{\"schemaVersion\":2,\"layers\":{}}",
			"{\"schemaVersion\":2,\"layers\":[],\"manifests\":[]}", "{\"schemaVersion\":2,\"layers\":[]}trailing",
			"{\"schemaVersion\":2,\"layers\":[],\"layers\":[]}", "{\"schemaVersion\":2,\"layers\":[1]}",
			"{\"schemaVersion\":2,\"layers\":[{}]}", "{\"schemaVersion\":2.0,\"layers\":[]}" })
	void whatIsNoManifestIsRefused(String json) {
		assertRefused(json);
	}

	@ParameterizedTest
	@ValueSource(strings = { "-1", "1.5", "\"1\"", "null", "9223372036854775808", "1125899906842625", "1e3" })
	void sizesThatNoFileHasAreRefused(String size) {
		assertRefused(layered(descriptor(size)));
	}

	@ParameterizedTest
	@ValueSource(strings = { "sha256:abc", "SHA256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
			"sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
			"sha256-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "",
			"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\\n",
			"sha256:../../../../../../../../../../../../../../../../../../../etc/passwd" })
	void digestsMustBeStrict(String digest) {
		assertRefused(layered("{\"mediaType\":\"x\",\"digest\":\"" + digest + "\",\"size\":1}"));
	}

	@Test
	void limitsHold() {
		String many = IntStream.range(0, 4097).mapToObj((i) -> descriptor("1")).collect(Collectors.joining(","));
		assertRefused(layered(many));
		assertRefused("{\"schemaVersion\":2,\"layers\":[],\"x\":" + "[".repeat(100) + "]".repeat(100) + "}");
		assertRefused("{\"schemaVersion\":2,\"layers\":[]" + " ".repeat(ManifestReader.LARGEST) + "}");
		assertRefused(layered("{\"mediaType\":\"" + "x".repeat(300) + "\",\"digest\":\"" + DIGEST + "\",\"size\":1}"));
		assertThat(read(layered(descriptor("1125899906842624"))).layers()).hasSize(1);
	}

	@Test
	void messagesDoNotQuoteTheDocument() {
		assertThatIllegalArgumentException().isThrownBy(() -> read("{\"secret-token\" oops"))
			.withMessageNotContaining("secret")
			.withNoCause();
	}

	private static String entry(int number, String rest) {
		String digest = Content.of("manifest " + number).sha256().toString();
		return "{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"" + digest + "\",\"size\":1"
				+ rest + "}";
	}

	private static String chosen(String... entries) {
		return IndexChoice.choose(read(ManifestJson.index(entries)), "amd64").digest();
	}

	private static String digest(int number) {
		return Content.of("manifest " + number).sha256().toString();
	}

	private static String platform(String os, String architecture) {
		return ",\"platform\":{\"os\":\"" + os + "\",\"architecture\":\"" + architecture + "\"}";
	}

	@Test
	void onlyManifestOfAnIndexIsTheModel() {
		assertThat(chosen(entry(1, platform("linux", "arm64")))).isEqualTo(digest(1));
	}

	@Test
	void attestationsAreNoModels() {
		assertThat(chosen(entry(1, platform("unknown", "unknown")),
				entry(2, ",\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}"),
				entry(3, platform("linux", "s390x"))))
			.isEqualTo(digest(3));
	}

	@Test
	void artifactTypeThenNoPlatformThenThisMachineDecides() {
		assertThat(chosen(entry(1, ""), entry(2, ",\"artifactType\":\"application/vnd.cncf.model.manifest.v1+json\"")))
			.isEqualTo(digest(2));
		assertThat(chosen(entry(1, platform("linux", "amd64")), entry(2, ""))).isEqualTo(digest(2));
		assertThat(chosen(entry(1, platform("linux", "arm64")), entry(2, platform("linux", "amd64"))))
			.isEqualTo(digest(2));
	}

	@Test
	void indexOfAlikesIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> chosen(entry(1, ""), entry(2, "")))
			.withMessageContaining("is an index of 2 manifests");
		assertThatIllegalArgumentException().isThrownBy(() -> chosen(entry(1, platform("unknown", "unknown"))));
	}

}
