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
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.CachedModel;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelOfflineException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.ModelTransferException;
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
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
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
 * The cache that the Hub's own tools share: what this cache writes there is what they
 * write, and what they wrote is found.
 */
@ExtendWith(OutputCaptureExtension.class)
class HubCacheTests {

	private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

	private static final String LATER = "1123456789abcdef0123456789abcdef01234567";

	private static final String NEVER_SERVED = "2123456789abcdef0123456789abcdef01234567";

	private static final String CONFIG = "{\"model_type\":\"llama\"}";

	/** As git hash-object tells it. */
	private static final String CONFIG_SHA1 = Content.of(CONFIG).digest(Algorithm.GIT_SHA1).hex();

	@TempDir
	private Path directory;

	private final Content content = Content.random(3 << 20, 1);

	private final HubServer server = HubServer.start();

	private HubServer.Repository repository;

	private boolean links = true;

	private boolean offline;

	private final List<Boolean> hashed = new CopyOnWriteArrayList<>();

	@BeforeEach
	void serve() {
		commit(COMMIT, this.content);
	}

	@AfterEach
	void stop() {
		this.server.close();
	}

	private void commit(String commit, Content model) {
		this.repository = this.server.repository("org/repo", commit)
			.large("gguf/model.Q4_K_M.gguf", model)
			.small("config.json", CONFIG);
	}

	private Path folder() {
		return this.directory.resolve("hub").resolve("models--org--repo");
	}

	private Path blob(String name) {
		return folder().resolve("blobs").resolve(name);
	}

	private Path blob(Content content) {
		return blob(content.sha256().hex());
	}

	private Path snapshot(String commit) {
		return folder().resolve("snapshots").resolve(commit);
	}

	private CacheFixture open(ModelRequest.Builder request) {
		CacheFixture fixture = new CacheFixture(this.directory.resolve("cache"));
		if (this.offline) {
			fixture.offline();
		}
		fixture
			.store(new StoreSettings(this.directory.resolve("cache"), DataSize.ofMegabytes(1), Verification.FINGERPRINT)
				.withAdoption(new AdoptionSettings(true, List.of(this.directory.resolve("hub")), List.of()))
				.withHubCache(new HubCacheSettings(this.directory.resolve("hub"), this.links)))
			.resolver(new HuggingFaceResolver(
					new HubSettings(this.server.endpoint(), new HubToken(null, (name) -> null, this.directory),
							List.of(this.directory.resolve("hub"))),
					Map.of(), MetadataClients.create(), Schedulers.boundedElastic()))
			.observer(new AcquisitionObserver() {
				@Override
				public void verified(boolean matched, Duration elapsed) {
					HubCacheTests.this.hashed.add(matched);
				}
			})
			.open(request.maxAttempts(1).build());
		return fixture;
	}

	private CachedModel getOffline(ModelRequest.Builder request) {
		this.offline = true;
		this.server.refuse();
		return get(request);
	}

	private CachedModel get(ModelRequest.Builder request) {
		try (CacheFixture fixture = open(request)) {
			return fixture.get("m");
		}
	}

	private static ModelRequest.Builder request(String url) {
		return ModelRequest.builder("m").url(URI.create(url));
	}

	private static ModelRequest.Builder all() {
		return request("hf://org/repo").files(List.of("**/*.gguf", "config.json"));
	}

	/** Writes what huggingface_hub writes. */
	private void download(String commit, Content model, boolean linked) throws IOException {
		Path file = snapshot(commit).resolve("gguf/model.Q4_K_M.gguf");
		Files.createDirectories(file.getParent());
		Files.createDirectories(folder().resolve("blobs"));
		Files.write(linked ? blob(model) : file, model.bytes());
		if (linked) {
			Files.createSymbolicLink(file, Path.of("../../../blobs", model.sha256().hex()));
		}
		Files.createDirectories(folder().resolve("refs"));
		Files.writeString(folder().resolve("refs/main"), commit);
	}

