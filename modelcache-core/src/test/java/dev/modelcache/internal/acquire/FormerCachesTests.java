/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;

import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import dev.modelcache.internal.source.huggingface.HuggingFaceResolver;
import dev.modelcache.internal.store.AdoptionSettings;
import dev.modelcache.internal.store.HubCacheSettings;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.testsupport.Compressing;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Schedulers;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Caches of former versions: what they downloaded is served as it is.
 */
class FormerCachesTests {

	private static final String FIRST = "first";

	private static final String WITHOUT_CHANGE_TIMES = "without-change-times";

	private static final String BEFORE_REBUILD = "before-rebuild";

	/** Models of which no digest was known when they were downloaded. */
	private static final Set<String> UNVERIFIED = Set.of("unverified-file", "fallback", "pinned-file");

	private static final int MIB = 1 << 20;

	@TempDir
	private Path directory;

	private final Content content = Content.random(100_000, 1);

	private final Content small = Content.random(50_000, 2);

	private final Content compressed = Content.of(Compressing.compress(Compression.GZIP, this.content.bytes()));

	private final Content large = Content.random(6 * MIB + 54_321, 3);

	private final MisbehavingServer server = MisbehavingServer.start()
		.serve("/m.gguf", this.content)
		.serve("/m.gguf.gz", this.compressed)
		.serve("/other.gguf", this.small)
		.serve("/large.gguf", this.large)
		.always("/dead.gguf", Reply.status(404));

	private final HubServer hub = HubServer.start();

	private final List<Boolean> hashed = new ArrayList<>();

	private FormerCache former;

	private String query = "";

	private HubCacheSettings shared;

	private Path lockFile;

	@BeforeEach
	void prepare() throws IOException {
		this.former = new FormerCache(this.directory, this.server);
		this.hub.repository("org/repo", "0123456789abcdef0123456789abcdef01234567")
			.large("onnx/model-00001-of-00002.gguf", this.content)
			.large("onnx/model-00002-of-00002.gguf", this.small)
			.small("config.json", "{\"model_type\":\"llama\"}");
	}

	@AfterEach
	void stopServers() {
		this.server.close();
		this.hub.close();
	}

	static Stream<String> caches() {
		Stream<String> first = Stream.of("single-file", "unverified-file", "model-path", "fallback");
		List<String> all = List.of("single-file", "unverified-file", "model-path", "fallback", "compressed-source",
				"several-files", "several-files-at-model-path", "hub-snapshot", "adopted-file", "pinned-file");
		return Stream
			.of(first.map((name) -> FIRST + "/" + name), all.stream().map((name) -> WITHOUT_CHANGE_TIMES + "/" + name),
					all.stream().map((name) -> BEFORE_REBUILD + "/" + name))
			.flatMap((names) -> names);
	}

	/** Returns the request that the cache was filled with. */
	private ModelRequest.Builder request(String cache) {
		return switch (cache.substring(cache.indexOf('/') + 1)) {
			case "single-file", "adopted-file" -> web("/m.gguf").expectedDigest(this.content.sha256());
			case "unverified-file", "pinned-file" -> web("/m.gguf");
			case "model-path" ->
				web("/m.gguf").expectedDigest(this.content.sha256()).modelPath(this.directory.resolve("mine.gguf"));
			case "fallback" -> web("/dead.gguf").fallbackUrl(URI.create(this.server.uri("/other.gguf") + this.query));
			case "compressed-source" -> web("/m.gguf.gz").expectedDigest(this.compressed.sha256());
			case "several-files", "hub-snapshot" -> severalFiles();
			case "several-files-at-model-path" -> severalFiles().modelPath(this.directory.resolve("llama"));
			case "partial" -> web("/large.gguf").expectedDigest(this.large.sha256());
			default -> throw new IllegalArgumentException(cache);
		};
	}

	private ModelRequest.Builder web(String path) {
		return ModelRequest.builder("m").url(URI.create(this.server.uri(path) + this.query)).maxAttempts(1);
	}

	private static ModelRequest.Builder severalFiles() {
		return ModelRequest.builder("m")
			.url(URI.create("hf://org/repo"))
			.files(List.of("onnx/*.gguf", "config.json"))
			.maxAttempts(1);
	}

	private CacheFixture open(String cache) {
		Path hubCache = this.directory.resolve("hub");
		StoreSettings store = new StoreSettings(this.directory, DataSize.ofMegabytes(1), Verification.FINGERPRINT)
			.withAdoption(new AdoptionSettings(true, List.of(hubCache), List.of()));
		CacheFixture fixture = new CacheFixture(this.directory)
			.store(cache.endsWith("hub-snapshot") ? store.withHubCache(new HubCacheSettings(hubCache, true)) : store)
			.resolver(new HuggingFaceResolver(
					new HubSettings(this.hub.endpoint(), new HubToken(null, (name) -> null, this.directory)), Map.of(),
					MetadataClients.create(), Schedulers.boundedElastic()))
			.observer(new AcquisitionObserver() {
				@Override
				public void verified(boolean matched, Duration elapsed) {
					FormerCachesTests.this.hashed.add(matched);
				}
			});
		if (cache.endsWith("pinned-file")) {
			fixture.lockFile(this.directory.resolve("models.lock"));
		}
		fixture.open(request(cache).build());
		return fixture;
	}

