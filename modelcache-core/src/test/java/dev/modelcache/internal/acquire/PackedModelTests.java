/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

import com.github.luben.zstd.ZstdOutputStream;
import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.OciOptions.Registry;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.source.oci.OciResolver;
import dev.modelcache.internal.source.oci.OciSettings;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.FakeRegistry;
import dev.modelcache.testsupport.ManifestJson;
import dev.modelcache.testsupport.Reply;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.unit.DataSize;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Models whose registries keep them in archives.
 */
class PackedModelTests {

	private static final String WEIGHT = "application/vnd.cncf.model.weight.v1.";

	private final Content model = Content.random(300_000, 1);

	@TempDir
	private Path directory;

	private final FakeRegistry registry = new FakeRegistry();

	private Verification verification = Verification.FINGERPRINT;

	@AfterEach
	void stop() {
		this.registry.close();
	}

	private CacheFixture open() {
		OciSettings settings = new OciSettings(Map.of(this.registry.host(), new Registry("alice", "secret", true)),
				null);
		CacheFixture fixture = new CacheFixture(this.directory.resolve("cache"));
		fixture
			.resolver(new OciResolver(MetadataClients.create(), settings, Schedulers.boundedElastic(),
					Schedulers.parallel()))
			.store(new StoreSettings(this.directory.resolve("cache"), DataSize.ofMegabytes(1), this.verification))
			.lockFile(this.directory.resolve("models.lock"))
			.open(ModelRequest.builder("m")
				.url(this.registry.url("oci", "org/model"))
				.maxAttempts(1)
				.modelPath(place())
				.build());
		return fixture;
	}

	private Path place() {
		return this.directory.resolve("models").resolve("m");
	}

	private CachedModel get() {
		try (CacheFixture fixture = open()) {
			return fixture.get("m");
		}
	}

	private void publish(String packing, byte[] archive) {
		Content content = Content.of(archive);
		this.registry.blob("org/model", content);
		this.registry.manifest("org/model", "latest",
				ManifestJson.of("application/vnd.cncf.model.config.v1+json")
					.layer(WEIGHT + packing, content)
					.toString());
	}

