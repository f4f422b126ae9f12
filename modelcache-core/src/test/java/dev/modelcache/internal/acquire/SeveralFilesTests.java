/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.CachedModel;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelDownloadProgress;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelReplaced;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStorageException;
import dev.modelcache.TransferProgress;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import dev.modelcache.internal.source.huggingface.HuggingFaceResolver;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.FileSystemUtils;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Models of several files: all of them, or none.
 */
@ExtendWith(OutputCaptureExtension.class)
class SeveralFilesTests {

	private static final String FIRST = "0123456789abcdef0123456789abcdef01234567";

	private static final String SECOND = "1123456789abcdef0123456789abcdef01234567";

	private static final String THIRD = "2123456789abcdef0123456789abcdef01234567";

	@TempDir
	private Path directory;

	private final Content one = Content.random(5 << 20, 1);

	private final Content two = Content.random(3 << 20, 2);

	private final HubServer server = HubServer.start();

	@AfterEach
	void stop() {
		this.server.close();
	}

	private HubServer.Repository commit(String commit, Content first, Content second) {
		return this.server.repository("org/repo", commit)
			.large("onnx/model-00001-of-00002.gguf", first)
			.large("onnx/model-00002-of-00002.gguf", second)
			.small("tokenizer.json", "{\"of\":\"" + commit + "\"}");
	}

	private CacheFixture open(ModelRequest.Builder request) {
		CacheFixture fixture = new CacheFixture(this.directory.resolve("cache"));
		fixture
			.resolver(new HuggingFaceResolver(
					new HubSettings(this.server.endpoint(), new HubToken(null, (name) -> null, this.directory)),
					Map.of(), MetadataClients.create(), Schedulers.boundedElastic()))
			.open(request.maxAttempts(1).build());
		return fixture;
	}

	private ModelRequest.Builder request() {
		return ModelRequest.builder("m")
			.url(URI.create("hf://org/repo"))
			.files(List.of("onnx/*.gguf", "tokenizer.json"))
			.modelPath(place());
	}

	private Path place() {
		return this.directory.resolve("models").resolve("llama");
	}

	private CachedModel get(ModelRequest.Builder request) {
		try (CacheFixture fixture = open(request)) {
			return fixture.get("m");
		}
	}

	private static String path(Content content) {
		return "/xet-bridge-us/" + content.sha256().hex();
	}

	private void serveWrongBytes(Content content) {
		this.server.cdn().serve(path(content), content.flipped(1000));
	}

	private void serveRightBytes(Content content) {
		this.server.cdn().serve(path(content), content);
	}

	private List<String> requested(Content content) {
		return this.server.cdn()
			.requests()
			.stream()
			.map(RecordedRequest::path)
			.filter((path) -> path.contains(content.sha256().hex()))
			.toList();
	}

	private List<Path> versions() throws IOException {
		try (Stream<Path> versions = Files.list(place().resolveSibling(".llama.versions"))) {
			return versions.filter(Files::isDirectory).toList();
		}
	}

	@Test
	void allFilesArriveTogether() throws IOException {
		commit(FIRST, this.one, this.two);
		CachedModel model = get(request());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(model.verified()).isTrue();
		assertThat(model.source()).isEqualTo("hf://org/repo");
		assertThat(model.path()).satisfies(Content.exactly(this.one.bytes()));
		assertThat(model.digest()).isEqualTo(this.one.sha256());
		assertThat(model.files()).hasSize(3).first().isEqualTo(model.path());
		assertThat(model.size()).isEqualTo(this.one.size() + this.two.size() + Files.size(model.files().get(2)));
		assertThat(place()).isDirectory();
		assertThat(place().resolve("onnx/model-00002-of-00002.gguf")).satisfies(Content.exactly(this.two.bytes()));
		assertThat(place().resolve("tokenizer.json")).hasContent("{\"of\":\"" + FIRST + "\"}");
		assertThat(place().resolve("onnx/model-00001-of-00002.gguf").toRealPath()).isEqualTo(model.path());
	}