	private CachedModel get(String cache) {
		try (CacheFixture fixture = open(cache)) {
			return fixture.get("m");
		}
	}

	/** Every file consists of zeros, so one that is read is not the model any more. */
	private void assertIsServedAsItIs(String cache) {
		CachedModel model = get(cache);
		assertThat(model.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(model.verified()).isEqualTo(!UNVERIFIED.contains(cache.substring(cache.indexOf('/') + 1)));
		assertThat(model.fallback()).isEqualTo(cache.endsWith("fallback"));
		assertThat(model.digest()).isEqualTo((model.fallback() ? this.small : this.content).sha256());
		assertThat(model.files()).hasSize((request(cache).build().files().isEmpty()) ? 1 : 3);
		assertThat(model.files()).allSatisfy((file) -> assertThat(file).isRegularFile());
		assertThat(this.hashed).isEmpty();
		assertThat(this.server.requests()).isEmpty();
		assertThat(this.hub.hub().requests()).isEmpty();
		assertThat(this.hub.cdn().requests()).isEmpty();
	}

	/** The former version finds its own record, and writes it once more. */
	@ParameterizedTest
	@MethodSource("caches")
	void modelIsNeitherDownloadedNorReadAgainWhileVersionsTakeTurns(String cache) throws IOException {
		this.former.write(cache);
		assertIsServedAsItIs(cache);
		this.former.assertIsThere(cache);
		this.former.write(cache, (template) -> template.replaceAll("(?m)^@(file|link) .*\n", ""));
		assertIsServedAsItIs(cache);
	}

	/** Only root can write all the same. */
	@ParameterizedTest
	@MethodSource("caches")
	void modelInADirectoryThatCannotBeWrittenIsServed(String cache) throws IOException {
		this.former.write(cache);
		setWritable(false);
		try {
			assertIsServedAsItIs(cache);
		}
		finally {
			setWritable(true);
		}
	}

	/** Their signature may have expired: the source would answer 403. */
	@ParameterizedTest
	@ValueSource(strings = { "single-file", "unverified-file", "model-path", "adopted-file", "fallback" })
	void modelOfAPresignedUrlIsServedWhereItIs(String name) throws IOException {
		this.server.always("/m.gguf", Reply.status(403)).always("/other.gguf", Reply.status(403));
		String cache = BEFORE_REBUILD + "/" + name;
		this.query = "?id=1&X-Amz-Date=20260101T000000Z&X-Amz-Signature=aa";
		this.former.write(cache, (template) -> template.replaceAll("(\\$\\{(?:key|place):[^}]*)", "$1" + this.query));
		assertIsServedAsItIs(cache);
		this.query = this.query.replace("Signature=aa", "Signature=bb");
		assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> get(cache));
	}

