/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.stream.Stream;

import dev.modelcache.CacheOptions;
import dev.modelcache.Digest;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelPathConflict;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.lock.LockSettings;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import dev.modelcache.internal.source.huggingface.HuggingFaceResolver;
import dev.modelcache.internal.store.AdoptionSettings;
import dev.modelcache.internal.store.CacheLayout;
import dev.modelcache.internal.store.FileRules;
import dev.modelcache.internal.store.Fingerprint;
import dev.modelcache.internal.store.HubCacheSettings;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.Receipt;
import dev.modelcache.internal.store.Receipts;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.ForkedJvms;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.scheduler.Schedulers;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two users of one machine and one cache directory, with processes of their own: A stores
 * models, B reads them. Run by the Maven profile {@code root}.
 */
@Tag("root")
class SharedCacheTests {

	private static final int A = 65530;

	private static final int B = 65531;

	private static final int GROUP = 65529;

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	/** The class path, where every user can read it. */
	@TempDir
	private static Path library;

	private static ForkedJvms jvms;

	@TempDir
	private Path directory;

	private final Content content = Content.random(1 << 20, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.bin", this.content);

	private final HubServer hub = HubServer.start();

	/** What the model comes from. */
	private URI url = this.server.uri("/m.bin");

	private Path cache;

	@BeforeAll
	static void publishTheClassPath() throws Exception {
		Files.setPosixFilePermissions(library, PosixFilePermissions.fromString("rwxr-xr-x"));
		List<String> entries = new ArrayList<>();
		for (String entry : ForkedJvm.classPath().split(":")) {
			Path copy = library.resolve(String.valueOf(entries.size()));
			if (Files.isDirectory(Path.of(entry))) {
				run("cp", "-r", entry, copy.toString());
				entries.add(copy.toString());
			}
			else if (Files.exists(Path.of(entry))) {
				entries.add(Files.copy(Path.of(entry), library.resolve(copy + ".jar")).toString());
			}
		}
		run("chmod", "-R", "a+rX", library.toString());
		jvms = new ForkedJvms(Child.class, "-cp", String.join(":", entries));
	}

	@AfterAll
	static void end() {
		jvms.close();
	}

	@BeforeEach
	void prepare() throws Exception {
		Files.setPosixFilePermissions(this.directory, PosixFilePermissions.fromString("rwxr-xr-x"));
		this.cache = directory("cache", A + ":" + GROUP, "2755");
	}

	@AfterEach
	void stopServer() {
		this.server.close();
		this.hub.close();
	}

	/** From now on, the model has two files. */
	private void severalFiles() {
		this.hub.repository("org/repo", "0123456789abcdef0123456789abcdef01234567")
			.large("model.gguf", this.content)
			.small("config.json", "{}");
		this.url = URI.create("hf://org/repo");
	}

	private Path directory(String name, String owner, String mode) throws Exception {
		Path created = Files.createDirectory(this.directory.resolve(name));
		run("chown", owner, created.toString());
		run("chmod", mode, created.toString());
		return created;
	}

	private static void run(String... command) throws IOException, InterruptedException {
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor()).as(String.join(" ", command) + ": " + output).isZero();
	}

	private static List<String> as(int user, int... groups) {
		List<String> command = new ArrayList<>(List.of("setpriv", "--reuid=" + user, "--regid=" + user));
		command.add((groups.length > 0) ? "--groups=" + groups[0] : "--clear-groups");
		command.addAll(List.of("sh", "-c", "umask ${UMASK:-077}; exec \"$@\"", "sh"));
		return command;
	}

	/** Gets the model as a user, and returns what came of it. */
	private String get(List<String> user, FileAccess access, Object modelPath) {
		return run(user, access, modelPath, "get");
	}

	private String run(List<String> user, FileAccess access, Object modelPath, String what) {
		return jvms.by(user)
			.ask(PATIENCE, this.url, this.content.sha256(), this.cache, access, modelPath, what, this.hub.endpoint(),
					this.directory.resolve("hub"));
	}

	private void requirePermissions(String file, String directory) throws Exception {
		try (Stream<Path> all = Files.walk(this.cache)) {
			for (Path path : all.filter((path) -> !path.equals(this.cache)).toList()) {
				assertThat(Files.readAttributes(path, "unix:uid,gid,permissions", LinkOption.NOFOLLOW_LINKS))
					.as(path.toString())
					.containsEntry("uid", A)
					.containsEntry("gid", GROUP)
					.containsEntry("permissions",
							PosixFilePermissions.fromString(Files.isDirectory(path) ? directory : file));
			}
		}
	}