	@Test
	void filesThatAreThereAreServedWithoutAskingTheHub() {
		commit(FIRST, this.one, this.two);
		CachedModel first = get(request());
		int requests = this.server.hub().requests().size();
		CachedModel again = get(request());
		assertThat(again.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(again).usingRecursiveComparison().ignoringFields("outcome").isEqualTo(first);
		assertThat(this.server.hub().requests()).hasSize(requests);
	}

	@Test
	void withoutAPathOfItsOwnTheModelStandsInTheCache() {
		commit(FIRST, this.one, this.two);
		CachedModel model = get(request().modelPath(null));
		assertThat(model.files()).hasSize(3)
			.allSatisfy((file) -> assertThat(file).startsWith(this.directory.resolve("cache").resolve("models")));
		assertThat(get(request().modelPath(null)).outcome()).isEqualTo(ModelOutcome.CACHED);
	}

	@Test
	void nothingIsVisibleUntilAllIsThereAndWhatIsThereIsNotFetchedAgain() {
		commit(FIRST, this.one, this.two);
		serveWrongBytes(this.one);
		CountDownLatch goOn = new CountDownLatch(1);
		this.server.cdn().always(path(this.one), Reply.ok().stallAfter(0, goOn));
		try (CacheFixture fixture = open(request())) {
			CompletableFuture<CachedModel> get = fixture.cache().get("m").toFuture();
			Awaitility.await()
				.atMost(CacheFixture.PATIENCE)
				.until(() -> fixture.cache().status("m").progress(),
						(progress) -> progress != null && progress.bytes() > this.two.size());
			goOn.countDown();
			assertThatExceptionOfType(CompletionException.class)
				.isThrownBy(() -> get.orTimeout(CacheFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS).join())
				.withCauseInstanceOf(ModelIntegrityException.class);
		}
		assertThat(place()).doesNotExist();
		serveRightBytes(this.one);
		List<String> before = requested(this.two);
		assertThat(get(request()).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(requested(this.two)).isEqualTo(before).isNotEmpty();
	}

	@Test
	void oneProgressIsThatOfAllFiles() {
		commit(FIRST, this.one, this.two);
		CountDownLatch goOn = new CountDownLatch(1);
		this.server.cdn().always(path(this.two), Reply.ok().stallAfter(1 << 20, goOn));
		long little = "{\"of\":\"\"}".length() + FIRST.length();
		long size = this.one.size() + this.two.size() + little;
		try (CacheFixture fixture = open(request())) {
			CompletableFuture<CachedModel> get = fixture.cache().get("m").toFuture();
			Awaitility.await()
				.atMost(CacheFixture.PATIENCE)
				.until(() -> fixture.cache().status("m").progress(),
						(progress) -> progress != null && progress.bytes() > this.one.size() + little);
			assertThat(fixture.cache().status("m").progress().bytes()).isLessThan(size);
			goOn.countDown();
			CachedModel model = get.orTimeout(CacheFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
			assertThat(model.size()).isEqualTo(size);
			List<TransferProgress> shown = fixture.events(ModelDownloadProgress.class)
				.stream()
				.map(ModelDownloadProgress::progress)
				.toList();
			assertThat(shown).isNotEmpty().allSatisfy((progress) -> {
				assertThat(progress.totalBytes()).isEqualTo(model.size());
				assertThat(progress.bytes()).isBetween(0L, model.size());
			}).extracting(TransferProgress::bytes).isSorted();
			assertThat(fixture.cache().status("m").state()).isEqualTo(ModelState.READY);
		}
	}

	@Test
	void newVersionTakesThePlaceOfTheOldOneWhichStaysForThoseWhoReadIt() throws IOException {
		commit(FIRST, this.one, this.two);
		try (CacheFixture fixture = open(request())) {
			CachedModel first = fixture.get("m");
			commit(SECOND, this.one, Content.random(2 << 20, 3));
			CachedModel second = refreshed(fixture);
			assertThat(second.path()).isNotEqualTo(first.path());
			assertThat(place().resolve("tokenizer.json")).hasContent("{\"of\":\"" + SECOND + "\"}");
			assertThat(first.files()).allSatisfy((file) -> assertThat(file).exists());
			assertThat(versions()).hasSize(2);
			commit(THIRD, this.one, this.two);
			refreshed(fixture);
			assertThat(first.files()).allSatisfy((file) -> assertThat(file).doesNotExist());
			assertThat(versions()).hasSize(2);
			assertThat(fixture.events(ModelReplaced.class)).hasSize(2);
		}
	}

	private static CachedModel refreshed(CacheFixture fixture) {
		return Objects.requireNonNull(fixture.cache().refresh("m").block(Duration.ofMinutes(1)));
	}

	@Test
	void failedUpdateLeavesTheOldVersion() {
		commit(FIRST, this.one, this.two);
		try (CacheFixture fixture = open(request())) {
			CachedModel first = fixture.get("m");
			Content broken = Content.random(2 << 20, 3);
			commit(SECOND, this.one, broken);
			serveWrongBytes(broken);
			assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> refreshed(fixture));
			assertThat(fixture.get("m")).usingRecursiveComparison().ignoringFields("outcome").isEqualTo(first);
			assertThat(place().resolve("tokenizer.json")).hasContent("{\"of\":\"" + FIRST + "\"}");
		}
	}

	@Test
	void otherSelectionIsAnotherModel() {
		commit(FIRST, this.one, this.two);
		get(request());
		CachedModel model = get(request().files(List.of("onnx/*.gguf")));
		assertThat(model.files()).hasSize(2);
		assertThat(place().resolve("tokenizer.json")).doesNotExist();
	}

	@Test
	void eachFileIsVerified() throws IOException {
		commit(FIRST, this.one, this.two);
		try (CacheFixture fixture = open(request())) {
			CachedModel model = fixture.get("m");
			assertThat(fixture.cache().verify("m").block(Duration.ofMinutes(1))).isEqualTo(model);
			Path second = model.files().get(1);
			byte[] bytes = Files.readAllBytes(second);
			bytes[77] ^= 1;
			Files.write(second, bytes);
			assertThatExceptionOfType(ModelIntegrityException.class)
				.isThrownBy(() -> fixture.cache().verify("m").block(Duration.ofMinutes(1)))
				.withMessageContaining("model-00002-of-00002.gguf");
			assertThat(fixture.get("m").path()).isEqualTo(model.path());
			assertThat(second).satisfies(Content.exactly(this.two.bytes()));
		}
	}

	@Test
	void fileThatDisappearsIsFetchedAgainAlone() throws IOException {
		commit(FIRST, this.one, this.two);
		try (CacheFixture fixture = open(request())) {
			Files.delete(fixture.get("m").files().get(1));
			assertThat(fixture.cache().check("m").block(CacheFixture.PATIENCE).state()).isEqualTo(ModelState.ABSENT);
			List<String> before = requested(this.one);
			assertThat(fixture.get("m").files()).allSatisfy((file) -> assertThat(file).exists());
			assertThat(requested(this.one)).isEqualTo(before);
		}
	}

	@Test
	void evictedModelLeavesNothingBehind() throws IOException {
		commit(FIRST, this.one, this.two);
		try (CacheFixture fixture = open(request())) {
			fixture.get("m");
			fixture.cache().evict("m").block(Duration.ofMinutes(1));
			assertThat(place()).doesNotExist();
			try (Stream<Path> left = Files.walk(this.directory)) {
				assertThat(left.filter(Files::isRegularFile)).allMatch((file) -> file.toString().endsWith(".lock"));
			}
			assertThat(fixture.get("m").outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "file", "directory", "link" })
	void whatSomebodyElsePutThereStays(String kind) throws IOException {
		commit(FIRST, this.one, this.two);
		Files.createDirectories(place().getParent());
		switch (kind) {
			case "file" -> Files.writeString(place(), "mine");
			case "directory" -> Files.createDirectory(place());
			default -> Files.createSymbolicLink(place(), this.directory);
		}
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> get(request()))
			.withMessageContaining(place() + " is a ")
			.withMessageContaining(kind)
			.withMessageContaining("that this cache did not put there");
		assertThatExceptionOfType(ModelNotFoundException.class).isThrownBy(this::evict)
			.withMessageContaining(place() + " was not put there by this cache");
		assertThat(Files.exists(place(), LinkOption.NOFOLLOW_LINKS)).isTrue();
		assertThat(Files.isRegularFile(place())).isEqualTo(kind.equals("file"));
	}

	private void evict() {
		try (CacheFixture fixture = open(request())) {
			fixture.cache().evict("m").block(CacheFixture.PATIENCE);
		}
	}

	@Test
	void evictionLeavesFilesThatTheUserPutThereOrChanged() throws IOException {
		commit(FIRST, this.one, this.two);
		get(request());
		Path mine = Files.writeString(place().resolve("onnx/adapter.safetensors"), "mine");
		Path edited = Files.writeString(place().resolve("tokenizer.json"), "edited");
		Path touched = place().resolve("onnx/model-00001-of-00002.gguf");
		Files.setLastModifiedTime(touched, FileTime.fromMillis(1));
		for (int i = 0; i < 2; i++) {
			assertThatExceptionOfType(ModelNotFoundException.class).isThrownBy(this::evict)
				.withMessageContaining("adapter.safetensors")
				.withMessageContaining("tokenizer.json")
				.withMessageContaining("was not put there by this cache, or was changed since");
			assertThat(mine).hasContent("mine");
			assertThat(edited).hasContent("edited");
			assertThat(touched).doesNotExist();
			assertThat(touched.resolveSibling("model-00002-of-00002.gguf")).doesNotExist();
		}
		Files.delete(edited);
		assertThat(get(request()).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(mine).hasContent("mine");
		Files.delete(mine);
		evict();
		assertThat(place().getParent()).satisfies((models) -> {
			try (Stream<Path> files = Files.list(models)) {
				assertThat(files.map(Path::getFileName).map(Path::toString)).containsOnly("llama.download.lock");
			}
		});
	}

	@Test
	void updateLeavesFilesThatTheUserPutIntoAnOldVersion(CapturedOutput output) throws IOException {
		Path mine;
		commit(FIRST, this.one, this.two);
		try (CacheFixture fixture = open(request())) {
			fixture.get("m");
			Files.writeString(place().resolve("adapter.safetensors"), "mine");
			mine = place().toRealPath().resolve("adapter.safetensors");
			commit(SECOND, this.one, this.two);
			refreshed(fixture);
			commit(THIRD, this.one, this.two);
			refreshed(fixture);
		}
		assertThat(mine).hasContent("mine");
		assertThat(mine.resolveSibling("tokenizer.json")).doesNotExist();
		assertThat(output).contains("Old versions of " + place() + " are deleted except for [" + mine + "]");
	}

	/** As {@code chown -R} and a cache directory in the pod leave it. */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void updateDeletesAnOldVersionThatWasOnlyTouched(boolean receipts) throws IOException {
		Path first;
		commit(FIRST, this.one, this.two);
		try (CacheFixture fixture = open(request())) {
			fixture.get("m");
			first = place().toRealPath();
			commit(SECOND, this.one, this.two);
			refreshed(fixture);
			try (Stream<Path> files = Files.walk(first)) {
				for (Path file : files.filter(Files::isRegularFile).toList()) {
					Files.setLastModifiedTime(file, FileTime.fromMillis(1));
				}
			}
			if (!receipts) {
				FileSystemUtils.deleteRecursively(this.directory.resolve("cache/receipts"));
			}
			commit(THIRD, this.one, this.two);
			refreshed(fixture);
		}
		assertThat(first).doesNotExist();
	}

	@Test
	void modelWithAFileOfTheUserIsNotEvictedForItsSize() throws IOException {
		commit(FIRST, this.one, this.two);
		CachedModel model = get(request().modelPath(null));
		Path mine = Files.writeString(model.path().resolveSibling("adapter.safetensors"), "mine");
		shrink();
		assertThat(mine).exists();
		assertThat(model.files()).allSatisfy((file) -> assertThat(file).exists());
		Files.delete(mine);
		shrink();
		assertThat(model.path()).doesNotExist();
	}

	private void shrink() {
		Path cache = this.directory.resolve("cache");
		CacheFixture fixture = new CacheFixture(cache)
			.store(StoreSettings.defaults(cache).withMaxSize(DataSize.ofBytes(1)));
		try (fixture) {
			fixture.open();
			fixture.awaitHousekeeping();
		}
	}

	@Test
	void singleFileAndSeveralMayFollowEachOtherAtOnePlace() {
		commit(FIRST, this.one, this.two);
		ModelRequest.Builder single = ModelRequest.builder("m")
			.url(URI.create("hf://org/repo/tokenizer.json"))
			.modelPath(place());
		assertThat(get(single).path()).isEqualTo(place()).isRegularFile();
		assertThat(get(request()).files()).hasSize(3);
		assertThat(place()).isDirectory();
		assertThat(get(single).path()).isEqualTo(place()).isRegularFile();
	}

	@Test
	void lostReceiptsCostAHashAndNoDownload() {
		commit(FIRST, this.one, this.two);
		get(request());
		FileSystemUtils.deleteRecursively(this.directory.resolve("cache").resolve("receipts").toFile());
		List<String> before = requested(this.one);
		CachedModel model = get(request());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(model.verified()).isTrue();
		assertThat(requested(this.one)).isEqualTo(before);
	}

	@Test
	void refreshWithoutNewsLeavesTheVersionBefore() {
		commit(FIRST, this.one, this.two);
		try (CacheFixture fixture = open(request())) {
			CachedModel first = fixture.get("m");
			commit(SECOND, this.one, Content.random(2 << 20, 3));
			CachedModel second = refreshed(fixture);
			assertThat(refreshed(fixture).path()).isEqualTo(second.path());
			assertThat(first.files()).allSatisfy((file) -> assertThat(file).exists());
		}
	}

	@Test
	void versionThatAnotherProcessReplacedCanStillBeVerified() {
		commit(FIRST, this.one, this.two);
		try (CacheFixture fixture = open(request()); CacheFixture other = open(request())) {
			fixture.get("m");
			other.get("m");
			commit(SECOND, this.one, Content.random(2 << 20, 3));
			refreshed(other);
			assertThat(fixture.cache().verify("m").block(Duration.ofMinutes(1))).isNotNull();
		}
	}

	@Test
	void filesOfOthersAreNotDeletedWithOldVersions() throws IOException {
		Path victim = Files.createDirectories(this.directory.resolve("victim")).resolve("data");
		Files.writeString(victim, "mine");
		Files.createDirectories(place().getParent());
		Files.createSymbolicLink(place().resolveSibling(".llama.versions"), victim.getParent());
		commit(FIRST, this.one, this.two);
		assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> get(request()));
		assertThat(victim).hasContent("mine");
	}

	@Test
	void namesThatSomeFileSystemsCannotTellApartAreRefused() {
		commit(FIRST, this.one, this.two).small("Tokenizer.json", "{}");
		assertThatExceptionOfType(ModelFormatException.class)
			.isThrownBy(() -> get(request().files(List.of("*okenizer.json"))))
			.withMessageContaining("collides with");
	}

	@Test
	void otherFilesOfOneSourceHaveAPlaceOfTheirOwn() {
		commit(FIRST, this.one, this.two).small("config.json", "{}");
		CachedModel tokenizer = get(request().modelPath(null).files(List.of("tokenizer.json")));
		CachedModel config = get(request().modelPath(null).files(List.of("config.json")));
		assertThat(config.path()).hasContent("{}");
		assertThat(tokenizer.path()).exists().isNotEqualTo(config.path());
	}

	@Test
	void modelIsEvictedForItsSizeWithAllItsFiles() throws IOException {
		commit(FIRST, this.one, this.two);
		CachedModel model = get(request().modelPath(null));
		Path url = model.path();
		while (!url.getFileName().toString().endsWith(".versions")) {
			url = url.getParent();
		}
		ModelRequest other = ModelRequest.builder("other").modelPath(this.directory.resolve("other.gguf")).build();
		try (CacheFixture fixture = new CacheFixture(this.directory.resolve("cache"))) {
			fixture
				.store(new StoreSettings(this.directory.resolve("cache"), DataSize.ofMegabytes(1),
						Verification.FINGERPRINT)
					.withMaxSize(DataSize.ofMegabytes(7)))
				.open(other);
			Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> !Files.exists(model.path()));
			fixture.end();
			fixture.awaitFiles();
		}
		try (Stream<Path> left = Files.list(url.getParent())) {
			assertThat(left).isEmpty();
		}
	}

}
