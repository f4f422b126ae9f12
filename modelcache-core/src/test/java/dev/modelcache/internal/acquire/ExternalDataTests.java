/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.FormatVerification;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOfflineException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.content.format.FormatSettings;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import dev.modelcache.internal.source.huggingface.HuggingFaceResolver;
import dev.modelcache.internal.store.AdoptionSettings;
import dev.modelcache.internal.store.HubCacheSettings;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.ModelFiles;
import dev.modelcache.testsupport.RecordedRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for ONNX models that have data in other files, of any name.
 */
@ExtendWith(OutputCaptureExtension.class)
class ExternalDataTests {

	private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

	private static final Content DATA = Content.random(24, 1);

	@TempDir
	private Path directory;

	private final HubServer server = HubServer.start();

	private Path root;

	private FormatVerification mode = FormatVerification.STRICT;

	private Where where = Where.CACHE_OF_THE_HUB;

	private boolean offline;

	/** The name of the cache's own directory. */
	private String cache = "cache";

	private AdoptionSettings adoption = AdoptionSettings.OFF;

	private final List<Boolean> verifications = new CopyOnWriteArrayList<>();

	@BeforeEach
	void start() {
		this.root = this.directory.resolve("1");
	}

	@AfterEach
	void stop() {
		this.server.close();
	}

	private HubServer.Repository repository(String... locations) {
		return this.server.repository("org/repo", COMMIT)
			.large("onnx/model.onnx", Content.of(ModelFiles.onnxWithData(locations)))
			.small("config.json", "{}")
			.large("other.bin", DATA);
	}

	private CacheFixture open(ModelRequest... requests) {
		Path cache = this.root.resolve(this.cache);
		Path hub = this.root.resolve("hub");
		StoreSettings store = new StoreSettings(cache, DataSize.ofMegabytes(1), Verification.FINGERPRINT)
			.withAdoption(this.adoption);
		CacheFixture fixture = new CacheFixture(cache).verifications(this.verifications)
			.formats(new FormatSettings(this.mode, false))
			.store((this.where == Where.CACHE_OF_THE_HUB) ? store.withHubCache(new HubCacheSettings(hub, true)) : store)
			.resolver(new HuggingFaceResolver(new HubSettings(this.server.endpoint(),
					new HubToken(null, (name) -> null, this.directory), List.of(hub)), Map.of(),
					MetadataClients.create(), Schedulers.boundedElastic()));
		if (this.offline) {
			fixture.offline();
		}
		if (this.where == Where.LOCKED) {
			fixture.lockFile(this.directory.resolve("models.lock"));
		}
		fixture.open(requests);
		return fixture;
	}

	private ModelRequest.Builder request(String url, String... files) {
		return ModelRequest.builder("m")
			.url(URI.create(url))
			.files(List.of(files))
			.maxAttempts(1)
			.modelPath((this.where == Where.PATH_OF_THE_USER) ? this.root.resolve("models/m") : null);
	}

	private CachedModel get(String url, String... files) {
		return get(request(url, files));
	}

	private CachedModel get(ModelRequest.Builder request) {
		try (CacheFixture fixture = open(request.build())) {
			return fixture.get("m");
		}
	}

	private ModelFormatException refused(String url, String... files) {
		try (CacheFixture fixture = open(request(url, files).build())) {
			return assertThatExceptionOfType(ModelFormatException.class).isThrownBy(() -> fixture.get("m")).actual();
		}
	}

	private static List<String> names(CachedModel model) {
		return model.files().stream().map((file) -> file.getFileName().toString()).toList();
	}

	/** All regular files below a directory by their names. */
	private static Stream<String> below(Path directory) throws IOException {
		try (Stream<Path> files = Files.walk(directory)) {
			return files.filter(Files::isRegularFile).map((file) -> file.getFileName().toString()).toList().stream();
		}
	}