	@Test
	void privateModelSaysWhoseItIsAndWhichKeySharesIt() throws Exception {
		assertThat(get(as(A), FileAccess.PRIVATE, "-")).isEqualTo("DOWNLOADED");
		requirePermissions("rw-------", "rwx------");
		assertThat(get(as(B), FileAccess.PRIVATE, "-")).startsWith("STORAGE")
			.contains("belongs to the user '" + A + "'")
			.contains("by the user '" + B + "'")
			.contains("hooks.llm.cache.permissions")
			.doesNotContain("lock file");
	}

	/** With a umask that would keep the group out. */
	@Test
	void groupReadsWhatItsMemberStored() throws Exception {
		assertThat(get(as(A, GROUP), FileAccess.GROUP, "-")).isEqualTo("DOWNLOADED");
		requirePermissions("rw-r-----", "rwxr-x---");
		assertThat(Files.getAttribute(this.cache.resolve("models"), "unix:mode"))
			.satisfies((mode) -> assertThat((int) mode & 02000).isNotZero());
		assertThat(get(as(B, GROUP), FileAccess.GROUP, "-")).isEqualTo("CACHED");
		assertThat(get(as(B), FileAccess.GROUP, "-")).startsWith("STORAGE").contains("group '" + GROUP + "'");
		assertThat(this.server.requests()).hasSize(1);
	}

	@Test
	void allUsersReadWhatIsShared() throws Exception {
		assertThat(get(as(A, GROUP), FileAccess.SHARED, "-")).isEqualTo("DOWNLOADED");
		requirePermissions("rw-r--r--", "rwxr-xr-x");
		assertThat(get(as(B), FileAccess.PRIVATE, "-")).isEqualTo("CACHED");
	}

	@Test
	void keyThatIsSetLaterSharesWhatIsThere() throws Exception {
		assertThat(get(as(A, GROUP), FileAccess.PRIVATE, "-")).isEqualTo("DOWNLOADED");
		assertThat(get(as(A, GROUP), FileAccess.GROUP, "-")).isEqualTo("CACHED");
		requirePermissions("rw-r-----", "rwxr-x---");
		assertThat(get(as(B, GROUP), FileAccess.GROUP, "-")).isEqualTo("CACHED");
	}

