/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;

import dev.modelcache.CacheOptions;
import dev.modelcache.DownloadOptions;
import dev.modelcache.HuggingFaceOptions;
import dev.modelcache.LockOptions;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.OciOptions;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.content.DecompressionSettings;
import dev.modelcache.internal.lock.LockSettings;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.oci.OciSettings;
import dev.modelcache.internal.store.AdoptionSettings;
import dev.modelcache.internal.store.FileRules;
import dev.modelcache.internal.store.HubCacheSettings;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.internal.transfer.TransferSettings;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link Settings}, and for the defaults that come from {@link Surroundings}.
 */
@ExtendWith(OutputCaptureExtension.class)
class SettingsTests {

	@TempDir
	private Path home;

	private final DownloadOptions download = options((use) -> ModelCache.builder().download(use));

	private final CacheOptions cache = options((use) -> ModelCache.builder().cache(use));

	private final LockOptions lock = options((use) -> ModelCache.builder().lock(use));

	private final HuggingFaceOptions hub = options((use) -> ModelCache.builder().huggingFace(use));

	private final OciOptions oci = options((use) -> ModelCache.builder().oci(use));

	private static <T> T options(Consumer<Consumer<T>> builder) {
		AtomicReference<T> options = new AtomicReference<>();
		builder.accept(options::set);
		return options.get();
	}

	private Settings settings(Map<String, String> variables) {
		Map<String, String> all = new HashMap<>(Map.of("user.home", this.home.toString()));
		all.putAll(variables);
		Function<String, String> environment = all::get;
		return new Settings("hooks.llm", environment);
	}

	private StoreSettings store(Map<String, String> variables) {
		return settings(variables).store(this.cache, this.hub);
	}

	private Path huggingFace(Map<String, String> variables) {
		return store(variables).adoption().huggingFaceCaches().get(0);
	}

	private HubSettings hub(Map<String, String> variables) {
		return settings(variables).hub(this.hub, this.download, this.cache);
	}

	@Test
	void optionsThatNobodyChangesAreTheDefaults() {
		Settings settings = settings(Map.of());
		assertThat(settings.transfer(this.download)).isEqualTo(TransferSettings.defaults());
		assertThat(settings.lock(this.lock, this.cache)).isEqualTo(LockSettings.defaults());
		assertThat(settings.store(this.cache, this.hub).withAdoption(AdoptionSettings.OFF))
			.isEqualTo(StoreSettings.defaults(this.home.resolve(".cache/modelcache"))
				.withHubCache(new HubCacheSettings(this.home.resolve(".cache/huggingface/hub"), true)));
		assertThat(settings.decompression(this.download)).isEqualTo(new DecompressionSettings(20));
		assertThat(settings.proxy(this.download)).isNull();
		assertThat(settings.offline(null)).isFalse();
	}

	@Test
	void optionsArrive() {
		Settings settings = settings(Map.of());
		this.download.bufferSize(DataSize.ofKilobytes(256))
			.responseTimeout(Duration.ofSeconds(2))
			.stallTimeout(Duration.ofSeconds(3))
			.maxRedirects(0)
			.allowInsecureHttp(true)
			.maxExpansion(3)
			.proxyHost("proxy")
			.proxyPort(3128)
			.proxyUsername("me")
			.proxyPassword("pw");
		this.lock.timeout(Duration.ZERO).staleAfter(Duration.ofHours(2));
		this.cache.directory(Path.of("/c"))
			.verify(CacheOptions.Verification.NEVER)
			.minFreeSpace(DataSize.ofBytes(0))
			.partialRetention(Duration.ofDays(1))
			.maxSize(DataSize.ofGigabytes(50))
			.adopt(false)
			.layout(CacheOptions.Layout.PRIVATE)
			.permissions(CacheOptions.Permissions.GROUP)
			.allowSharedDirectory(true)
			.allowNonAtomic(true)
			.seal(true)
			.trustSeals(false)
			.readOnlyRoots(List.of(Path.of("/image")));
		assertThat(settings.transfer(this.download)).isEqualTo(new TransferSettings(DataSize.ofKilobytes(256), 4,
				DataSize.ofMegabytes(16), Duration.ofSeconds(2), Duration.ofSeconds(3), 0, true));
		assertThat(settings.decompression(this.download)).isEqualTo(new DecompressionSettings(3));
		assertThat(settings.proxy(this.download))
			.isEqualTo(new Proxy(Proxy.Type.HTTP, "proxy", 3128, "me", "pw", "hooks.llm.download.proxy.host and .port"))
			.hasToString("proxy:3128");
		assertThat(settings.lock(this.lock, this.cache))
			.isEqualTo(new LockSettings(Duration.ZERO, Duration.ofHours(2), FileAccess.GROUP));
		assertThat(settings.store(this.cache, this.hub)).isEqualTo(new StoreSettings(Path.of("/c"), DataSize.ofBytes(0),
				CacheOptions.Verification.NEVER, Duration.ofDays(1))
			.withMaxSize(DataSize.ofGigabytes(50))
			.withRules(new FileRules(FileAccess.GROUP, true, true))
			.withSeals(true, false)
			.withReadOnlyRoots(List.of(Path.of("/image"))));
		assertThat(settings.hub(this.hub, this.download, this.cache).caches()).startsWith(Path.of("/image"),
				Path.of("/image/hub"));
	}

