/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvms;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.MountSpace;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Models that root brought and another user reads, or that are on mounts that are really
 * read-only. One process of each user gets all models. Run by the Maven profile
 * {@code root}.
 */
@Tag("root")
class ReadOnlyPlacesTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final int READER = 65532;

	/** Binds a directory on itself, read-only. */
	private static final String BIND = "mount --bind $ro $ro; mount -o remount,bind,ro $ro";

	/**
	 * Replaces a directory by a copy with other inodes and times on a file system of its
	 * own.
	 */
	private static final String TMPFS = "mkdir -p $dir/copy; mount -t tmpfs none $dir/copy; cp -a $ro/. $dir/copy;"
			+ " find $dir/copy -type f -exec touch -d @1700000000 {} +; mount -o remount,ro $dir/copy;"
			+ " mount --move $dir/copy $ro";

	private static MountSpace mounts;

	private static ForkedJvms jvms;

	@TempDir
	private Path directory;

	private final Content content = Content.random(3_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final HubServer hub = HubServer.start();

	private Path models;

	@BeforeAll
	static void start() {
		mounts = new MountSpace();
		jvms = new ForkedJvms(SingleModelProcess.class);
	}

	@AfterAll
	static void end() {
		jvms.close();
		mounts.close();
	}

	@BeforeEach
	void prepare() throws IOException {
		Files.setPosixFilePermissions(this.directory, PosixFilePermissions.fromString("rwxr-xr-x"));
		this.models = Files.createDirectory(this.directory.resolve("models"));
		this.hub.repository("org/repo", "0123456789abcdef0123456789abcdef01234567")
			.large("m.gguf", this.content)
			.small("config.json", "{}");
	}

	@AfterEach
	void stop() {
		this.server.close();
		this.hub.close();
	}

	/** Gets the model as root, without mounts. */
	private String fill(String... options) {
		return run(List.of(), options);
	}

	/** Gets the model where there are mounts, as a user. */
	private String read(String script, int user, String... options) {
		mounts.run("ro=%s; dir=%s; %s".formatted(this.models, this.directory, script));
		return run(mounts.enterAs(user), options);
	}

	private String run(List<String> wrapper, String... options) {
		List<String> all = new ArrayList<>(List.of("endpoint=" + this.hub.endpoint()));
		all.addAll(List.of(options));
		if (all.stream().noneMatch((option) -> option.startsWith("home="))) {
			all.add("home=" + this.directory.resolve("none").resolve("home"));
		}
		return jvms.by(wrapper).ask(PATIENCE, all.toArray());
	}

	private String url() {
		return "url=" + this.server.uri("/m.gguf");
	}

	private Path model() {
		return this.models.resolve("m.gguf");
	}

	private String path() {
		return "path=" + model();
	}

	private void put() throws IOException {
		Files.write(model(), this.content.bytes());
		Files.setPosixFilePermissions(model(), PosixFilePermissions.fromString("rw-r--r--"));
	}

	/** A version of the cache's own, and a record of one in the cache of the Hub. */
	@Test
	void cacheOfTheHubThatIsAwayDoesNotHideAVersionOfTheOwnCache() throws Exception {
		Path receipts = this.directory.resolve("cache/receipts");
		Path aside = this.directory.resolve("aside");
		List<String> options = List.of("url=hf://org/repo", "files=m.gguf,config.json",
				"cache=" + this.directory.resolve("cache"));
		String hub = "hub=" + this.models.resolve("hub");
		assertThat(fill(with(options, hub))).startsWith("DOWNLOADED");
		Files.move(receipts, aside);
		assertThat(read("mkdir $ro/none; mount -t tmpfs -o ro none $ro/none", 0,
				with(options, "hub=" + this.models.resolve("none/hub"))))
			.startsWith("DOWNLOADED");
		try (Stream<Path> records = Files.list(aside)) {
			for (Path record : records.toList()) {
				Files.copy(record, receipts.resolve(record.getFileName()), StandardCopyOption.REPLACE_EXISTING);
			}
		}
		assertThat(read(
				"mknod $dir/fuse c 10 229; exec 3<>$dir/fuse; mount -i -t fuse"
						+ " -o fd=3,rootmode=40000,user_id=0,group_id=0,allow_other away $ro/hub",
				0, with(options, hub, "offline=")))
			.startsWith("CACHED")
			.contains(" " + this.directory.resolve("cache"));
	}

	private static String[] with(List<String> options, String... more) {
		return Stream.concat(options.stream(), Stream.of(more)).toArray(String[]::new);
	}

	/** As in an image whose Hub's tools ran when it was built. */
	@ParameterizedTest
	@ValueSource(strings = { "", "@0123456789abcdef0123456789abcdef01234567" })
	void cacheOfTheHubOfOtherToolsIsServedWhereTheOwnDirectoryCannotBeWritten(String revision) throws Exception {
		String commit = "0123456789abcdef0123456789abcdef01234567";
		Path folder = this.models.resolve("hub/models--org--repo");
		Path file = folder.resolve("snapshots").resolve(commit).resolve("m.gguf");
		Files.createDirectories(file.getParent());
		Files.createDirectories(folder.resolve("blobs"));
		Files.write(folder.resolve("blobs").resolve(this.content.sha256().hex()), this.content.bytes());
		Files.createSymbolicLink(file, Path.of("../../blobs", this.content.sha256().hex()));
		Files.createDirectories(folder.resolve("refs"));
		Files.writeString(folder.resolve("refs/main"), commit);
		Path own = Files.createDirectory(this.directory.resolve("own"));
		Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("r-xr-xr-x"));
		assertThat(read(BIND, READER, "url=hf://org/repo" + revision + "/m.gguf", "hub=" + this.models.resolve("hub"),
				"cache=" + own, "offline="))
			.isEqualTo("ADOPTED verified=false reads=1 " + file);
		assertThat(own).isEmptyDirectory();
	}

	@ParameterizedTest
	@CsvSource({ "true, 0", "true, 65532", "false, 65532" })
	void modelPathThatCannotBeWrittenIsServedBySize(boolean mounted, int user) throws Exception {
		put();
		Files.setPosixFilePermissions(this.models, PosixFilePermissions.fromString("r-xr-xr-x"));
		assertThat(read(mounted ? BIND : "true", user, url(), path()))
			.isEqualTo("CACHED verified=false reads=0 " + model());
		assertThat(this.models.toFile().list()).containsExactly("m.gguf");
	}

	/** As in a volume that a process of the same user filled, or one of another user. */
	@ParameterizedTest
	@CsvSource({ "0, rw-------", "65532, rw-------", "65532, rw-r--r--" })
	void modelPathThatCannotBeWrittenIsServedBesideItsLockFile(int user, String permissions) throws Exception {
		put();
		Path lock = Files.createFile(this.models.resolve("m.gguf.download.lock"));
		Files.setAttribute(lock, "unix:uid", permissions.contains("r--r--") ? 0 : user);
		Files.setPosixFilePermissions(lock, PosixFilePermissions.fromString(permissions));
		assertThat(read(BIND, user, url(), path())).isEqualTo("CACHED verified=false reads=0 " + model());
		assertThat(read(BIND, user, "url=hf://org/repo/m.gguf", path()))
			.isEqualTo("CACHED verified=true reads=1 " + model());
	}

	@ParameterizedTest
	@ValueSource(strings = { "online", "down", "offline" })
	void modelPathThatCannotBeWrittenIsServedWithWhatTheHubSays(String network) throws Exception {
		put();
		String result = switch (network) {
			case "online" -> read(BIND, READER, "url=hf://org/repo/m.gguf", path());
			case "down" -> {
				this.hub.hub().refuse();
				yield read(BIND, READER, "url=hf://org/repo/m.gguf", path());
			}
			default -> read(BIND, READER, "url=hf://org/repo/m.gguf", path(), "offline=");
		};
		assertThat(result).isEqualTo(network.equals("online") ? "CACHED verified=true reads=1 " + model()
				: "CACHED verified=false reads=0 " + model());
	}

	@ParameterizedTest
	@ValueSource(strings = { BIND, TMPFS })
	void sealedRecordProvesACopyOnAReadOnlyFileSystemWithoutReadingIt(String mounts) throws Exception {
		assertThat(fill(url(), path(), "digest=" + this.content.sha256(), "seal=", homeOfRoot()))
			.startsWith("DOWNLOADED");
		for (String file : List.of("m.gguf", ".m.gguf.sealed")) {
			Files.setPosixFilePermissions(this.models.resolve(file), PosixFilePermissions.fromString("rw-r--r--"));
		}
		assertThat(read(mounts, READER, url(), path(), "digest=" + this.content.sha256()))
			.isEqualTo("CACHED verified=true reads=0 " + model());
		assertThat(read(mounts, READER, url(), path(), "digest=" + this.content.sha256(), "trust=false"))
			.isEqualTo("CACHED verified=true reads=1 " + model());
	}

	@ParameterizedTest
	@CsvSource({ "m.gguf, false, offline", "m.gguf, false, online", "m.gguf, true, offline",
			"'m.gguf,config.json', false, offline", "'m.gguf,config.json', false, online",
			"'m.gguf,config.json', true, offline", "'m.gguf,config.json', true, online" })
	void cacheOfTheHubThatRootFilledIsServed(String files, boolean sealed, String network) {
		String hub = "hub=" + this.models.resolve("hub");
		List<String> request = List.of("url=hf://org/repo", "files=" + files, hub);
		List<String> filling = new ArrayList<>(request);
		filling.add(homeOfRoot());
		if (sealed) {
			filling.add("seal=");
		}
		assertThat(fill(filling.toArray(String[]::new))).startsWith("DOWNLOADED verified=true");
		int bodies = this.hub.cdn().requests().size();
		List<String> reading = new ArrayList<>(request);
		if (network.equals("offline")) {
			reading.add("offline=");
		}
		// A small file is named by git's SHA-1, which the receipt of a file without proof
		// does not have: it is read again.
		int count = (!files.contains(",")) ? 1 : network.equals("offline") ? 3 : 2;
		assertThat(read(BIND, READER, reading.toArray(String[]::new))).isEqualTo(
				"%s verified=%s reads=%d %s/hub/models--org--repo/snapshots/0123456789abcdef0123456789abcdef01234567/m.gguf"
					.formatted(sealed ? "CACHED" : "ADOPTED", sealed || network.equals("online"), sealed ? 0 : count,
							this.models));
		assertThat(this.hub.cdn().requests()).hasSize(bodies);
	}

	private String homeOfRoot() {
		return "home=" + this.directory.resolve("root");
	}

}