	@ParameterizedTest
	@EnumSource
	void dataOfAnyNameIsFetched(Where place) {
		this.where = place;
		repository("weights.pb", "model_data", "layers/0.weight").large("onnx/weights.pb", DATA)
			.large("onnx/model_data", DATA)
			.large("onnx/layers/0.weight", DATA);
		for (String[] files : new String[][] { {}, { "onnx/model.onnx", "config.json" } }) {
			CachedModel model = get((files.length == 0) ? "hf://org/repo/onnx/model.onnx" : "hf://org/repo", files);
			assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
			assertThat(model.verified()).isTrue();
			assertThat(model.path()).isEqualTo(model.files().get(0)).hasFileName("model.onnx");
			assertThat(names(model)).containsSubsequence("model.onnx", "model_data", "weights.pb", "0.weight")
				.hasSize((files.length == 0) ? 4 : 5);
			assertThat(model.path().resolveSibling("weights.pb")).satisfies(Content.exactly(DATA.bytes()));
			assertThat(model.path().resolveSibling("layers/0.weight")).satisfies(Content.exactly(DATA.bytes()));
			CachedModel again = get((files.length == 0) ? "hf://org/repo/onnx/model.onnx" : "hf://org/repo", files);
			assertThat(again.outcome()).isEqualTo(ModelOutcome.CACHED);
			assertThat(again.files()).isEqualTo(model.files());
			if (this.where == Where.LOCKED) {
				assertThat(this.directory.resolve("models.lock")).content().contains("onnx/weights.pb");
			}
			elsewhere();
		}
	}

	private void elsewhere() {
		this.root = this.root.resolve("elsewhere");
	}

