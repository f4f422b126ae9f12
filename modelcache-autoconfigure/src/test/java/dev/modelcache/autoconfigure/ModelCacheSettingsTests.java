package dev.modelcache.autoconfigure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.autoconfigure.ConnectionSettings.Proxy;
import dev.modelcache.internal.content.DecompressionSettings;
import dev.modelcache.FormatVerification;
import dev.modelcache.internal.content.format.FormatSettings;
import dev.modelcache.internal.lock.LockSettings;
import dev.modelcache.internal.store.AdoptionSettings;
import dev.modelcache.internal.store.HubCacheSettings;
import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.internal.transfer.TransferSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class ModelCacheSettingsTests {

	@Test
	void anApplicationThatConfiguresNothingGetsTheDefaults() {
		ModelCacheSettings settings = BoundConfiguration.of("user.home=/home/me").settings();
		assertThat(settings.transfer()).isEqualTo(TransferSettings.defaults());
		assertThat(settings.lock()).isEqualTo(LockSettings.defaults());
		assertThat(settings.store().withAdoption(AdoptionSettings.OFF))
			.isEqualTo(StoreSettings.defaults(Path.of("/home/me/.cache/modelcache"))
				.withHubCache(new HubCacheSettings(Path.of("/home/me/.cache/huggingface/hub"), true)));
		assertThat(settings.connection())
			.isEqualTo(new ConnectionSettings(Duration.ofSeconds(10), null, null, Map.of()));
		assertThat(settings.decompression()).isEqualTo(new DecompressionSettings(20));
		assertThat(settings.formats()).isEqualTo(FormatSettings.defaults());
		assertThat(settings.offline()).isFalse();
	}

	@Test
	void valuesArrive() {
		ModelCacheSettings settings = BoundConfiguration.of("hooks.llm.download.buffer-size=256KB",
				"hooks.llm.download.connect-timeout=1s", "hooks.llm.download.response-timeout=2s",
				"hooks.llm.download.stall-timeout=3s", "hooks.llm.download.max-redirects=0",
				"hooks.llm.download.max-expansion=3", "hooks.llm.download.allow-insecure-http=true",
				"hooks.llm.download.ssl-bundle=corporate", "hooks.llm.download.proxy.host=proxy",
				"hooks.llm.download.proxy.port=3128", "hooks.llm.download.proxy.username=me",
				"hooks.llm.download.proxy.password=pw", "hooks.llm.download.headers.X-Key=value",
				"hooks.llm.lock.timeout=0", "hooks.llm.lock.stale-after=2h", "hooks.llm.cache.directory=~/c",
				"user.home=/home/me", "hooks.llm.cache.verify=never", "hooks.llm.cache.min-free-space=0",
				"hooks.llm.cache.partial-retention=1d", "hooks.llm.cache.max-size=50GB", "hooks.llm.cache.adopt=false",
				"hooks.llm.cache.layout=private", "hooks.llm.verify-format=warn", "hooks.llm.allow-pickle=true")
			.settings();
		assertThat(settings.transfer()).isEqualTo(new TransferSettings(DataSize.ofKilobytes(256), 4,
				DataSize.ofMegabytes(16), Duration.ofSeconds(2), Duration.ofSeconds(3), 0, true));
		assertThat(settings.decompression()).isEqualTo(new DecompressionSettings(3));
		assertThat(settings.formats()).isEqualTo(new FormatSettings(FormatVerification.WARN, true));
		assertThat(settings.connection()).isEqualTo(new ConnectionSettings(Duration.ofSeconds(1), "corporate",
				new Proxy("proxy", 3128, "me", "pw"), Map.of("X-Key", "value")));
		assertThat(settings.lock()).isEqualTo(new LockSettings(Duration.ZERO, Duration.ofHours(2)));
		assertThat(settings.store()).isEqualTo(
				new StoreSettings(Path.of("/home/me/c"), DataSize.ofBytes(0), Verification.NEVER, Duration.ofDays(1))
					.withMaxSize(DataSize.ofGigabytes(50)));
	}

	@Test
	void directoryThatAllUsersCanWriteToIsRefusedUnlessThatIsMeant(@TempDir Path directory) throws Exception {
		Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
		BoundConfiguration configuration = BoundConfiguration.of("hooks.llm.cache.directory=" + directory);
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(configuration::settings)
			.withMessageContaining("hooks.llm.cache.directory")
			.withMessageContaining("hooks.llm.cache.allow-shared-directory")
			.withMessageContaining(directory.toString());
		assertThat(BoundConfiguration.of("hooks.llm.cache.directory=" + directory + "/modelcache").settings())
			.isNotNull();
		assertThat(BoundConfiguration
			.of("hooks.llm.cache.directory=" + directory, "hooks.llm.cache.allow-shared-directory=true")
			.settings()
			.store()
			.directory()).isEqualTo(directory);
	}

	@Test
	void modelsOfTheHubStandWhereItsOwnToolsAreToldTo() {
		ModelCacheSettings settings = BoundConfiguration
			.of("HF_HUB_CACHE=/data/hub", "HF_HUB_DISABLE_SYMLINKS=1", "user.home=/home/me")
			.settings();
		assertThat(settings.store().hubCache()).isEqualTo(new HubCacheSettings(Path.of("/data/hub"), false));
	}

	@Test
	void offIsAWordAlsoInYaml() throws Exception {
		assertThat(BoundConfiguration.ofYaml("hooks: {llm: {verify-format: off}}").settings().formats().mode())
			.isEqualTo(FormatVerification.OFF);
	}

	@Test
	void theCacheStandsInXdgCacheHome() {
		assertThat(directoryFor(Map.of("XDG_CACHE_HOME", "/var/cache/me")))
			.isEqualTo(Path.of("/var/cache/me/modelcache"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "relative" })
	void anXdgCacheHomeThatIsNotAbsoluteIsIgnored(String value) {
		assertThat(directoryFor(Map.of("XDG_CACHE_HOME", value))).isEqualTo(Path.of("/home/me/.cache/modelcache"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "1", "ON", "yes", "True" })
	void theHubsVariableMeansOffline(String value) {
		assertThat(offlineWith(value)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "0", "off", "no", "2" })
	void otherValuesOfTheHubsVariableMeanOnline(String value) {
		assertThat(offlineWith(value)).isFalse();
	}

	@Test
	void theKeyWinsOverTheHubsVariable() {
		assertThat(BoundConfiguration.of("hooks.llm.offline=false")
			.withVariables(Map.of("HF_HUB_OFFLINE", "1"))
			.settings()
			.offline()).isFalse();
	}

	@Test
	void printedSettingsShowNoSecrets() {
		assertThat(BoundConfiguration
			.of("hooks.llm.download.headers.X-Key=hunter2", "hooks.llm.download.proxy.host=proxy",
					"hooks.llm.download.proxy.port=3128", "hooks.llm.download.proxy.username=hunter2",
					"hooks.llm.download.proxy.password=hunter2")
			.settings()
			.toString()).contains("X-Key", "proxy:3128").doesNotContain("hunter2");
	}

	private static Path directoryFor(Map<String, Object> variables) {
		return BoundConfiguration.of("user.home=/home/me").withVariables(variables).settings().store().directory();
	}

	private static boolean offlineWith(String value) {
		return BoundConfiguration.of().withVariables(Map.of("HF_HUB_OFFLINE", value)).settings().offline();
	}

}