	private static byte[] packed(String packing, byte[] tar) throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (OutputStream out = switch (packing) {
			case "tar+gzip" -> new GZIPOutputStream(bytes);
			case "tar+zstd" -> new ZstdOutputStream(bytes);
			default -> bytes;
		}) {
			out.write(tar);
		}
		return bytes.toByteArray();
	}

	private byte[] tar(TarArchiveEntry... more) throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (TarArchiveOutputStream out = new TarArchiveOutputStream(bytes, "UTF-8")) {
			add(out, "config.json", "{}".getBytes());
			add(out, "weights/model.gguf", this.model.bytes());
			for (TarArchiveEntry entry : more) {
				out.putArchiveEntry(entry);
				out.closeArchiveEntry();
			}
		}
		return bytes.toByteArray();
	}

	private static void add(TarArchiveOutputStream out, String name, byte[] content) throws IOException {
		TarArchiveEntry entry = new TarArchiveEntry(name);
		entry.setSize(content.length);
		entry.setMode(0777);
		out.putArchiveEntry(entry);
		out.write(content);
		out.closeArchiveEntry();
	}

	private List<String> files() throws IOException {
		try (Stream<Path> files = Files.walk(this.directory.resolve("models"))) {
			return files.filter((file) -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
				.map((file) -> file.getFileName().toString())
				.filter((name) -> !name.endsWith(".lock"))
				.sorted()
				.toList();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "tar", "tar+gzip", "tar+zstd" })
	void archiveIsUnpackedAndGoes(String packing) throws IOException {
		publish(packing, packed(packing, tar()));
		CachedModel cached = get();
		assertThat(cached.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(cached.verified()).isTrue();
		assertThat(cached.digest()).isEqualTo(this.model.sha256());
		assertThat(cached.path()).satisfies(Content.exactly(this.model.bytes()));
		assertThat(cached.files()).hasSize(2);
		assertThat(place().resolve("weights/model.gguf")).satisfies(Content.exactly(this.model.bytes()));
		assertThat(place().resolve("config.json")).hasContent("{}");
		assertThat(files()).hasSize(3)
			.containsSubsequence("config.json", "model.gguf")
			.anyMatch((name) -> name.endsWith(".properties"));
		assertThat(Files.getPosixFilePermissions(cached.path()))
			.isEqualTo(PosixFilePermissions.fromString("rw-------"));
	}

	@ParameterizedTest
	@CsvSource({ "tar+zstd, tar+gzip, 'is not Zstandard data, although its media type is tar+zstd: it is gzip data'",
			"tar+gzip, tar+zstd, 'is not gzip data, although its media type is tar+gzip: it is Zstandard data'",
			"tar+zstd, tar, although its media type is tar+zstd", "tar, tar+zstd, is not a tar archive" })
	void archiveIsNamedAsWhatItIs(String stated, String packing, String message) throws IOException {
		publish(stated, packed(packing, tar()));
		assertThatExceptionOfType(ModelFormatException.class).isThrownBy(this::get)
			.withMessageContaining(message)
			.withMessageNotContainingAny("model-path", "its name");
	}

	@ParameterizedTest
	@ValueSource(strings = { "tar+zstd", "tar+gzip", "tar" })
	void cutArchiveIsCalledCut(String packing) throws IOException {
		byte[] archive = packed(packing, Arrays.copyOf(tar(), 200_000));
		publish(packing, archive);
		assertThatExceptionOfType(ModelFormatException.class).isThrownBy(this::get).withMessageContaining("truncated");
		publish(packing, Arrays.copyOf(packed(packing, tar()), 200_000));
		assertThatExceptionOfType(ModelFormatException.class).isThrownBy(this::get).withMessageContaining("truncated");
	}

	@ParameterizedTest
	@CsvSource({ "tar+zstd, tar+zstd", "tar+gzip, tar+gzip", "tar, tar", "tar, tar+gzip", "x, tar+gzip",
			"tar+gzip, tar" })
	void directoryOfAnArtifactIsUnpackedAsItsBytesSay(String stated, String packing) throws IOException {
		Content content = Content.of(packed(packing, tar()));
		this.registry.blob("org/model", content);
		this.registry.manifest("org/model", "latest",
				ManifestJson.of("application/vnd.oci.empty.v1+json")
					.layer("application/vnd.oci.image.layer.v1." + stated, content,
							Map.of("org.opencontainers.image.title", "model", "io.deis.oras.content.unpack", "true"))
					.toString());
		assertThat(get().files()).hasSize(2);
	}

	@Test
	void unpackedModelIsServedWithoutAskingTheRegistry() throws IOException {
		publish("tar", tar());
		get();
		int requests = this.registry.server().requests().size();
		CachedModel again = get();
		assertThat(again.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(again.files()).hasSize(2);
		assertThat(this.registry.server().requests()).hasSize(requests);
	}

	@Test
	void unpackedFilesAreVerifiedOneByOne() throws IOException {
		publish("tar", tar());
		try (CacheFixture fixture = open()) {
			CachedModel cached = fixture.get("m");
			assertThat(fixture.cache().verify("m").block(Duration.ofMinutes(1))).isEqualTo(cached);
		}
	}

	@Test
	void whatIsLockedIsTheArchive() throws IOException {
		byte[] archive = tar();
		publish("tar", archive);
		get();
		Digest digest = Content.of(archive).sha256();
		assertThat(this.directory.resolve("models.lock")).content().contains(digest.hex());
		assertThat(get().outcome()).isEqualTo(ModelOutcome.CACHED);
	}

	@Test
	void archiveWithALinkIsRefusedAndNothingIsSeen() throws IOException {
		TarArchiveEntry link = new TarArchiveEntry("out", TarConstants.LF_SYMLINK);
		link.setLinkName("../../../etc/passwd");
		publish("tar", tar(link));
		assertThatExceptionOfType(ModelFormatException.class).isThrownBy(this::get)
			.withMessageContaining("contains a link");
		assertThat(place()).doesNotExist();
	}

	@Test
	void archiveWithANameThatLeadsAwayIsRefused() throws IOException {
		publish("tar", tar(new TarArchiveEntry("../escaped", true)));
		assertThatExceptionOfType(ModelFormatException.class).isThrownBy(this::get)
			.withMessageContaining("leads out of the directory");
		assertThat(this.directory.resolve("models/escaped")).doesNotExist();
	}

	/** Their bytes are read instead, whatever is verified at each request. */
	@ParameterizedTest
	@EnumSource(names = { "FINGERPRINT", "ALWAYS" })
	void archiveThatArrivedBeforeAnotherOneFailedIsNotFetchedAgain(Verification verification) throws IOException {
		this.verification = verification;
		Content first = Content.of(tar());
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (TarArchiveOutputStream out = new TarArchiveOutputStream(bytes, "UTF-8")) {
			add(out, "tokenizer.json", "{}".getBytes());
		}
		Content second = Content.of(bytes.toByteArray());
		this.registry.blob("org/model", first);
		String path = "/v2/org/model/blobs/" + this.registry.blob("org/model", second);
		this.registry.manifest("org/model", "latest",
				ManifestJson.of("application/vnd.cncf.model.config.v1+json")
					.layer(WEIGHT + "tar", first)
					.layer(WEIGHT + "tar", second)
					.toString());
		AtomicBoolean there = new AtomicBoolean();
		this.registry.answer(path, () -> {
			if (!there.get()) {
				Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> hasArrived(first));
			}
			return there.get() ? Reply.ok() : Reply.status(404);
		});
		assertThatExceptionOfType(ModelCacheException.class).isThrownBy(this::get);
		there.set(true);
		long before = blobRequests();
		assertThat(get().files()).hasSize(3);
		assertThat(blobRequests()).isEqualTo(before + 1);
	}

	private boolean hasArrived(Content content) throws IOException {
		try (Stream<Path> files = Files.walk(this.directory)) {
			return files.anyMatch((file) -> !file.toString().endsWith(".part") && Files.isRegularFile(file)
					&& file.toFile().length() == content.size());
		}
	}

	@Test
	void damagedArchiveIsRefused() throws IOException {
		byte[] archive = tar();
		archive[100] ^= 1;
		publish("tar", archive);
		assertThatExceptionOfType(ModelFormatException.class).isThrownBy(this::get);
		assertThat(place()).doesNotExist();
	}

	@Test
	void refreshWithoutNewsFetchesNoArchive() throws IOException {
		publish("tar", tar());
		try (CacheFixture fixture = open()) {
			CachedModel cached = fixture.get("m");
			long blobs = blobRequests();
			assertThat(fixture.cache().refresh("m").block(Duration.ofMinutes(1))).isNotNull()
				.satisfies((again) -> assertThat(again.path()).isEqualTo(cached.path()));
			assertThat(blobRequests()).isEqualTo(blobs);
		}
	}

	private long blobRequests() {
		return this.registry.server()
			.requests()
			.stream()
			.filter((request) -> request.path().contains("/blobs/"))
			.count();
	}

	@Test
	void refusedArchiveLeavesNothingOnTheDisk() throws IOException {
		TarArchiveEntry link = new TarArchiveEntry("out", TarConstants.LF_SYMLINK);
		link.setLinkName("config.json");
		publish("tar", tar(link));
		assertThatExceptionOfType(ModelFormatException.class).isThrownBy(this::get);
		assertThat(files()).isEmpty();
	}

}