	@Test
	void lockedModelIsTheSameElsewhere() {
		this.where = Where.LOCKED;
		repository("weights.pb").large("onnx/weights.pb", DATA);
		get("hf://org/repo/onnx/model.onnx");
		elsewhere();
		int asked = this.server.hub().requests().size();
		assertThat(get("hf://org/repo/onnx/model.onnx").files()).hasSize(2);
		// What was looked up because the lock file has it is not looked up again.
		assertThat(this.server.hub().requests()).hasSize(2 * asked);
		elsewhere();
		this.server.repository("org/repo", COMMIT)
			.large("onnx/model.onnx", Content.of(ModelFiles.onnxWithData("weights.pb")))
			.large("onnx/weights.pb", Content.random(24, 2));
		try (CacheFixture fixture = open(request("hf://org/repo/onnx/model.onnx").build())) {
			assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> fixture.get("m"))
				.withMessageContaining("has changed");
		}
	}

	@ParameterizedTest
	@EnumSource
	void expectedDigestIsThatOfTheModelItself(Where place) {
		this.where = place;
		repository("weights.pb").large("onnx/weights.pb", DATA);
		Digest graph = Content.of(ModelFiles.onnxWithData("weights.pb")).sha256();
		ModelRequest.Builder request = request("hf://org/repo/onnx/model.onnx").expectedDigest(graph);
		CachedModel model = get(request);
		assertThat(names(model)).containsExactly("model.onnx", "weights.pb");
		assertThat(model.verified()).isTrue();
		int asked = this.server.hub().requests().size();
		this.verifications.clear();
		assertThat(get(request).files()).isEqualTo(model.files());
		assertThat(this.server.hub().requests()).hasSize(asked);
		assertThat(this.verifications).isEmpty();
		try (CacheFixture fixture = open(request.build())) {
			fixture.get("m");
			assertThat(fixture.cache().verify("m").block(CacheFixture.PATIENCE).files()).isEqualTo(model.files());
		}
		// The model is another one as soon as another digest is configured.
		this.offline = true;
		assertThatExceptionOfType(ModelCacheException.class)
			.isThrownBy(() -> get(request.expectedDigest(DATA.sha256())));
	}

	/** These are in the list of files before the model has come. */
	@ParameterizedTest
	@ValueSource(strings = { "model.onnx_data", "model.onnx_data_1", "model.onnx.data" })
	void expectedDigestIsThatOfTheModelBesideDataOfAUsualName(String name) {
		repository(name).large("onnx/" + name, DATA);
		Digest graph = Content.of(ModelFiles.onnxWithData(name)).sha256();
		ModelRequest.Builder request = request("hf://org/repo/onnx/model.onnx").expectedDigest(graph);
		assertThat(names(get(request))).containsExactly("model.onnx", name);
		assertThat(get(request).outcome()).isEqualTo(ModelOutcome.CACHED);
		elsewhere();
		assertThatExceptionOfType(ModelIntegrityException.class)
			.isThrownBy(() -> get(request.expectedDigest(DATA.sha256())));
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> get(request.files(List.of("config.json"))))
			.withMessageContaining("cannot be verified with one digest");
	}

	@Test
	void lockedFileThatTheSourceLacksIsToldBeforeAnythingIsFetched() {
		this.where = Where.LOCKED;
		repository("weights.pb").large("onnx/weights.pb", DATA);
		get("hf://org/repo/onnx/model.onnx");
		elsewhere();
		repository("weights.pb");
		int fetched = this.server.cdn().requests().size();
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get("hf://org/repo/onnx/model.onnx"))
			.withMessageContaining(
					"has the files onnx/model.onnx, onnx/weights.pb, found was the files onnx/model.onnx");
		assertThat(this.server.cdn().requests()).hasSize(fetched);
	}

	@Test
	void lockedFileThatCannotBeDataOfAModelIsToldBeforeAnythingIsFetched() {
		this.where = Where.LOCKED;
		repository().large("m.gguf", DATA);
		this.mode = FormatVerification.OFF;
		get("hf://org/repo", "m.gguf", "config.json");
		elsewhere();
		int fetched = this.server.cdn().requests().size();
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get("hf://org/repo", "m.gguf"))
			.withMessageContaining("has the files config.json, m.gguf, found was the files m.gguf");
		assertThat(this.server.cdn().requests()).hasSize(fetched);
	}

	@Test
	void lockedFilesAreComparedOnceTheModelIsComplete() {
		this.where = Where.LOCKED;
		repository("weights.pb").large("onnx/weights.pb", DATA)
			.large("onnx/model", Content.of(ModelFiles.onnxWithData("weights.pb")));
		get("hf://org/repo/onnx/model");
		elsewhere();
		assertThat(get("hf://org/repo/onnx/model").files()).hasSize(2);
		elsewhere();
		get("hf://org/repo", "onnx/model.onnx", "config.json");
		elsewhere();
		// Nothing is published that the second one would find.
		for (int i = 0; i < 2; i++) {
			assertThatExceptionOfType(ModelIntegrityException.class)
				.isThrownBy(() -> get("hf://org/repo", "onnx/model.onnx"))
				.withMessageContaining("config.json")
				.withMessageContaining("has changed");
			assertThatExceptionOfType(ModelIntegrityException.class)
				.isThrownBy(() -> get("hf://org/repo", "config.json"))
				.withMessageContaining("has changed");
		}
	}

	@ParameterizedTest
	@EnumSource
	void graphWithoutItsDataIsServedOfflineWhereFormatsDoNotMatter(FormatVerification verification) throws IOException {
		this.mode = verification;
		this.where = Where.CACHE;
		this.offline = true;
		Content graph = Content.of(ModelFiles.onnxWithData("weights.pb"));
		Path blobs = Files.createDirectories(this.directory.resolve("tool/models--org--name/blobs"));
		Files.write(blobs.resolve(graph.sha256().hex()), graph.bytes());
		this.adoption = new AdoptionSettings(true, List.of(this.directory.resolve("tool")), List.of());
		ModelRequest.Builder request = request("hf://org/repo/onnx/model.onnx").expectedDigest(graph.sha256());
		if (verification == FormatVerification.STRICT) {
			assertThatExceptionOfType(ModelOfflineException.class).isThrownBy(() -> get(request))
				.withMessageContaining("model.onnx has data in weights.pb");
		}
		else {
			CachedModel model = get(request);
			assertThat(model.outcome()).isEqualTo(ModelOutcome.ADOPTED);
			assertThat(model.path()).satisfies(Content.exactly(graph.bytes()));
		}
	}

	@Test
	void graphOfAnotherToolIsServedOfflineWithItsData() {
		repository("weights.pb").large("onnx/weights.pb", DATA);
		List<Path> files = get("hf://org/repo/onnx/model.onnx").files();
		this.cache = "another";
		this.offline = true;
		this.adoption = new AdoptionSettings(true, List.of(this.root.resolve("hub")), List.of());
		assertThat(get(request("hf://org/repo/onnx/model.onnx")
			.expectedDigest(Content.of(ModelFiles.onnxWithData("weights.pb")).sha256())).files()).isEqualTo(files);
	}

	@ParameterizedTest
	@EnumSource
	void dataThatIsNotOnThisMachineCannotBeHadOffline(FormatVerification verification) {
		this.mode = FormatVerification.OFF;
		repository("weights.pb");
		get("hf://org/repo/onnx/model.onnx");
		this.cache = "another";
		this.offline = true;
		this.mode = verification;
		if (verification == FormatVerification.STRICT) {
			assertThatExceptionOfType(ModelOfflineException.class)
				.isThrownBy(() -> get("hf://org/repo/onnx/model.onnx"))
				.withMessageContaining("onnx/model.onnx has data in onnx/weights.pb");
		}
		else {
			assertThat(get("hf://org/repo/onnx/model.onnx").files()).hasSize(1);
		}
	}

	@Test
	void dataOfAnotherModelIsFoundBehindALink() throws IOException {
		Path real = Files.createDirectories(this.directory.resolve("real"));
		Path link = Files.createSymbolicLink(this.directory.resolve("link"), real);
		try (MisbehavingServer host = MisbehavingServer.start()) {
			host.serve("/m.onnx", Content.of(ModelFiles.onnxWithData("weights.pb"))).serve("/weights.pb", DATA);
			ModelRequest data = ModelRequest.builder("data")
				.url(host.uri("/weights.pb"))
				.modelPath(link.resolve("weights.pb"))
				.build();
			ModelRequest url = request(host.uri("/m.onnx").toString()).modelPath(link.resolve("m.onnx")).build();
			try (CacheFixture fixture = open(url, data)) {
				assertThat(fixture.get("m").path()).exists();
			}
			Path own = Files.write(real.resolve("own.onnx"), ModelFiles.onnxWithData("weights.pb"));
			ModelRequest file = ModelRequest.builder("m").modelPath(own).build();
			try (CacheFixture fixture = open(file, data)) {
				assertThat(fixture.get("m").path()).isEqualTo(own);
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void graphIsFetchedOnce(Where place) {
		this.where = place;
		repository("weights.pb").large("onnx/weights.pb", DATA);
		get("hf://org/repo/onnx/model.onnx");
		assertThat(this.server.cdn().requests()).extracting(RecordedRequest::path).doesNotHaveDuplicates();
	}

	@Test
	void modelIsServedOfflineWithItsData() {
		repository("weights.pb").large("onnx/weights.pb", DATA);
		List<Path> files = get("hf://org/repo/onnx/model.onnx").files();
		this.offline = true;
		assertThat(get("hf://org/repo/onnx/model.onnx").files()).isEqualTo(files);
	}

	@ParameterizedTest
	@ValueSource(strings = { "../other.bin", "/etc/passwd", "a/../../other.bin", "..\\other.bin", "C:/x", "", "**", "*",
			"{a:.*}", "!x", "?onfig.json" })
	void nameThatLeadsElsewhereIsRefused(String name) throws IOException {
		for (Where place : Where.values()) {
			this.where = place;
			repository(name);
			assertThat(refused("hf://org/repo/onnx/model.onnx")).hasMessageContaining("not a valid ONNX file");
			assertThat(below(this.directory)).doesNotContain("model.onnx", "other.bin");
			assertThat(this.server.cdn().requests()).extracting(RecordedRequest::path)
				.noneMatch((path) -> path.contains(DATA.sha256().hex()));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "weights.pb", "{a:.}", "model.onnx/x" })
	void missingDataIsNamed(String name) throws IOException {
		for (Where place : Where.values()) {
			this.where = place;
			repository(name).large("onnx/a", DATA);
			assertThat(refused("hf://org/repo/onnx/model.onnx"))
				.hasMessageContaining("onnx/model.onnx has data in onnx/" + name)
				.hasMessageContaining("does not provide");
			assertThat(refused("hf://org/repo", "onnx/model.onnx", "config.json"))
				.hasMessageContaining("onnx/model.onnx has data in onnx/" + name);
			assertThat(this.server.cdn().requests()).extracting(RecordedRequest::path)
				.noneMatch((path) -> path.contains(DATA.sha256().hex()));
		}
	}

	@Test
	void dataThatIsLeftOutIsNamed() {
		repository("weights.pb").large("onnx/weights.pb", DATA);
		assertThat(refused("hf://org/repo", "onnx/*", "!**/*.pb")).hasMessageContaining("has data in onnx/weights.pb")
			.hasMessageContaining("files leaves out onnx/weights.pb");
	}

	@Test
	void filesOfWhichEachNeedsAnotherOneAreRefused() {
		HubServer.Repository repository = repository("1.onnx");
		for (int i = 1; i < 20; i++) {
			repository.large("onnx/" + i + ".onnx", Content.of(ModelFiles.onnxWithData((i + 1) + ".onnx")));
		}
		assertThat(refused("hf://org/repo/onnx/model.onnx"))
			.hasMessageContaining("onnx/10.onnx has data in onnx/11.onnx, and each of 10 files before it needs");
	}

	@Test
	void dataThatIsTooShortIsRefused() {
		repository("weights.pb").large("onnx/weights.pb", Content.random(23, 1));
		assertThat(refused("hf://org/repo/onnx/model.onnx"))
			.hasMessageContaining("onnx/model.onnx needs 24 bytes of onnx/weights.pb, which has 23");
	}

	@ParameterizedTest
	@EnumSource(names = { "WARN", "OFF" })
	void dataIsFetchedAndNotRequiredWhereFormatsDoNotMatter(FormatVerification lenient, CapturedOutput output) {
		this.mode = lenient;
		for (Where place : EnumSet.complementOf(EnumSet.of(Where.LOCKED))) {
			this.where = place;
			repository("weights.pb", "absent").large("onnx/weights.pb", DATA);
			assertThat(get("hf://org/repo/onnx/model.onnx").files()).hasSize(1);
			elsewhere();
			repository("weights.pb").large("onnx/weights.pb", DATA);
			assertThat(get("hf://org/repo/onnx/model.onnx").files()).hasSize(2);
			elsewhere();
			repository("../x");
			assertThat(get("hf://org/repo/onnx/model.onnx").files()).hasSize(1);
			elsewhere();
		}
		assertThat(output.toString().contains("has data in onnx/absent")).isEqualTo(lenient == FormatVerification.WARN);
	}

	@Test
	void plainUrlHasNothingBesideItsFile() throws IOException {
		try (MisbehavingServer host = MisbehavingServer.start()) {
			host.serve("/a/m.onnx", Content.of(ModelFiles.onnxWithData("weights.pb")));
			String url = host.uri("/a/m.onnx").toString();
			assertThat(refused(url)).hasMessageContaining("m.onnx has data in weights.pb")
				.hasMessageContaining("does not provide");
			assertThat(below(this.directory)).doesNotContain("m.onnx");
			// Whoever chooses the place can put the data there.
			Path path = Files.createDirectories(this.directory.resolve("models")).resolve("m.onnx");
			ModelRequest request = request(url).modelPath(path).build();
			try (CacheFixture fixture = open(request)) {
				assertThatExceptionOfType(ModelFormatException.class).isThrownBy(() -> fixture.get("m"))
					.withMessageContaining("put them beside " + path);
			}
			ModelRequest data = ModelRequest.builder("data")
				.url(host.serve("/a/weights.pb", DATA).uri("/a/weights.pb"))
				.modelPath(path.resolveSibling("weights.pb"))
				.build();
			try (CacheFixture fixture = open(request, data)) {
				assertThat(fixture.get("m").path()).isEqualTo(path);
				fixture.get("data");
			}
			Files.delete(path);
			try (CacheFixture fixture = open(request)) {
				assertThat(fixture.get("m").path()).isEqualTo(path);
			}
		}
	}

	@Test
	void fileOfTheUserNeedsItsData() throws IOException {
		Path path = this.directory.resolve("m.onnx");
		Files.write(path, ModelFiles.onnxWithData("weights.pb", "b"));
		ModelRequest request = ModelRequest.builder("m").modelPath(path).build();
		try (CacheFixture fixture = open(request)) {
			assertThatExceptionOfType(ModelFormatException.class).isThrownBy(() -> fixture.get("m"))
				.withMessageContaining("has data in b, weights.pb, which are not there");
			Files.write(path.resolveSibling("weights.pb"), DATA.bytes());
			Files.write(path.resolveSibling("b"), DATA.bytes());
			assertThat(fixture.get("m").path()).isEqualTo(path);
		}
	}

	/** Where the model is kept. */
	enum Where {

		CACHE_OF_THE_HUB, CACHE, PATH_OF_THE_USER, LOCKED

	}

}