	/** A place that cannot be entered, as one that is away, cannot be looked at. */
	@Test
	void placeThatCannotBeLookedAtKeepsNoOtherPrivate() throws Exception {
		Path volume = directory("volume", A + ":" + GROUP, "2755");
		assertThat(get(as(A, GROUP), FileAccess.PRIVATE, volume.resolve("m.bin"))).isEqualTo("DOWNLOADED");
		assertThat(get(as(A, GROUP), FileAccess.PRIVATE, "-")).isEqualTo("DOWNLOADED");
		run("chown", "0:0", volume.toString());
		run("chmod", "700", volume.toString());
		assertThat(get(as(A, GROUP), FileAccess.GROUP, "-")).isEqualTo("CACHED");
		requirePermissions("rw-r-----", "rwxr-x---");
		assertThat(get(as(B, GROUP), FileAccess.GROUP, "-")).isEqualTo("CACHED");
		run("chown", A + ":" + GROUP, volume.toString());
		run("chmod", "2755", volume.toString());
		assertThat(get(as(A, GROUP), FileAccess.GROUP, "-")).isEqualTo("CACHED");
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(volume.resolve("m.bin"))))
			.isEqualTo("rw-r-----");
		assertThat(get(as(B, GROUP), FileAccess.GROUP, volume.resolve("m.bin"))).isEqualTo("CACHED");
	}

	/** A member of the group can exchange the directories in that of the cache. */
	@ParameterizedTest
	@EnumSource(names = { "GROUP", "SHARED" })
	void receiptOfAnotherUserMakesNoFileReadable(FileAccess access) throws Exception {
		run("chmod", "2775", this.cache.toString());
		Path secret = Files.writeString(directory("home", A + ":" + A, "755").resolve("secret"), "secret");
		run("chown", A + ":" + A, secret.toString());
		run("chmod", "600", secret.toString());
		assertThat(get(as(A, GROUP), FileAccess.PRIVATE, "-")).isEqualTo("DOWNLOADED");
		run("mv", this.cache.resolve("receipts").toString(), this.cache.resolve("away").toString());
		ModelPlace place = new CacheLayout(this.cache).place(ModelRequest.builder("m").modelPath(secret).build(),
				"secret");
		Fingerprint fingerprint = Fingerprint.of(secret);
		assertThat(fingerprint).isNotNull();
		Digest digest = this.content.sha256();
		new Receipts().write(place, new Receipt(fingerprint, digest, digest, digest, "https://host/m", "key", null,
				false, Instant.EPOCH, ModelFormat.of("GGUF")));
		run("chown", "-R", B + ":" + GROUP, this.cache.resolve("receipts").toString());
		run("chmod", "-R", "a+rX", this.cache.resolve("receipts").toString());
		assertThat(get(as(A, GROUP), access, "-")).isNotEmpty();
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(secret))).isEqualTo("rw-------");
	}

	@Test
	void volumeOfRootIsToBeMadeWritable() throws Exception {
		Path volume = directory("volume", "0:0", "755");
		this.cache = volume;
		assertThat(get(as(B), FileAccess.PRIVATE, "-")).startsWith("STORAGE")
			.contains("Make " + volume + " writable for '" + B + "' (chown; for a volume of Kubernetes, fsGroup")
			.contains("hooks.llm.cache.directory")
			.doesNotContain("application of 'root'");
	}

	@Test
	void fileOfAnotherUserAtModelPathIsNotAbsent() throws Exception {
		Path target = directory("models", A + ":" + GROUP, "755").resolve("m.bin");
		assertThat(get(as(A, GROUP), FileAccess.PRIVATE, target)).isEqualTo("DOWNLOADED");
		this.cache = directory("other", B + ":" + B, "755");
		assertThat(get(as(B, GROUP), FileAccess.PRIVATE, target)).startsWith("STORAGE")
			.contains(target + " belongs to the user '" + A + "'")
			.contains("cannot be read");
		Files.setPosixFilePermissions(target.getParent(), PosixFilePermissions.fromString("rwx------"));
		assertThat(get(as(B, GROUP), FileAccess.PRIVATE, target)).startsWith("STORAGE")
			.contains(target.getParent() + " belongs to the user '" + A + "'")
			.contains("cannot be entered");
		assertThat(this.server.requests()).hasSize(1);
	}

	@Test
	void fileOfAnotherUserInAStickyDirectoryCannotBeReplaced() throws Exception {
		Path target = directory("models", "0:0", "1777").resolve("m.bin");
		Files.writeString(target, "not the model");
		run("chown", A + ":" + A, target.toString());
		this.cache = directory("other", B + ":" + B, "755");
		assertThat(run(as(B), FileAccess.PRIVATE, target, "replace")).startsWith("STORAGE")
			.contains(target + " belongs to the user '" + A + "'", "cannot be replaced by the user '" + B + "'",
					"sticky", "Have '" + A + "' move the file away");
	}

	@Test
	void severalFilesOfAnotherUserAtModelPathAreNotAbsent() throws Exception {
		severalFiles();
		Path target = directory("models", A + ":" + GROUP, "755").resolve("m");
		assertThat(get(as(A, GROUP), FileAccess.PRIVATE, target)).isEqualTo("DOWNLOADED");
		this.cache = directory("other", B + ":" + B, "755");
		assertThat(get(as(B, GROUP), FileAccess.PRIVATE, target)).startsWith("STORAGE")
			.contains(target.resolveSibling(".m.versions") + " belongs to the user '" + A + "'")
			.contains("cannot be entered")
			.contains("Set hooks.llm.cache.permissions to group or shared");
	}

	@Test
	void keyThatIsSetLaterSharesSeveralFilesAtAModelPath() throws Exception {
		severalFiles();
		Path target = directory("models", A + ":" + GROUP, "2755").resolve("m");
		assertThat(get(as(A, GROUP), FileAccess.PRIVATE, target)).isEqualTo("DOWNLOADED");
		assertThat(get(as(A, GROUP), FileAccess.GROUP, target)).isEqualTo("CACHED");
		assertThat(get(as(B, GROUP), FileAccess.GROUP, target)).isEqualTo("CACHED");
		this.cache = directory("other", B + ":" + B, "755");
		assertThat(get(as(B, GROUP), FileAccess.PRIVATE, target)).isEqualTo("CACHED");
	}

	@Test
	void cacheOfTheHubIsReadByThoseWhomTheUmaskLets() throws Exception {
		severalFiles();
		directory("hub", A + ":" + A, "755");
		List<String> owner = new ArrayList<>(List.of("env", "UMASK=022"));
		owner.addAll(as(A));
		assertThat(get(owner, FileAccess.PRIVATE, "-")).isEqualTo("DOWNLOADED");
		this.cache = directory("other", B + ":" + B, "755");
		assertThat(get(as(B), FileAccess.PRIVATE, "-")).isEqualTo("ADOPTED");
		assertThat(this.hub.cdn().requests()).hasSize(1);
	}

	@Test
	void otherUserWaitsForTheOneWhoStoresTheModel() throws Exception {
		CountDownLatch waiting = new CountDownLatch(1);
		CountDownLatch requested = new CountDownLatch(1);
		this.server.answer("/m.bin", (request) -> {
			requested.countDown();
			CacheFixture.await(waiting);
			return Reply.ok();
		});
		Executor threads = (task) -> new Thread(task).start();
		CompletableFuture<String> stored = CompletableFuture.supplyAsync(() -> get(as(A, GROUP), FileAccess.GROUP, "-"),
				threads);
		CacheFixture.await(requested);
		CompletableFuture<String> found = CompletableFuture.supplyAsync(() -> get(as(B, GROUP), FileAccess.GROUP, "-"),
				threads);
		jvms.by(as(B, GROUP)).awaitLine("state: WAITING " + this.cache, PATIENCE);
		waiting.countDown();
		assertThat(found).succeedsWithin(PATIENCE).isEqualTo("CACHED");
		assertThat(stored).succeedsWithin(PATIENCE).isEqualTo("DOWNLOADED");
		assertThat(this.server.requests()).hasSize(1);
	}

	@Test
	void otherUserNeitherStoresNorEvicts() throws Exception {
		assertThat(get(as(A, GROUP), FileAccess.SHARED, "-")).isEqualTo("DOWNLOADED");
		assertThat(run(as(B), FileAccess.SHARED, "-", "evict")).startsWith("STORAGE")
			.contains("the eviction is not complete")
			.contains("belongs to the user '" + A + "'");
		assertThat(get(as(B), FileAccess.SHARED, "-")).isEqualTo("CACHED");
		assertThat(run(as(A), FileAccess.SHARED, "-", "evict")).isEqualTo("EVICTED");
		assertThat(get(as(B), FileAccess.SHARED, "-")).startsWith("STORAGE")
			.contains("belongs to the user '" + A + "'")
			.contains("cannot be written");
		assertThat(this.server.requests()).hasSize(1);
	}

	/** The process of one user. */
	static final class Child {

		private Child() {
		}

		public static void main(String[] arguments) throws IOException {
			ForkedJvm.serve(Child::perform);
		}

		/**
		 * Gets or evicts the model, or gets it in the place of what is at its path.
		 * @param words its URL, its digest, the cache directory, the permissions, its
		 * path or a hyphen, what to do, and the address and the cache of a Hub
		 */
		private static String perform(String[] words) {
			Path cache = Path.of(words[2]);
			ModelRequest.Builder request = ModelRequest.builder("m").url(URI.create(words[0])).maxAttempts(1);
			boolean several = words[0].startsWith("hf:");
			if (several) {
				request.files(List.of("model.gguf", "config.json"));
			}
			else {
				request.expectedDigest(Digest.parse(words[1]));
			}
			if (!words[4].equals("-")) {
				request.modelPath(Path.of(words[4]));
			}
			if (words[5].equals("replace")) {
				request.modelPathConflict(ModelPathConflict.REPLACE);
			}
			FileAccess access = FileAccess.valueOf(words[3]);
			Path hub = Path.of(words[7]);
			StoreSettings store = new StoreSettings(cache, DataSize.ofMegabytes(1),
					CacheOptions.Verification.FINGERPRINT)
				.withRules(new FileRules(access, false, false));
			CacheFixture fixture = new CacheFixture(cache)
				.store(several ? store.withAdoption(new AdoptionSettings(true, List.of(hub), List.of()))
					.withHubCache(new HubCacheSettings(hub, true)) : store)
				.resolver(new HuggingFaceResolver(
						new HubSettings(URI.create(words[6]), new HubToken(null, (name) -> null, cache), List.of(hub)),
						Map.of(), MetadataClients.create(), Schedulers.boundedElastic()))
				.lock(new LockSettings(Duration.ofMinutes(30), Duration.ofHours(1), access));
			fixture.open(request.build());
			fixture.cache()
				.statuses()
				.subscribe((status) -> System.out.println("state: " + status.state() + " " + cache));
			try {
				if (words[5].equals("evict")) {
					fixture.cache().evict("m").block(PATIENCE);
					return "EVICTED";
				}
				return fixture.get("m").outcome().toString();
			}
			catch (ModelCacheException ex) {
				return ex.code() + " " + ex.getMessage();
			}
			finally {
				// Not every user can see what is left in a directory.
				fixture.end();
			}
		}

	}

}