	@Test
	void presignedUrlWithAnotherSignatureIsFetchedOnce() throws IOException {
		String cache = BEFORE_REBUILD + "/single-file";
		this.former.write(cache,
				(template) -> template.replaceAll("(\\$\\{(?:key|place):[^}]*)", "$1?X-Amz-Signature=aa"));
		this.query = "?X-Amz-Signature=bb";
		assertThat(get(cache).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(get(cache).outcome()).isEqualTo(ModelOutcome.CACHED);
		this.query = "?X-Amz-Signature=aa";
		assertThat(get(cache).outcome()).isEqualTo(ModelOutcome.CACHED);
	}

	/** Whether or not this version has fetched the model, too. */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void evictedModelOfAPresignedUrlIsNotServedFromWhereAFormerVersionPutIt(boolean fetchedSince) throws IOException {
		String cache = BEFORE_REBUILD + "/single-file";
		this.query = "?X-Amz-Signature=aa";
		this.former.write(cache, (template) -> template.replaceAll("(\\$\\{(?:key|place):[^}]*)", "$1" + this.query));
		Path before = get(cache).path();
		if (fetchedSince) {
			this.query = "?X-Amz-Signature=bb";
			assertThat(get(cache).path()).isNotEqualTo(before);
			this.query = "?X-Amz-Signature=aa";
		}
		try (CacheFixture fixture = open(cache)) {
			fixture.cache().evict("m").block(CacheFixture.PATIENCE);
			assertThat(before).doesNotExist();
			assertThat(fixture.find(".gguf")).isEmpty();
			assertThat(fixture.get("m").outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		}
	}

	/** Each URL of a file of the Hub was a model of its own. */
	@ParameterizedTest
	@ValueSource(strings = { "/org/repo/resolve/main/onnx/model-00002-of-00002.gguf",
			"/org/repo/blob/main/onnx/model-00002-of-00002.gguf?download=true",
			"hf://org/repo@main/onnx/model-00002-of-00002.gguf" })
	void fileOfTheHubIsServedWhereItsUrlPutItAndIsOneModelOtherwise(String url) {
		URI form = url.startsWith("/") ? URI.create("https://huggingface.co" + url) : URI.create(url);
		CachedModel before = get(form, false);
		assertThat(before.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		int requests = this.hub.hub().requests().size();
		CachedModel after = get(form, true);
		assertThat(after.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(after.path()).isEqualTo(before.path());
		assertThat(this.hub.hub().requests()).hasSize(requests);
		try (CacheFixture fixture = open(form, null, true)) {
			fixture.cache().evict("m").block(CacheFixture.PATIENCE);
		}
		assertThat(before.path()).doesNotExist();
		CachedModel fetched = get(form, true);
		assertThat(fetched.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		requests = this.hub.hub().requests().size();
		CachedModel same = get(URI.create("hf://org/repo/onnx/model-00002-of-00002.gguf"), true);
		assertThat(same.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(same.path()).isEqualTo(fetched.path());
		assertThat(same.verified()).isTrue();
		assertThat(this.hub.hub().requests()).hasSize(requests);
	}

	/** Another URL of the file may have brought another version of it since. */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void fileWithTheRightDigestIsServedWhereItsUrlPutIt(boolean locked) {
		this.hub.repository("org/repo", "0123456789abcdef0123456789abcdef01234567").large("m.gguf", this.small);
		URI page = URI.create("https://huggingface.co/org/repo/resolve/main/m.gguf");
		this.lockFile = locked ? this.directory.resolve("models.lock") : null;
		Digest expected = locked ? null : this.small.sha256();
		CachedModel before = get(page, expected, false);
		this.hub.repository("org/repo", "fedcba9876543210fedcba9876543210fedcba98").large("m.gguf", this.content);
		URI form = URI.create("hf://org/repo/m.gguf");
		assertThat(get(form, null, true).digest()).isEqualTo(this.content.sha256());
		int requests = this.hub.hub().requests().size();
		CachedModel after = get(page, expected, true);
		assertThat(after.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(after.path()).isEqualTo(before.path());
		assertThat(after.digest()).isEqualTo(this.small.sha256());
		assertThat(this.hub.hub().requests()).hasSize(requests);
	}

	@Test
	void fileOfTheHubInTheCacheOfItsToolsIsFoundByTheRecordOfItsUrl() {
		URI page = URI.create("https://huggingface.co/org/repo/resolve/main/onnx/model-00002-of-00002.gguf");
		this.shared = new HubCacheSettings(this.directory.resolve("hub"), true);
		CachedModel before = get(page, false);
		assertThat(before.path()).startsWith(this.directory.resolve("hub").toAbsolutePath());
		int requests = this.hub.hub().requests().size();
		CachedModel after = get(page, true);
		assertThat(after.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(after.path()).isEqualTo(before.path());
		assertThat(this.hub.hub().requests()).hasSize(requests);
	}

	private CachedModel get(URI url, boolean oneModel) {
		return get(url, null, oneModel);
	}

	private CachedModel get(URI url, Digest expected, boolean oneModel) {
		try (CacheFixture fixture = open(url, expected, oneModel)) {
			return fixture.get("m");
		}
	}

	/** Whether several URLs may name one model, as they do since this version. */
	private CacheFixture open(URI url, Digest expected, boolean oneModel) {
		HubSettings settings = new HubSettings(this.hub.endpoint(), new HubToken(null, (name) -> null, this.directory));
		StoreSettings store = new StoreSettings(this.directory, DataSize.ofMegabytes(1), Verification.FINGERPRINT)
			.withHubCache(this.shared);
		CacheFixture fixture = new CacheFixture(this.directory)
			.store(oneModel ? store.withNames(settings::shortest) : store)
			.resolver(
					new HuggingFaceResolver(settings, Map.of(), MetadataClients.create(), Schedulers.boundedElastic()));
		if (this.lockFile != null) {
			fixture.lockFile(this.lockFile);
		}
		fixture.open(ModelRequest.builder("m").url(url).expectedDigest(expected).maxAttempts(1).build());
		return fixture;
	}

	/** Files stay as they are, because a change of their mode counts as a change. */
	private void setWritable(boolean writable) throws IOException {
		try (Stream<Path> files = Files.walk(this.directory)) {
			files.filter((file) -> Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS))
				.forEach((directory) -> directory.toFile().setWritable(writable));
		}
	}

	@ParameterizedTest
	@MethodSource("caches")
	void formerVersionFindsWhatThisOneFetched(String cache) throws IOException {
		Path adopted = this.directory.resolve("hub/models--org--repo/blobs").resolve(this.content.sha256().hex());
		if (cache.endsWith("adopted-file")) {
			Files.createDirectories(adopted.getParent());
			Files.write(adopted, this.content.bytes());
		}
		assertThat(get(cache).outcome()).isEqualTo(Files.exists(adopted) && !cache.endsWith("hub-snapshot")
				? ModelOutcome.ADOPTED : ModelOutcome.DOWNLOADED);
		this.former.assertIsThere(cache);
	}

	/** Where links cannot be made, a file names the version that counts. */
	@ParameterizedTest
	@ValueSource(strings = { WITHOUT_CHANGE_TIMES, BEFORE_REBUILD })
	void modelOfSeveralFilesIsFoundWithoutALink(String version) throws IOException {
		String cache = version + "/several-files-at-model-path";
		this.former.write(cache,
				(template) -> template.replaceAll("@link llama (.llama.versions)/(\\w+)", "@line $1/current $2"));
		assertThat(this.directory.resolve("llama")).doesNotExist();
		assertIsServedAsItIs(cache);
	}

	/** A process that ends between the move of its file and the last step leaves this. */
	@ParameterizedTest
	@ValueSource(strings = { FIRST, WITHOUT_CHANGE_TIMES, BEFORE_REBUILD })
	void recordOfAProcessThatWasKilledCounts(String version) throws IOException {
		String cache = version + "/single-file";
		this.former.write(cache, FormerCachesTests::unsettled);
		assertIsServedAsItIs(cache);
		this.former.assertIsThere(cache);
	}

	@ParameterizedTest
	@ValueSource(strings = { FIRST, WITHOUT_CHANGE_TIMES, BEFORE_REBUILD })
	void recordThatFitsTheFileCounts(String version) throws IOException {
		String cache = version + "/single-file";
		this.former.write(cache, FormerCachesTests::ofAnotherFile);
		this.former.write(cache, FormerCachesTests::unsettled);
		assertIsServedAsItIs(cache);
	}

	@ParameterizedTest
	@ValueSource(strings = { FIRST, WITHOUT_CHANGE_TIMES, BEFORE_REBUILD })
	void recordOfAFileThatNeverArrivedDoesNotCount(String version) throws IOException {
		String cache = version + "/single-file";
		this.former.write(cache, (template) -> unsettled(ofAnotherFile(template)));
		this.former.write(cache);
		assertIsServedAsItIs(cache);
	}

	private static String unsettled(String template) {
		return template.replace("@record .properties", "@record .properties.next")
			.replace("changed=${changed}", "changed=");
	}

	private static String ofAnotherFile(String template) {
		return template.replaceAll("(?m)^@file .*\n", "")
			.replaceAll("(?m)^(target|size|modified|file-key|changed)=.*\n", "$1=5\n")
			.replaceAll("(?m)^(digest|expected)=.*\n", "$1=sha256:" + "0".repeat(64) + "\n");
	}

	@ParameterizedTest
	@ValueSource(strings = { WITHOUT_CHANGE_TIMES, BEFORE_REBUILD })
	void downloadThatBrokeOffIsContinued(String version) throws IOException {
		String cache = version + "/partial";
		this.former.write(cache);
		land(0, 1, 4);
		CachedModel model = get(cache);
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(model.path()).satisfies(Content.exactly(this.large.bytes()));
		assertThat(model.path().resolveSibling("")).isDirectoryNotContaining("glob:**{.part,.journal}");
		assertThat(this.server.requests("/large.gguf")).flatMap(this::blocksAskedFor).containsOnly(2L, 3L, 5L, 6L);
	}

	/** Writes blocks of a MiB that the journal of the template names. */
	private void land(int... blocks) throws IOException {
		try (Stream<Path> files = Files.walk(this.directory)) {
			Path staged = files.filter((file) -> file.toString().endsWith(".part")).findAny().orElseThrow();
			try (RandomAccessFile file = new RandomAccessFile(staged.toFile(), "rw")) {
				for (int block : blocks) {
					file.seek((long) block * MIB);
					file.write(this.large.bytes(), block * MIB, MIB);
				}
			}
		}
	}

	private List<Long> blocksAskedFor(RecordedRequest asked) {
		String[] bounds = Objects.requireNonNull(asked.range()).substring("bytes=".length()).split("-");
		long last = (bounds.length > 1) ? Long.parseLong(bounds[1]) : this.large.size() - 1;
		return LongStream.rangeClosed(Long.parseLong(bounds[0]) / MIB, last / MIB).boxed().toList();
	}

}