	@Test
	void directoryThatIsFilledByOthersIsAnotherOne(@TempDir Path directory) throws Exception {
		for (Path root : List.of(directory, Files.createFile(directory.resolve("file")))) {
			this.cache.directory(directory).readOnlyRoots(List.of(root));
			assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> store(Map.of()))
				.withMessageContaining("hooks.llm.cache.read-only-roots")
				.withMessageContaining(root.toString());
		}
	}

	@Test
	void directoryThatAllUsersCanWriteToIsRefusedUnlessThatIsMeant(@TempDir Path directory) throws Exception {
		Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
		this.cache.directory(directory);
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> store(Map.of()))
			.withMessageContaining("hooks.llm.cache.directory")
			.withMessageContaining("hooks.llm.cache.allow-shared-directory")
			.withMessageContaining(directory.toString());
		assertThat(settings(Map.of()).store(this.cache.directory(directory.resolve("modelcache")), this.hub))
			.isNotNull();
		this.cache.directory(directory).allowSharedDirectory(true);
		assertThat(store(Map.of()).directory()).isEqualTo(directory);
	}

	/** A volume with an fsGroup: root:GROUP, 2775. */
	@Test
	void directoryThatAGroupSharesNeedsNoOtherKey(@TempDir Path directory) throws Exception {
		Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxr-x"));
		this.cache.directory(directory).permissions(CacheOptions.Permissions.GROUP);
		assertThat(store(Map.of()).rules()).isEqualTo(new FileRules(FileAccess.GROUP, false, false));
		Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> store(Map.of()))
			.withMessageContaining("hooks.llm.cache.allow-shared-directory");
	}

	@ParameterizedTest
	@CsvSource({ "65530, false, true", "65530, true, false", "0, false, false" })
	@Tag("root")
	void directoryOfAnotherUserIsNamed(int owner, boolean meant, boolean named, @TempDir Path directory,
			CapturedOutput output) throws Exception {
		Files.setAttribute(directory, "unix:uid", owner);
		this.cache.directory(directory).allowSharedDirectory(meant);
		assertThat(store(Map.of()).directory()).isEqualTo(directory);
		assertThat(output.getOut().contains(directory + " belongs to the user '" + owner + "'")).isEqualTo(named);
	}

	@Test
	void theCacheStandsInXdgCacheHome() {
		assertThat(store(Map.of("XDG_CACHE_HOME", "/var/cache/me")).directory())
			.isEqualTo(Path.of("/var/cache/me/modelcache"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "relative" })
	void anXdgCacheHomeThatIsNotAbsoluteIsIgnored(String value) {
		assertThat(store(Map.of("XDG_CACHE_HOME", value)).directory())
			.isEqualTo(this.home.resolve(".cache/modelcache"));
	}

	@Test
	void homeComesBeforeTheHomeOfTheJvm() throws IOException {
		Path other = Files.createDirectory(this.home.resolve("other"));
		assertThat(store(Map.of("HOME", other.toString())).directory()).isEqualTo(other.resolve(".cache/modelcache"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "?", "relative", "/nonexistent", "/dev/null", "/no/such/home", "/" })
	void homeThatCannotBeUsedGivesWayToTheHomeOfTheJvm(String value) {
		assertThat(store(Map.of("HOME", value)).directory()).isEqualTo(this.home.resolve(".cache/modelcache"));
	}

	@Test
	void homeThatHasACacheComesFirst() throws IOException {
		Path other = Files.createDirectory(this.home.resolve("other"));
		Path cache = Files.createDirectories(this.home.resolve(".cache/modelcache"));
		assertThat(store(Map.of("HOME", other.toString())).directory()).isEqualTo(cache);
		assertThat(store(Map.of("HOME", this.home.toString(), "user.home", other.toString())).directory())
			.isEqualTo(cache);
	}

	@Test
	void homeThatExistsComesBeforeOneThatWouldBeCreated() {
		assertThat(store(Map.of("HOME", this.home.resolve("new").toString())).directory())
			.isEqualTo(this.home.resolve(".cache/modelcache"));
		assertThat(store(Map.of("user.home", this.home.resolve("new").toString())).directory())
			.isEqualTo(this.home.resolve("new/.cache/modelcache"));
	}

	@ParameterizedTest
	@CsvSource(textBlock = """
			?;                | HOME is not set; user.home is '?', which is not an absolute path
			;                 | HOME is not set; user.home is not set
			/nonexistent;/x/y | HOME is '/x/y', which does not exist; user.home is '/nonexistent', which does not exist
			?;/dev/null       | HOME is '/dev/null', which is not a directory; user.home is '?', which
			""", delimiter = '|')
	void withoutAHomeThereIsNoDirectoryAndTheReasonsAreKept(String homes, String reasons) {
		String[] both = homes.replace("'", "").split(";", -1);
		StoreSettings store = store(Map.of("user.home", both[0], "HOME", both[1], "XDG_CACHE_HOME", "relative"));
		assertThat(store.directory()).isEqualTo(StoreSettings.NOWHERE);
		assertThat(store.noDirectory()).isNotNull();
		assertThat(store.noDirectory().failure("m"))
			.hasMessageContaining("hooks.llm.cache.directory: is not set, and there is no default: XDG_CACHE_HOME is "
					+ "'relative', which is not an absolute path; " + reasons)
			.satisfies((ex) -> assertThat(ex.action())
				.isEqualTo("Set hooks.llm.cache.directory to a directory to which this user can write"));
		assertThat(store.adoption().huggingFaceCaches()).isEmpty();
		assertThat(settings(Map.of("user.home", "?")).oci(this.oci).dockerConfig()).isNull();
	}

	@Test
	void configuredDirectoryNeedsNoHome() {
		this.cache.directory(this.home.resolve("cache"));
		StoreSettings store = store(Map.of("user.home", "?"));
		assertThat(store.directory()).isEqualTo(this.home.resolve("cache"));
		assertThat(store.noDirectory()).isNull();
	}

	@Test
	void tildeIsTheHomeDirectory() {
		assertThat(settings(Map.of()).path(null, "key", "~/m/x.gguf")).isEqualTo(this.home.resolve("m/x.gguf"));
		assertThat(settings(Map.of("HOME", "/dev/null")).path(null, "key", "~")).isEqualTo(this.home);
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> settings(Map.of("user.home", "?")).path("m", "hooks.llm.model-path", "~/x.gguf"))
			.withMessageContaining(
					"hooks.llm.model-path: begins with ~, but there is no home directory: HOME is not set");
	}

	@Test
	void whatStandsWhereTheDirectoryShouldBeIsTold() throws IOException {
		Path file = Files.createFile(this.home.resolve("file"));
		Path dangling = Files.createSymbolicLink(this.home.resolve("dangling"), Path.of("gone"));
		Path link = Files.createSymbolicLink(this.home.resolve("link"), file);
		Path good = Files.createSymbolicLink(this.home.resolve("good"), this.home);
		assertProblem(file, file + " is not a directory");
		assertProblem(dangling, dangling + " is a link to gone, which does not exist");
		assertProblem(link, link + " is a link to " + file + ", which is not a directory");
		assertProblem(file.resolve("a/b"), file.resolve("a/b") + " cannot be created because " + file + " is not");
		assertProblem(dangling.resolve("a"), dangling.resolve("a") + " cannot be created because " + dangling);
		this.cache.directory(good.resolve("new"));
		assertThat(store(Map.of()).directory()).isEqualTo(good.resolve("new"));
	}

	private void assertProblem(Path directory, String problem) {
		this.cache.directory(directory);
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> store(Map.of()))
			.withMessageContaining("hooks.llm.cache.directory: " + problem);
		this.cache.directory(this.home);
		this.hub.cacheDirectory(directory);
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> store(Map.of()))
			.withMessageContaining("hooks.llm.huggingface.cache-directory: " + problem);
		this.hub.cacheDirectory(null);
	}

	@ParameterizedTest
	@ValueSource(strings = { "1", "ON", "yes", "True" })
	void theHubsVariableMeansOffline(String value) {
		assertThat(settings(Map.of("HF_HUB_OFFLINE", value)).offline(null)).isTrue();
		assertThat(settings(Map.of("HF_HUB_OFFLINE", value)).offline(false)).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "0", "off", "no", "2" })
	void otherValuesOfTheHubsVariableMeanOnline(String value) {
		assertThat(settings(Map.of("HF_HUB_OFFLINE", value)).offline(null)).isFalse();
	}

	@Test
	void modelsOfTheHubStandWhereItsOwnToolsAreToldTo() {
		assertThat(store(Map.of("HF_HUB_CACHE", "/data/hub", "HF_HUB_DISABLE_SYMLINKS", "1")).hubCache())
			.isEqualTo(new HubCacheSettings(Path.of("/data/hub"), false));
	}

	@Test
	void withoutVariablesTheToolsOwnDefaultsCount() {
		assertThat(store(Map.of()).adoption())
			.isEqualTo(new AdoptionSettings(true, List.of(this.home.resolve(".cache/huggingface/hub")),
					List.of(this.home.resolve(".ollama/models"), Path.of("/usr/share/ollama/.ollama/models"))));
	}

	@ParameterizedTest
	@CsvSource({ "HF_HUB_CACHE,/hub,/hub", "HUGGINGFACE_HUB_CACHE,/hub,/hub", "HF_HOME,/hf,/hf/hub",
			"XDG_CACHE_HOME,/cache,/cache/huggingface/hub", "HF_HOME,~/hf,hf/hub", "HF_HUB_CACHE,~,''",
			"XDG_CACHE_HOME,relative,.cache/huggingface/hub" })
	void eachVariableOfTheHubsToolsIsKnown(String variable, String value, String directory) {
		assertThat(huggingFace(Map.of(variable, value))).isEqualTo(this.home.resolve(directory));
	}

	@Test
	void cacheOfTheHubThatExistsInOneHomeComesBeforeOneThatWouldBeCreated() throws IOException {
		Path other = Files.createDirectory(this.home.resolve("other"));
		Path cache = Files.createDirectories(this.home.resolve(".cache/huggingface/hub"));
		assertThat(huggingFace(Map.of("HOME", other.toString()))).isEqualTo(cache);
	}

	@Test
	void theFirstVariableWinsAndOthersAreExpandedInIt() {
		assertThat(huggingFace(
				Map.of("HF_HUB_CACHE", "$BASE/${USER_DIR}/hub", "BASE", "/b", "USER_DIR", "u", "HF_HOME", "/hf")))
			.isEqualTo(Path.of("/b/u/hub"));
	}

	@Test
	void theOptionWinsOverTheVariables() {
		this.hub.cacheDirectory(Path.of("/mine"));
		assertThat(huggingFace(Map.of("HF_HUB_CACHE", "/hub"))).isEqualTo(Path.of("/mine"));
	}

	@Test
	void ollamasVariableIsKnown() {
		assertThat(store(Map.of("OLLAMA_MODELS", "/models")).adoption().ollamaStores())
			.containsExactly(Path.of("/models"), Path.of("/usr/share/ollama/.ollama/models"));
	}

	@Test
	void adoptionCanBeSwitchedOff() {
		this.cache.adopt(false);
		assertThat(store(Map.of()).adoption()).isEqualTo(AdoptionSettings.OFF);
	}

	@Test
	void withoutConfigurationTheHubIsAsked() {
		assertThat(hub(Map.of()).endpoint()).isEqualTo(URI.create("https://huggingface.co"));
	}

	@Test
	void theVariableOfTheHubsToolsNamesAnother() {
		assertThat(hub(Map.of("HF_ENDPOINT", "https://mirror.example/")).endpoint())
			.isEqualTo(URI.create("https://mirror.example"));
	}

	@Test
	void theEndpointComesBeforeTheVariableAndMayHaveAPath() {
		this.hub.endpoint("https://host/api/hub//");
		assertThat(hub(Map.of("HF_ENDPOINT", "https://mirror.example")).endpoint())
			.isEqualTo(URI.create("https://host/api/hub"));
	}

	@Test
	void aWrongVariableIsNamed() {
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> hub(Map.of("HF_ENDPOINT", "http://mirror.example")))
			.satisfies((ex) -> assertThat(ex.key()).isEqualTo("HF_ENDPOINT"));
	}

	@Test
	void noTextShowsTheToken() {
		this.hub.token("hf_secret");
		assertThat(hub(Map.of())).asString().doesNotContain("hf_secret");
	}

	@Test
	void dockersConfigurationIsReadWhereItsToolsReadIt() {
		assertThat(settings(Map.of()).oci(this.oci).dockerConfig()).isEqualTo(this.home.resolve(".docker/config.json"));
		assertThat(settings(Map.of("DOCKER_CONFIG", "/etc/docker")).oci(this.oci).dockerConfig())
			.isEqualTo(Path.of("/etc/docker/config.json"));
	}

	@Test
	void filesOfPodmanAreReadWhereItsToolsReadThem() throws IOException {
		Path usual = this.home.resolve(".config/containers/auth.json");
		assertThat(settings(Map.of("XDG_RUNTIME_DIR", "run")).oci(this.oci).authFiles().get()).containsExactly(usual);
		if (System.getProperty("os.name").startsWith("Linux")) {
			Object user = Files.getAttribute(Files.createTempFile(this.home, "file", ""), "unix:uid");
			assertThat(settings(Map.of()).oci(this.oci).authFiles().get())
				.containsExactly(Path.of("/run/containers/" + user + "/auth.json"), usual);
		}
		assertThat(settings(Map.of("XDG_RUNTIME_DIR", "/run/user/1")).oci(this.oci).authFiles().get())
			.containsExactly(Path.of("/run/user/1/containers/auth.json"), usual);
		assertThat(settings(Map.of("XDG_RUNTIME_DIR", "run", "XDG_CONFIG_HOME", "/c")).oci(this.oci).authFiles().get())
			.containsExactly(Path.of("/c/containers/auth.json"));
		assertThat(settings(Map.of("REGISTRY_AUTH_FILE", "/auth.json", "XDG_CONFIG_HOME", "/c")).oci(this.oci)
			.authFiles()
			.get()).containsExactly(Path.of("/auth.json"));
	}

	/** They are looked up on the disk: a model of another source does not need that. */
	@Test
	void filesOfPodmanAreSoughtWhenALoginIsNeeded() {
		Set<String> read = new HashSet<>();
		OciSettings settings = new Settings("hooks.llm", (name) -> {
			read.add(name);
			return name.equals("user.home") ? this.home.toString() : null;
		}).oci(this.oci);
		assertThat(read).doesNotContain("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR");
		settings.authFiles().get();
		assertThat(read).contains("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR");
	}

	@Test
	void namesOfDockerHubAreOneRegistry() {
		this.oci.registry("index.docker.io", new OciOptions.Registry("alice", "secret", false));
		assertThat(settings(Map.of()).oci(this.oci).registries()).containsOnlyKeys("docker.io");
		assertThat(settings(Map.of()).oci(this.oci)).asString().doesNotContain("secret", "alice");
	}

	@Test
	void halfALoginIsRefusedWithoutShowingIt() {
		this.oci.registry("ghcr.io", new OciOptions.Registry(null, "secret", false));
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> settings(Map.of()).oci(this.oci))
			.satisfies((ex) -> assertThat(ex.key()).isEqualTo("hooks.llm.oci.registries.ghcr.io"))
			.withMessageNotContaining("secret");
	}

}
