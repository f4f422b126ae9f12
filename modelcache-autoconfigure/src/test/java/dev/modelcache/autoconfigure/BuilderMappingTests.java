/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import dev.modelcache.CacheOptions;
import dev.modelcache.DownloadOptions;
import dev.modelcache.FormatVerification;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.runtime.LlmClassifier;
import dev.modelcache.runtime.ModelManager;
import org.assertj.core.api.recursive.comparison.RecursiveComparisonConfiguration;
import org.assertj.core.api.recursive.comparison.RecursiveComparisonDifferenceCalculator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link BuilderMapping}.
 */
class BuilderMappingTests {

	@Test
	void withoutKeysTheOptionsAreTheDefaultsOfTheBuilder() {
		assertThat(isDefault(BoundConfiguration.of())).isTrue();
		assertThat(isDefault(BoundConfiguration.of("hooks.llm.startup.retry-interval=2m"))).isFalse();
		assertThat(isDefault(BoundConfiguration.of("hooks.llm.download.connections=5"))).isFalse();
	}

	private static boolean isDefault(BoundConfiguration configuration) {
		return new RecursiveComparisonDifferenceCalculator()
			.determineDifferences(configuration.builder(), ModelCache.builder(),
					RecursiveComparisonConfiguration.builder()
						.withIgnoredFields("environment", "configuredAs", "connectors", "resourceLoader")
						.build())
			.isEmpty();
	}

	@Test
	void withoutKeysTheClassifierHasTheDefaultsOfItsBuilder() {
		assertThat(BoundConfiguration.of().classifier()).usingRecursiveComparison()
			.ignoringFields("models", "configuredAs", "observer", "scheduler", "clock")
			.isEqualTo(LlmClassifier.builder(mock(ModelManager.class)));
	}