	private List<String> files(Path directory) throws IOException {
		try (Stream<Path> files = Files.walk(directory)) {
			return files.filter((file) -> !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS))
				.map((file) -> directory.relativize(file).toString())
				.sorted()
				.toList();
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void applicationBringsBackWhatAnotherOneServesToo(boolean withChecksum) {
		ModelRequest.Builder one = request("hf://org/repo:Q4_K_M").expectedDigest(this.content.sha256());
		ModelRequest.Builder other = request("hf://org/repo:Q4_K_M")
			.expectedDigest(withChecksum ? this.content.sha256() : null);
		try (CacheFixture first = open(one); CacheFixture second = open(other)) {
			first.get("m");
			assertThat(second.get("m").outcome()).isEqualTo(ModelOutcome.CACHED);
			second.cache().evict("m").block(CacheFixture.PATIENCE);
			assertThat(second.get("m").outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
			assertThat(first.get("m").outcome()).isEqualTo(ModelOutcome.CACHED);
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void contentThatTwoFilesHaveComesOnce(boolean atAPathOfItsOwn) {
		this.server.repository("org/repo", LATER).large("a.gguf", this.content).large("b.gguf", this.content);
		Path place = atAPathOfItsOwn ? this.directory.resolve("model") : null;
		CachedModel model = get(request("hf://org/repo").files(List.of("?.gguf")).modelPath(place));
		assertThat(model.files()).hasSize(2)
			.allSatisfy((file) -> assertThat(file).satisfies(Content.exactly(this.content.bytes())));
		String path = this.server.cdn().uri("/xet-bridge-us/" + this.content.sha256().hex()).getPath();
		assertThat(this.server.cdn().bytesSent(path)).isEqualTo(this.content.size());
	}

	@Test
	void filesStandWhereTheHubsOwnToolsLookForThem() throws IOException {
		CachedModel model = get(all());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(model.verified()).isTrue();
		assertThat(model.path()).isEqualTo(snapshot(COMMIT).resolve("gguf/model.Q4_K_M.gguf"))
			.satisfies(Content.exactly(this.content.bytes()));
		assertThat(files(this.directory.resolve("hub"))).containsExactlyInAnyOrder("CACHEDIR.TAG",
				"models--org--repo/blobs/" + this.content.sha256().hex(), "models--org--repo/blobs/" + CONFIG_SHA1,
				"models--org--repo/refs/main", "models--org--repo/snapshots/" + COMMIT + "/config.json",
				"models--org--repo/snapshots/" + COMMIT + "/gguf/model.Q4_K_M.gguf");
		assertThat(Files.readSymbolicLink(model.path())).hasToString("../../../blobs/" + this.content.sha256().hex());
		assertThat(Files.readSymbolicLink(snapshot(COMMIT).resolve("config.json")))
			.hasToString("../../blobs/" + CONFIG_SHA1);
		assertThat(folder().resolve("refs/main")).content().isEqualTo(COMMIT);
	}

	@Test
	void filesHaveThePermissionsOfTheUmask() throws IOException {
		Set<PosixFilePermission> usual = Files
			.getPosixFilePermissions(Files.createFile(this.directory.resolve("usual")));
		get(all());
		assertThat(Files.getPosixFilePermissions(blob(this.content))).isEqualTo(usual);
		assertThat(Files.getPosixFilePermissions(blob(CONFIG_SHA1))).isEqualTo(usual);
	}

	@Test
	void modelThatIsThereIsServedWithoutAskingTheHub() {
		CachedModel first = get(request("hf://org/repo:Q4_K_M"));
		int requests = this.server.hub().requests().size();
		CachedModel again = get(request("hf://org/repo:Q4_K_M"));
		assertThat(again.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(again).usingRecursiveComparison().ignoringFields("outcome").isEqualTo(first);
		assertThat(this.server.hub().requests()).hasSize(requests);
	}

	@Test
	void addressOfAFileOnTheHubsPagesIsTheSameModel() {
		get(request("hf://org/repo/config.json"));
		CachedModel model = get(request(this.server.endpoint() + "/org/repo/resolve/main/config.json"));
		assertThat(model.path()).isEqualTo(snapshot(COMMIT).resolve("config.json"));
		assertThat(model.outcome()).isEqualTo(ModelOutcome.CACHED);
	}

	@Test
	void modelWithAPathOfItsOwnStandsThere() {
		Path path = this.directory.resolve("model.gguf");
		CachedModel model = get(request("hf://org/repo:Q4_K_M").modelPath(path));
		assertThat(model.path()).isEqualTo(path).isRegularFile();
		assertThat(this.directory.resolve("hub")).doesNotExist();
	}

	@Test
	void whatAnotherToolDownloadedIsAdoptedAndStaysAsItIs() throws IOException {
		download(COMMIT, this.content, true);
		Files.setPosixFilePermissions(blob(this.content), PosixFilePermissions.fromString("r--r-----"));
		FileTime time = FileTime.from(Instant.parse("2026-01-01T00:00:00Z"));
		Files.setLastModifiedTime(blob(this.content), time);
		CachedModel model = get(request("hf://org/repo:Q4_K_M"));
		assertThat(model.outcome()).isEqualTo(ModelOutcome.ADOPTED);
		assertThat(model.verified()).isTrue();
		assertThat(model.path()).isEqualTo(snapshot(COMMIT).resolve("gguf/model.Q4_K_M.gguf"));
		assertThat(this.server.cdn().requests()).isEmpty();
		assertThat(Files.getLastModifiedTime(blob(this.content))).isEqualTo(time);
		assertThat(Files.getPosixFilePermissions(blob(this.content)))
			.isEqualTo(PosixFilePermissions.fromString("r--r-----"));
		assertThat(get(request("hf://org/repo:Q4_K_M")).outcome()).isEqualTo(ModelOutcome.CACHED);
	}

	@Test
	void whatAnotherToolDownloadedWithoutLinksIsAdoptedToo() throws IOException {
		download(COMMIT, this.content, false);
		assertThat(get(request("hf://org/repo:Q4_K_M")).outcome()).isEqualTo(ModelOutcome.ADOPTED);
		assertThat(this.server.cdn().requests()).isEmpty();
		assertThat(folder().resolve("blobs")).isEmptyDirectory();
	}

	@Test
	void fileOfAnotherCommitIsLinkedTo() throws IOException {
		download(LATER, this.content, true);
		CachedModel model = get(request("hf://org/repo:Q4_K_M"));
		assertThat(model.outcome()).isEqualTo(ModelOutcome.ADOPTED);
		assertThat(model.path().toRealPath()).isEqualTo(blob(this.content).toRealPath());
		assertThat(this.server.cdn().requests()).isEmpty();
		assertThat(folder().resolve("refs/main")).content().isEqualTo(COMMIT);
	}

	@Test
	void damagedFileOfAnotherToolIsReplaced() throws IOException {
		download(COMMIT, this.content, true);
		Files.write(blob(this.content), this.content.flipped(77).bytes());
		CachedModel model = get(request("hf://org/repo:Q4_K_M"));
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(model.path()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(blob(this.content)).satisfies(Content.exactly(this.content.bytes()));
	}

	@Test
	void damagedFileOfAnotherToolStaysIfTheModelIsStoredElsewhere() throws IOException {
		download(COMMIT, this.content, true);
		byte[] damaged = this.content.flipped(77).bytes();
		Files.write(blob(this.content), damaged);
		Path path = this.directory.resolve("model.gguf");
		assertThat(get(request("hf://org/repo:Q4_K_M").modelPath(path)).path())
			.satisfies(Content.exactly(this.content.bytes()));
		assertThat(blob(this.content)).satisfies(Content.exactly(damaged));
	}

	@Test
	void withoutLinksTheFilesThemselvesStandInTheSnapshot() throws IOException {
		this.links = false;
		CachedModel model = get(all());
		assertThat(model.files()).allSatisfy((file) -> assertThat(file).isRegularFile());
		assertThat(files(folder())).containsExactly("refs/main", "snapshots/" + COMMIT + "/config.json",
				"snapshots/" + COMMIT + "/gguf/model.Q4_K_M.gguf");
		this.hashed.clear();
		assertThat(get(all()).outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(this.hashed).isEmpty();
	}

	@Test
	void withoutLinksTwoFilesOfOneContentBothStandInTheSnapshot() throws IOException {
		this.links = false;
		this.server.repository("org/repo", COMMIT).small("a/config.json", CONFIG).small("b/config.json", CONFIG);
		CachedModel model = get(request("hf://org/repo").files(List.of("*/config.json")));
		assertThat(model.files()).hasSize(2).allSatisfy((file) -> assertThat(file).isRegularFile().hasContent(CONFIG));
		assertThat(folder().resolve("blobs")).isEmptyDirectory();
	}

	@Test
	void withoutLinksABlobOfOthersIsCopied() throws IOException {
		this.links = false;
		download(LATER, this.content, true);
		Files.setPosixFilePermissions(blob(this.content), PosixFilePermissions.fromString("rw-------"));
		CachedModel model = get(request("hf://org/repo:Q4_K_M"));
		assertThat(model.path()).isRegularFile().satisfies(Content.exactly(this.content.bytes()));
		assertThat(Files.isSymbolicLink(model.path())).isFalse();
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(model.path()))).isEqualTo("rw-------");
		assertThat(blob(this.content)).isRegularFile();
	}

	@Test
	void wrongBytesLeaveNothingThatLeadsToThem() {
		String path = this.server.cdn().uri("/xet-bridge-us/" + this.content.sha256().hex()).getPath();
		this.server.cdn().serve(path, this.content.flipped(1000));
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get(all()));
		assertThat(blob(this.content)).doesNotExist();
		// The Hub's tools call a repository without these directories corrupted.
		assertThat(folder().resolve("refs")).isEmptyDirectory();
		assertThat(folder().resolve("snapshots")).isEmptyDirectory();
	}

	@Test
	void newCommitIsANewSnapshotThatSharesWhatIsTheSame() throws IOException {
		try (CacheFixture fixture = open(all())) {
			CachedModel first = fixture.get("m");
			Content next = Content.random(2 << 20, 2);
			commit(LATER, next);
			CachedModel second = Objects.requireNonNull(fixture.cache().refresh("m").block(Duration.ofMinutes(1)));
			assertThat(second.path()).isEqualTo(snapshot(LATER).resolve("gguf/model.Q4_K_M.gguf"))
				.satisfies(Content.exactly(next.bytes()));
			assertThat(first.files()).allSatisfy((file) -> assertThat(file).exists());
			assertThat(folder().resolve("refs/main")).content().isEqualTo(LATER);
			assertThat(files(folder().resolve("blobs"))).hasSize(3);
		}
	}

	/** What the cache of the Hub's tools holds, and a file at a path of its own. */
	private ModelRequest.Builder wanted(boolean hasPath) {
		return hasPath ? request("hf://org/repo/gguf/model.Q4_K_M.gguf").modelPath(this.directory.resolve("m.gguf"))
				: all();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void refreshThatGoesBackToAnOlderCommitSaysSo(boolean hasPath, CapturedOutput output) {
		Content later = Content.random(2 << 20, 2);
		try (CacheFixture fixture = open(wanted(hasPath))) {
			fixture.get("m");
			commit(LATER, later);
			fixture.cache().refresh("m").block(Duration.ofMinutes(1));
			assertThat(output).doesNotContain("went back");
			commit(COMMIT, this.content);
			fixture.cache().refresh("m").block(Duration.ofMinutes(1));
			assertThat(wentBack(output)).singleElement()
				.asString()
				.contains(" to " + COMMIT + ", which was served before " + LATER);
			commit(LATER, later);
			fixture.cache().refresh("m").block(Duration.ofMinutes(1));
			assertThat(wentBack(output)).hasSize(1);
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void refreshToACommitOfAnEarlierDateSaysSo(boolean hasPath, CapturedOutput output) {
		this.repository.modified("2026-02-01T10:00:00.000Z");
		try (CacheFixture fixture = open(wanted(hasPath))) {
			fixture.get("m");
			commit(LATER, Content.random(2 << 20, 2));
			this.repository.modified("2026-03-01T10:00:00.000Z");
			fixture.cache().refresh("m").block(Duration.ofMinutes(1));
			assertThat(output).doesNotContain("went back");
			commit(NEVER_SERVED, Content.random(2 << 20, 3));
			this.repository.modified("2026-01-01T10:00:00.000Z");
			fixture.cache().refresh("m").block(Duration.ofMinutes(1));
			assertThat(wentBack(output)).singleElement()
				.asString()
				.contains(" to " + NEVER_SERVED + ", which is of 2026-01-01T10:00:00Z, and so older than " + LATER
						+ " of 2026-03-01T10:00:00Z");
		}
	}

	private static List<String> wentBack(CapturedOutput output) {
		return output.getOut()
			.lines()
			.filter((line) -> line.contains("WARN") && line.contains(" went back to "))
			.toList();
	}

	@Test
	void evictionRemovesWhatWasBroughtAndNothingElse() throws IOException {
		try (CacheFixture fixture = open(all())) {
			fixture.get("m");
			Path other = snapshot(LATER).resolve("config.json");
			Files.createDirectories(other.getParent());
			Files.createSymbolicLink(other, Path.of("../../blobs", CONFIG_SHA1));
			fixture.cache().evict("m").block(Duration.ofMinutes(1));
			assertThat(files(folder())).containsExactly("blobs/" + CONFIG_SHA1, "snapshots/" + LATER + "/config.json");
			assertThat(other).hasContent(CONFIG);
		}
	}

	/** The second file does not come at the first attempt. */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void evictionRemovesWhatAnAttemptBroughtThatWasBrokenOff(boolean links) throws IOException {
		this.links = links;
		MisbehavingServer cdn = this.server.cdn();
		String path = cdn.uri("/xet-bridge-us/" + this.content.sha256().hex()).getPath();
		AtomicBoolean there = new AtomicBoolean();
		cdn.answer(path, (request) -> {
			if (!there.get()) {
				Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> Files.exists(blob(CONFIG_SHA1)));
				return Reply.status(404);
			}
			return Reply.ok();
		});
		assertThatExceptionOfType(ModelNotFoundException.class).isThrownBy(() -> get(all()));
		there.set(true);
		try (CacheFixture fixture = open(all())) {
			fixture.get("m");
			assertThat(files(folder().resolve("blobs"))).hasSize(links ? 2 : 0);
			fixture.cache().evict("m").block(Duration.ofMinutes(1));
			assertThat(files(folder())).isEmpty();
		}
	}

	/** They have the same bytes as what an attempt of this cache had brought before. */
	@Test
	void evictionLeavesWhatOtherToolsBroughtAgain() throws IOException {
		try (CacheFixture fixture = open(all())) {
			fixture.get("m");
			Path aside = Files.writeString(this.directory.resolve("aside"), CONFIG);
			try (Stream<Path> records = Files.list(this.directory.resolve("cache/receipts"))) {
				Files
					.delete(records.filter((file) -> file.toString().endsWith(".elsewhere")).findFirst().orElseThrow());
			}
			Files.move(aside, blob(CONFIG_SHA1), StandardCopyOption.REPLACE_EXISTING);
		}
		try (CacheFixture fixture = open(all())) {
			fixture.get("m");
			fixture.cache().evict("m").block(Duration.ofMinutes(1));
			assertThat(files(folder())).contains("blobs/" + CONFIG_SHA1, "snapshots/" + COMMIT + "/config.json")
				.doesNotContain("blobs/" + this.content.sha256().hex());
		}
	}

	/** As if the process had ended before it wrote down what it published. */
	@Test
	void evictionRemovesWhatAProcessShowedThatWasKilledThen() throws IOException {
		get(all());
		try (Stream<Path> records = Files.list(this.directory.resolve("cache/receipts"))) {
			Files.delete(records.filter((file) -> file.toString().endsWith(".elsewhere")).findFirst().orElseThrow());
		}
		try (CacheFixture fixture = open(all())) {
			fixture.get("m");
			fixture.cache().evict("m").block(Duration.ofMinutes(1));
			assertThat(files(folder())).isEmpty();
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void evictionRemovesWhatWasBroughtForCommitsBefore(boolean back) throws IOException {
		try (CacheFixture fixture = open(all())) {
			fixture.get("m");
			commit(LATER, Content.random(2 << 20, 2));
			fixture.cache().refresh("m").block(Duration.ofMinutes(1));
			if (back) {
				commit(COMMIT, this.content);
				fixture.cache().refresh("m").block(Duration.ofMinutes(1));
			}
			assertThat(files(folder().resolve("blobs"))).hasSize(3);
			fixture.cache().evict("m").block(Duration.ofMinutes(1));
			assertThat(files(folder())).isEmpty();
			assertThat(files(this.directory.resolve("cache"))).noneMatch((file) -> file.endsWith(".elsewhere"));
		}
	}

	@Test
	void evictionLeavesWhatAnotherModelIsMadeOfToo() throws IOException {
		try (CacheFixture fixture = open(all())) {
			CachedModel model = fixture.get("m");
			ModelRequest other = ModelRequest.builder("other").url(URI.create("hf://org/repo:Q4_K_M")).build();
			CachedModel shared = Objects.requireNonNull(fixture.cache().get(other).block(Duration.ofMinutes(1)));
			assertThat(shared.path()).isEqualTo(model.path());
			fixture.cache().evict("m").block(Duration.ofMinutes(1));
			assertThat(shared.path()).satisfies(Content.exactly(this.content.bytes()));
			assertThat(snapshot(COMMIT).resolve("config.json")).doesNotExist();
			assertThat(fixture.cache().get(other).block(Duration.ofMinutes(1))).isNotNull()
				.satisfies((again) -> assertThat(again.outcome()).isEqualTo(ModelOutcome.CACHED));
		}
	}

	@Test
	void evictionThatFailsInTheMiddleSaysWhatIsLeftAndAnotherOneRemovesIt(CapturedOutput output) throws IOException {
		try (CacheFixture fixture = open(all())) {
			fixture.get("m");
			// A directory with something in it cannot be deleted like a file.
			Files.delete(blob(CONFIG_SHA1));
			Path stuck = Files.createDirectories(blob(CONFIG_SHA1).resolve("stuck"));
			assertThatExceptionOfType(ModelStorageException.class)
				.isThrownBy(() -> fixture.cache().evict("m").block(Duration.ofMinutes(1)))
				.withMessageContaining("the eviction is not complete")
				.withMessageContaining(snapshot(COMMIT).resolve("config.json").toString());
			assertThat(blob(this.content)).doesNotExist();
			assertThat(output.getOut().lines())
				.anyMatch((line) -> line.contains("WARN") && line.contains("the eviction is not complete"));
			Files.delete(stuck);
			fixture.cache().evict("m").block(Duration.ofMinutes(1));
			assertThat(files(folder())).isEmpty();
		}
	}

	@Test
	void evictionLeavesAFileThatWasChangedInTheSnapshot() throws IOException {
		this.links = false;
		try (CacheFixture fixture = open(all())) {
			fixture.get("m");
			Path config = Files.writeString(snapshot(COMMIT).resolve("config.json"), "edited");
			assertThatExceptionOfType(ModelNotFoundException.class)
				.isThrownBy(() -> fixture.cache().evict("m").block(Duration.ofMinutes(1)))
				.withMessageContaining(config.toString());
			assertThat(files(folder().resolve("snapshots"))).containsExactly(COMMIT + "/config.json");
			assertThat(config).hasContent("edited");
		}
	}

	@Test
	void evictionDeletesAFileOfTheSnapshotThatWasFoundToBeDamaged() throws IOException {
		this.links = false;
		try (CacheFixture fixture = open(all())) {
			fixture.get("m");
			Files.writeString(snapshot(COMMIT).resolve("config.json"), "damaged");
			assertThatExceptionOfType(ModelIntegrityException.class)
				.isThrownBy(() -> fixture.cache().verify("m").block(Duration.ofMinutes(1)));
			fixture.cache().evict("m").block(Duration.ofMinutes(1));
			assertThat(folder().resolve("snapshots")).satisfiesAnyOf((gone) -> assertThat(gone).doesNotExist(),
					(empty) -> assertThat(files(empty)).isEmpty());
		}
	}

	@Test
	void evictionLeavesWhatAnotherToolBrought() throws IOException {
		download(COMMIT, this.content, true);
		try (CacheFixture fixture = open(request("hf://org/repo:Q4_K_M"))) {
			List<String> before = files(folder());
			fixture.get("m");
			fixture.cache().evict("m").block(Duration.ofMinutes(1));
			assertThat(files(folder())).isEqualTo(before);
			assertThat(fixture.get("m").outcome()).isEqualTo(ModelOutcome.ADOPTED);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "hf://org/repo:Q4_K_M", "hf://org/repo@main/gguf/model.Q4_K_M.gguf",
			"hf://org/repo@" + COMMIT + "/gguf/model.Q4_K_M.gguf" })
	void offlineWhatAnotherToolDownloadedIsServed(String url) throws IOException {
		download(COMMIT, this.content, true);
		CachedModel model = getOffline(request(url));
		assertThat(model.outcome()).isEqualTo(ModelOutcome.ADOPTED);
		assertThat(model.verified()).isFalse();
		assertThat(model.path()).isEqualTo(snapshot(COMMIT).resolve("gguf/model.Q4_K_M.gguf"));
	}

	@Test
	void offlineANameIsNoProof(CapturedOutput output) throws IOException {
		download(COMMIT, Content.random(1 << 20, 66), true);
		CachedModel model = getOffline(request("hf://org/repo:Q4_K_M"));
		assertThat(model.verified()).isFalse();
		assertThat(get(request("hf://org/repo:Q4_K_M")).verified()).isFalse();
		assertThat(output.getOut().lines()).anyMatch((line) -> line.contains("WARN")
				&& line.contains("only its name in another tool's cache says what its digest is"));
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void aNameIsNotEnoughWhereAChecksumIsRequired(boolean atAPathOfItsOwn) throws IOException {
		download(COMMIT, this.content, true);
		Path path = atAPathOfItsOwn ? this.directory.resolve("model.gguf") : null;
		assertThatExceptionOfType(ModelIntegrityException.class)
			.isThrownBy(() -> getOffline(request("hf://org/repo:Q4_K_M").modelPath(path).digestRequired(true)))
			.withMessageContaining("require-checksum");
	}

	@Test
	void whileTheHubIsDownANameIsNotEnoughWhereAChecksumIsRequired() throws IOException {
		download(COMMIT, this.content, true);
		this.server.refuse();
		assertThatExceptionOfType(ModelTransferException.class)
			.isThrownBy(() -> get(request("hf://org/repo:Q4_K_M").digestRequired(true)))
			.satisfies((failure) -> assertThat(failure.getSuppressed())
				.hasAtLeastOneElementOfType(ModelIntegrityException.class));
	}

	@Test
	void offlineWhatTheHubOnceProvedIsStillProved() throws IOException {
		download(COMMIT, this.content, true);
		get(request("hf://org/repo:Q4_K_M"));
		CachedModel model = getOffline(
				request("hf://org/repo@" + COMMIT + "/gguf/model.Q4_K_M.gguf").digestRequired(true));
		assertThat(model.verified()).isTrue();
	}

	@Test
	void offlineAnExpectedChecksumProvesWhatAnotherToolDownloaded() throws IOException {
		download(COMMIT, this.content, true);
		CachedModel model = getOffline(
				request("hf://org/repo:Q4_K_M").expectedDigest(this.content.sha256()).digestRequired(true));
		assertThat(model.verified()).isTrue();
	}

	@Test
	void whatWasServedByItsNameIsProvedOnceTheHubAnswers() throws IOException {
		download(COMMIT, this.content, true);
		this.offline = true;
		assertThat(get(request("hf://org/repo:Q4_K_M")).verified()).isFalse();
		this.offline = false;
		assertThat(get(request("hf://org/repo:Q4_K_M")).verified()).isTrue();
		assertThat(this.server.cdn().requests()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void otherBytesInASnapshotStayAndAreNotTheModel(boolean links, CapturedOutput output) throws IOException {
		this.links = links;
		download(LATER, this.content, true);
		Path entry = snapshot(COMMIT).resolve("gguf/model.Q4_K_M.gguf");
		Files.createDirectories(entry.getParent());
		Files.write(entry, this.content.flipped(5).bytes());
		CachedModel model = get(request("hf://org/repo:Q4_K_M"));
		assertThat(model.path()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(model.verified()).isTrue();
		assertThat(entry).satisfies(Content.exactly(this.content.flipped(5).bytes()));
		assertThat(output.getOut().lines()).anyMatch((line) -> line.contains("WARN")
				&& line.contains(entry + " does not have the content that its commit has"));
		CachedModel again = get(request("hf://org/repo:Q4_K_M"));
		assertThat(again.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(again.path()).satisfies(Content.exactly(this.content.bytes()));
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void linkOfASnapshotToOtherBytesIsPutRight(boolean inside, CapturedOutput output) throws IOException {
		download(LATER, this.content, true);
		Path entry = snapshot(COMMIT).resolve("gguf/model.Q4_K_M.gguf");
		Path other = inside ? blob("0".repeat(64)) : this.directory.resolve("other.gguf");
		Files.write(other, this.content.flipped(5).bytes());
		Files.createDirectories(entry.getParent());
		Files.createSymbolicLink(entry, other);
		CachedModel model = get(request("hf://org/repo:Q4_K_M"));
		assertThat(model.path()).isEqualTo(entry).satisfies(Content.exactly(this.content.bytes()));
		assertThat(model.verified()).isTrue();
		assertThat(other).satisfies(Content.exactly(this.content.flipped(5).bytes()));
		assertThat(output).contains(entry + " pointed to content other than that of its commit");
	}

	@Test
	void editedFileAmongSeveralStaysAndIsNotTheModel() throws IOException {
		get(all());
		FileSystemUtils.deleteRecursively(this.directory.resolve("cache").toFile());
		Path config = snapshot(COMMIT).resolve("config.json");
		Files.delete(config);
		Files.writeString(config, "{\"model_type\":\"other\"}");
		CachedModel model = get(all());
		assertThat(model.files()).hasSize(2);
		assertThat(model.files()).filteredOn((file) -> file.endsWith("config.json"))
			.singleElement()
			.satisfies((file) -> assertThat(file).hasContent(CONFIG));
		assertThat(model.verified()).isTrue();
		assertThat(config).hasContent("{\"model_type\":\"other\"}");
	}

	@Test
	void ownFileInASnapshotThatWasDamagedIsReplaced() throws IOException {
		this.links = false;
		CachedModel model = get(all());
		FileTime time = Files.getLastModifiedTime(model.path());
		do {
			Files.write(model.path(), this.content.flipped(5).bytes());
		}
		while (Files.getLastModifiedTime(model.path()).equals(time));
		CachedModel again = get(all());
		assertThat(again.path()).isEqualTo(model.path()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(again.verified()).isTrue();
	}

	@Test
	void offlineAModelWithAPathOfItsOwnIsCopiedThere() throws IOException {
		download(COMMIT, this.content, true);
		Path path = this.directory.resolve("model.gguf");
		assertThat(getOffline(request("hf://org/repo:Q4_K_M").modelPath(path)).path()).isEqualTo(path)
			.satisfies(Content.exactly(this.content.bytes()));
	}

	@Test
	void offlineWhatIsNotThereIsMissingAtOnce() throws IOException {
		download(COMMIT, this.content, true);
		assertThatExceptionOfType(ModelOfflineException.class)
			.isThrownBy(() -> getOffline(request("hf://org/repo/config.json")));
	}

	@Test
	void whileTheHubIsDownWhatAnotherToolDownloadedIsServedWithAWarning(CapturedOutput output) throws IOException {
		download(COMMIT, this.content, true);
		this.server.refuse();
		assertThat(get(request("hf://org/repo:Q4_K_M")).outcome()).isEqualTo(ModelOutcome.ADOPTED);
		assertThat(output).contains("the copy on this machine is served");
	}

	@Test
	void damagedFileOfAnotherToolIsNotServedOffline() throws IOException {
		download(COMMIT, this.content, true);
		Files.write(blob(this.content), this.content.flipped(77).bytes());
		assertThatExceptionOfType(ModelOfflineException.class)
			.isThrownBy(() -> getOffline(request("hf://org/repo:Q4_K_M")));
		assertThat(blob(this.content)).satisfies(Content.exactly(this.content.flipped(77).bytes()));
	}

	@Test
	void offlineAPatternIsNotMatchedAgainstWhatHappensToBeThere() throws IOException {
		download(COMMIT, this.content, true);
		assertThatExceptionOfType(ModelOfflineException.class)
			.isThrownBy(() -> getOffline(request("hf://org/repo").files(List.of("**/*.gguf"))));
	}

	@Test
	void offlineTheHubsOwnChoiceIsNotGuessed() throws IOException {
		download(COMMIT, this.content, true);
		assertThatExceptionOfType(ModelOfflineException.class).isThrownBy(() -> getOffline(request("hf://org/repo")));
	}

	@Test
	void whatWasServedWhileTheHubWasDownIsNotSettled() throws IOException {
		download(LATER, this.content, true);
		this.offline = true;
		get(request("hf://org/repo:Q4_K_M"));
		this.offline = false;
		assertThat(get(request("hf://org/repo:Q4_K_M")).path())
			.isEqualTo(snapshot(COMMIT).resolve("gguf/model.Q4_K_M.gguf"));
	}

	@Test
	void whatIsThereButNotWhatIsExpectedDoesNotHideThatTheHubIsDown() throws IOException {
		download(COMMIT, this.content, true);
		this.server.refuse();
		assertThatExceptionOfType(ModelTransferException.class)
			.isThrownBy(() -> get(request("hf://org/repo:Q4_K_M").expectedDigest(Content.of("x").sha256())));
	}

	@Test
	void evictionOfWhatTheHubsToolsDeletedForgetsIt() {
		try (CacheFixture fixture = open(all())) {
			fixture.get("m");
			FileSystemUtils.deleteRecursively(folder().toFile());
			fixture.cache().evict("m").block(Duration.ofMinutes(1));
			assertThat(fixture.get("m").outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		}
	}

}
