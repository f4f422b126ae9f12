/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.CachedModel;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import dev.modelcache.internal.source.huggingface.HuggingFaceResolver;
import dev.modelcache.internal.store.FileRules;
import dev.modelcache.internal.store.HubCacheSettings;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.MisbehavingServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.scheduler.Schedulers;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Real file systems in user space: bindfs, which refuses what it is told to refuse,
 * sshfs, and FAT. Run by the Maven profile {@code fuse}, where these and an SFTP server
 * are installed. {@link OddFileSystemTests} and {@link NonAtomicTests} show the same
 * without.
 */
@Tag("fuse")
class FuseTests {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	@TempDir
	private Path directory;

	private final Content content = Content.random(300_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.bin", this.content);

	private final HubServer hub = HubServer.start();

	private Path source;

	private Path mount;

	private Process process;

	@BeforeEach
	void prepare() throws Exception {
		this.source = Files.createDirectory(this.directory.resolve("source"));
		this.mount = Files.createDirectory(this.directory.resolve("mount"));
		this.hub.repository("org/repo", "0123456789abcdef0123456789abcdef01234567")
			.large("model.gguf", this.content)
			.small("config.json", "{}");
	}

	@AfterEach
	void unmount() throws Exception {
		assertThat(new ProcessBuilder("fusermount", "-uz", this.mount.toString()).inheritIO().start().waitFor())
			.isZero();
		this.process.waitFor();
		this.server.close();
		this.hub.close();
	}

	private void mount(String... command) throws Exception {
		Object device = Files.getAttribute(this.mount, "unix:dev");
		this.process = new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> !this.process.isAlive() || !Files.getAttribute(this.mount, "unix:dev").equals(device));
		assertThat(this.process.isAlive()).as(String.join(" ", command)).isTrue();
	}

	private void bindfs(String refused) throws Exception {
		mount("bindfs", "-f", refused, this.source.toString(), this.mount.toString());
	}

	private CachedModel fromHub() {
		Path cache = this.mount.resolve("cache");
		Path shared = this.mount.resolve("hub");
		try (CacheFixture fixture = new CacheFixture(cache)) {
			fixture
				.store(new StoreSettings(cache, DataSize.ofMegabytes(1), Verification.FINGERPRINT)
					.withHubCache(new HubCacheSettings(shared, true)))
				.resolver(
						new HuggingFaceResolver(
								new HubSettings(this.hub.endpoint(), new HubToken(null, (name) -> null, this.directory),
										List.of(shared)),
								Map.of(), MetadataClients.create(), Schedulers.boundedElastic()))
				.open(ModelRequest.builder("m")
					.url(URI.create("hf://org/repo"))
					.files(List.of("model.gguf", "config.json"))
					.maxAttempts(1)
					.build());
			return fixture.get("m");
		}
	}

	private CachedModel toModelPath(boolean nonAtomic) {
		Path cache = this.directory.resolve("cache");
		try (CacheFixture fixture = new CacheFixture(cache)) {
			fixture
				.store(new StoreSettings(cache, DataSize.ofMegabytes(1), Verification.FINGERPRINT)
					.withRules(new FileRules(FileAccess.PRIVATE, false, nonAtomic)))
				.open(ModelRequest.builder("m")
					.url(this.server.uri("/m.bin"))
					.expectedDigest(this.content.sha256())
					.modelPath(this.mount.resolve("models/m.bin"))
					.maxAttempts(1)
					.build());
			return fixture.get("m");
		}
	}

	@Test
	void modelOfAHubArrivesWherePermissionsAreNotChanged() throws Exception {
		bindfs("--chmod-deny");
		assertThat(fromHub().outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(fromHub().outcome()).isEqualTo(ModelOutcome.CACHED);
	}

	@Test
	void modelIsCopiedWhereFilesAreNotRenamed() throws Exception {
		bindfs("--rename-deny");
		assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> toModelPath(false))
			.withMessageContaining("hooks.llm.cache.allow-non-atomic");
		assertThat(this.server.requests()).isEmpty();
		assertThat(toModelPath(true).path()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(toModelPath(true).outcome()).isEqualTo(ModelOutcome.CACHED);
	}

	/**
	 * FAT has neither links nor permissions, and this one writes nothing behind the end
	 * of a file.
	 */
	@Test
	void modelIsCopiedToAFat() throws Exception {
		Path image = this.directory.resolve("fat");
		try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
			file.setLength(64L << 20);
		}
		assertThat(new ProcessBuilder("/usr/sbin/mkfs.vfat", image.toString())
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start()
			.waitFor()).isZero();
		mount("fusefat", "-f", "-o", "rw+", image.toString(), this.mount.toString());
		assertThatExceptionOfType(ModelStorageException.class).isThrownBy(this::fromHub)
			.withMessageContaining("the file system there only supports writing files from beginning to end")
			.withMessageContaining("hooks.llm.cache.layout");
		assertThat(this.hub.cdn().requests()).isEmpty();
		assertThat(toModelPath(true).path()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(toModelPath(true).outcome()).isEqualTo(ModelOutcome.CACHED);
	}

	@Test
	void modelOfAHubArrivesBySshfs() throws Exception {
		mount("sh", "-c",
				"mkfifo \"$0/in\" \"$0/out\"; \"$3\" < \"$0/in\" > \"$0/out\" & "
						+ "exec sshfs -f -o passive \":$1\" \"$2\" > \"$0/in\" < \"$0/out\"",
				this.directory.toString(), this.source.toString(), this.mount.toString(),
				"/usr/lib/openssh/sftp-server");
		assertThat(fromHub().outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(fromHub().outcome()).isEqualTo(ModelOutcome.CACHED);
	}

}
