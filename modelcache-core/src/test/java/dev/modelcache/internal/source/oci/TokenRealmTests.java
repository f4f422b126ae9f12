/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.net.URI;
import java.util.Map;

import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelRequest;
import dev.modelcache.OciOptions.Registry;
import dev.modelcache.internal.http.SentSecrets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link TokenRealm}.
 */
class TokenRealmTests {

	private static URI check(String url, Map<String, Registry> registries, @Nullable String realm) {
		ModelReference reference = ModelReference.parse(URI.create(url));
		OciSettings settings = new OciSettings(registries, null);
		return new TokenRealm(reference, settings, ModelRequest.builder("m").build()).check(realm,
				new SentSecrets(URI.create(url), Map.of()));
	}

	private static Map<String, Registry> configured(String host, boolean insecure) {
		return Map.of(host, new Registry(null, null, insecure));
	}

	private static void assertRefused(String url, Map<String, Registry> registries, @Nullable String realm) {
		assertThatExceptionOfType(ModelAccessDeniedException.class).isThrownBy(() -> check(url, registries, realm))
			.withMessageContaining("no credentials were sent");
	}

	@Test
	void publicHttpsAddressIsFine() {
		assertThat(check("oci://1.0.0.1/a/b", Map.of(), "https://1.1.1.1/token")).hasHost("1.1.1.1");
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://127.0.0.1/token", "https://localhost/token", "https://169.254.169.254/latest",
			"https://10.0.0.1/token", "https://[::1]/token", "https://[fd00::1]/token",
			"https://[::ffff:127.0.0.1]/token" })
	void privateAddressIsRefusedUnlessTheRegistryIsConfigured(String realm) {
		assertRefused("oci://1.0.0.1/a/b", Map.of(), realm);
		assertThat(check("oci://1.0.0.1/a/b", configured("1.0.0.1", false), realm)).isNotNull();
	}

	@Test
	void privateRegistryMayBeItsOwnRealm() {
		assertThat(check("oci://127.0.0.1:5000/a/b", Map.of(), "https://127.0.0.1:5001/token")).isNotNull();
		assertRefused("oci://127.0.0.1:5000/a/b", Map.of(), "https://127.0.0.2:5001/token");
	}

	@Test
	void plainHttpIsForInsecureRegistriesAlone() {
		assertRefused("oci://1.0.0.1/a/b", Map.of(), "http://1.1.1.1/token");
		assertRefused("oci://1.0.0.1/a/b", configured("1.0.0.1", false), "http://1.1.1.1/token");
		assertThat(check("oci://1.0.0.1/a/b", configured("1.0.0.1", true), "http://1.1.1.1/token")).isNotNull();
	}

	@ParameterizedTest
	@CsvSource({ "http://1.0.0.1/token, https://1.0.0.1:5000/token",
			"http://1.0.0.1:5000/v2/token?account=a%20b, https://1.0.0.1:5000/v2/token?account=a%20b",
			"HTTP://1.0.0.1:80, https://1.0.0.1:5000", "http://1.0.0.1:5001/token, https://1.0.0.1:5000/token" })
	void plainRealmOfARegistryBehindTlsIsAskedAsTheRegistryIs(String realm, URI asked) {
		assertThat(check("oci://1.0.0.1:5000/a/b", Map.of(), realm)).isEqualTo(asked);
		assertThat(check("oci://1.0.0.1:5000/a/b", configured("1.0.0.1:5000", false), realm)).isEqualTo(asked);
		assertThat(check("oci://1.0.0.1:5000/a/b", configured("1.0.0.1:5000", true), realm))
			.isEqualTo(URI.create(realm));
	}

	@ParameterizedTest
	@CsvSource({ "/token, 1.0.0.1:5000/token", "/v2/token?account=x, 1.0.0.1:5000/v2/token?account=x",
			"//1.0.0.1:5001/token, 1.0.0.1:5001/token", "' /token ', 1.0.0.1:5000/token" })
	void realmWithoutAHostIsThatOfTheRegistry(String realm, String asked) {
		assertThat(check("oci://1.0.0.1:5000/a/b", Map.of(), realm)).hasToString("https://" + asked);
		assertThat(check("oci://1.0.0.1:5000/a/b", configured("1.0.0.1:5000", true), realm))
			.hasToString("http://" + asked);
	}

	@Test
	void hostOfARealmMayHaveAnUnderscore() {
		String realm = "https://auth_server:5000/token";
		assertThat(check("oci://1.0.0.1/a/b", configured("1.0.0.1", false), realm)).isEqualTo(URI.create(realm));
	}

	@Test
	void plainRealmOfOllamasOwnRegistryIsAskedByHttps() {
		assertThat(check("ollama://gemma", Map.of(), "http://Registry.Ollama.ai/v2/token"))
			.isEqualTo(URI.create("https://registry.ollama.ai/v2/token"));
		assertThat(check("oci://docker.io/a/b", Map.of(), "http://registry-1.docker.io/token"))
			.isEqualTo(URI.create("https://registry-1.docker.io/token"));
		assertRefused("oci://docker.io/a/b", Map.of(), "http://auth.docker.io/token");
	}

	@Test
	void realmOfOllamasRegistryIsTheRegistryItself() {
		assertThat(check("ollama://gemma", Map.of(), "https://registry.ollama.ai/v2/token")).isNotNull();
		assertRefused("ollama://gemma", Map.of(), "https://1.1.1.1/v2/token");
		assertThat(check("ollama://gemma", configured("registry.ollama.ai", false), "https://1.1.1.1/v2/token"))
			.isNotNull();
	}

	@ParameterizedTest
	@NullSource
	@ValueSource(strings = { "registry", "https:///token", "file:///etc/passwd", "ftp://1.1.1.1/",
			"https://user:pw@1.1.1.1/token", "https://1.1.1.1/#x", "https://127.1/token", "https://a b/", "" })
	void whatIsNoUrlIsRefused(@Nullable String realm) {
		assertRefused("oci://1.0.0.1/a/b", configured("1.0.0.1", true), realm);
	}

}