	@Test
	void valuesArrive(@TempDir Path home) {
		BoundConfiguration configuration = BoundConfiguration.of("hooks.llm.download.buffer-size=256KB",
				"hooks.llm.download.connections=5", "hooks.llm.download.models=2",
				"hooks.llm.download.segment-size=2MB", "hooks.llm.download.connect-timeout=1s",
				"hooks.llm.download.response-timeout=2s", "hooks.llm.download.stall-timeout=3s",
				"hooks.llm.download.give-up-after=4m", "hooks.llm.download.min-speed=2KB",
				"hooks.llm.download.max-bandwidth=7MB", "hooks.llm.download.max-redirects=0",
				"hooks.llm.download.block-private-redirects=false", "hooks.llm.download.max-expansion=3",
				"hooks.llm.download.allow-insecure-http=true", "hooks.llm.download.proxy.host=proxy",
				"hooks.llm.download.proxy.port=3128", "hooks.llm.download.proxy.username=me",
				"hooks.llm.download.proxy.password=pw", "hooks.llm.download.proxy.no-proxy=localhost,10.0.0.0/8",
				"hooks.llm.download.tls-handshake-timeout=7s", "hooks.llm.download.headers.X-Key=value",
				"hooks.llm.lock.timeout=0", "hooks.llm.lock.stale-after=2h", "hooks.llm.cache.directory=~/c",
				"user.home=" + home, "hooks.llm.cache.verify=never", "hooks.llm.cache.min-free-space=0",
				"hooks.llm.cache.partial-retention=1d", "hooks.llm.cache.max-size=50GB", "hooks.llm.cache.adopt=false",
				"hooks.llm.cache.layout=private", "hooks.llm.cache.allow-shared-directory=true",
				"hooks.llm.cache.permissions=group", "hooks.llm.cache.allow-non-atomic=true",
				"hooks.llm.cache.seal=true", "hooks.llm.cache.trust-seals=false",
				"hooks.llm.cache.read-only-roots=/image,~/volume", "hooks.llm.huggingface.endpoint=https://hub",
				"hooks.llm.huggingface.token=hf_1", "hooks.llm.huggingface.cache-directory=~/hub");
		DownloadOptions download = configuration.download();
		assertThat(download.bufferSize()).isEqualTo(DataSize.ofKilobytes(256));
		assertThat(download.connections()).isEqualTo(5);
		assertThat(download.models()).isEqualTo(2);
		assertThat(download.segmentSize()).isEqualTo(DataSize.ofMegabytes(2));
		assertThat(download.connectTimeout()).isEqualTo(Duration.ofSeconds(1));
		assertThat(download.responseTimeout()).isEqualTo(Duration.ofSeconds(2));
		assertThat(download.stallTimeout()).isEqualTo(Duration.ofSeconds(3));
		assertThat(download.giveUpAfter()).isEqualTo(Duration.ofMinutes(4));
		assertThat(download.minSpeed()).isEqualTo(DataSize.ofKilobytes(2));
		assertThat(download.maxBandwidth()).isEqualTo(DataSize.ofMegabytes(7));
		assertThat(download.maxRedirects()).isZero();
		assertThat(download.blockPrivateRedirects()).isFalse();
		assertThat(download.maxExpansion()).isEqualTo(3);
		assertThat(download.allowInsecureHttp()).isTrue();
		assertThat(download.proxyHost()).isEqualTo("proxy");
		assertThat(download.proxyPort()).isEqualTo(3128);
		assertThat(download.proxyUsername()).isEqualTo("me");
		assertThat(download.proxyPassword()).isEqualTo("pw");
		assertThat(download.noProxy()).containsExactly("localhost", "10.0.0.0/8");
		assertThat(download.tlsHandshakeTimeout()).hasSeconds(7);
		assertThat(download.headers()).isEqualTo(Map.of("X-Key", "value"));
		assertThat(configuration.lock().timeout()).isZero();
		assertThat(configuration.lock().staleAfter()).isEqualTo(Duration.ofHours(2));
		CacheOptions cache = configuration.cache();
		assertThat(cache.directory()).isEqualTo(home.resolve("c"));
		assertThat(cache.verify()).isEqualTo(CacheOptions.Verification.NEVER);
		assertThat(cache.minFreeSpace()).isEqualTo(DataSize.ofBytes(0));
		assertThat(cache.partialRetention()).isEqualTo(Duration.ofDays(1));
		assertThat(cache.maxSize()).isEqualTo(DataSize.ofGigabytes(50));
		assertThat(cache.adopt()).isFalse();
		assertThat(cache.layout()).isEqualTo(CacheOptions.Layout.PRIVATE);
		assertThat(cache.allowSharedDirectory()).isTrue();
		assertThat(cache.permissions()).isEqualTo(CacheOptions.Permissions.GROUP);
		assertThat(cache.allowNonAtomic()).isTrue();
		assertThat(cache.seal()).isTrue();
		assertThat(cache.trustSeals()).isFalse();
		assertThat(cache.readOnlyRoots()).containsExactly(Path.of("/image"), home.resolve("volume"));
		assertThat(configuration.huggingFace().endpoint()).isEqualTo("https://hub");
		assertThat(configuration.huggingFace().token()).isEqualTo("hf_1");
		assertThat(configuration.huggingFace().cacheDirectory()).isEqualTo(home.resolve("hub"));
	}

	@Test
	void timesOfTheStartArrive() {
		assertThat(
				BoundConfiguration.of("hooks.llm.startup.jitter=10m", "hooks.llm.startup.retry-interval=3m").builder())
			.extracting("startupJitter", "retryInterval")
			.containsExactly(Duration.ofMinutes(10), Duration.ofMinutes(3));
	}

	@Test
	void offIsAWordAlsoInYaml() throws Exception {
		assertThat(BoundConfiguration.ofYaml("hooks: {llm: {verify-format: off}}").properties().getVerifyFormat())
			.isEqualTo(FormatVerification.OFF);
	}

	@Test
	void anEmptyPathIsAnError() {
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> BoundConfiguration.of("hooks.llm.huggingface.cache-directory=").builder())
			.satisfies((ex) -> assertThat(ex.key()).isEqualTo("hooks.llm.huggingface.cache-directory"));
	}

	@Test
	void variablesOfOtherToolsAreThoseOfTheEnvironment() {
		assertThat(BoundConfiguration.of("hooks.llm.url=https://host/m.gguf")
			.withVariables(Map.of("HF_ENDPOINT", "http://mirror.example")))
			.satisfies((configuration) -> assertThatExceptionOfType(ModelConfigurationException.class)
				.isThrownBy(configuration::models)
				.satisfies((ex) -> assertThat(ex.key()).isEqualTo("HF_ENDPOINT")));
	}

}
