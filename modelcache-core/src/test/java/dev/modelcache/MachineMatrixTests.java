/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.ForkedJvms;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.MountSpace;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The table of machines in {@code docs/reliability.md}: each row is a user with a home
 * directory and a volume for the model, who asks for the model three times: for the first
 * time, again, and offline. Each user and home is a process, which gets the rows of both.
 * Run by the Maven profile {@code root}, because it mounts file systems, in a name space
 * of its own.
 */
@Tag("root")
class MachineMatrixTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	/** What the kubelet does with a volume of an {@code fsGroup} by default. */
	private static final String FS_GROUP = "chgrp -R $u $v; chmod -R ug+rwX $v; find $v -type d -exec chmod g+s {} +";

	/** What happens to a volume before each start but the first. */
	private static final Map<String, String> BETWEEN = Map.of("fsGroup, set again before each start", FS_GROUP);

	/** What mounts a volume at {@code $v}, where {@code $m} has the model. */
	private static final Map<String, String> VOLUMES = Map.ofEntries(Map.entry("own directory", "chown $u:$u $v"),
			Map.entry("tmpfs", "mount -t tmpfs -o uid=$u,gid=$u,mode=755,size=64m none $v"),
			Map.entry("ext4",
					"truncate -s 64m $d/disk; mkfs.ext4 -q -F $d/disk; mount -o loop $d/disk $v;"
							+ " chown $u:$u $v; rmdir $v/lost+found"),
			Map.entry("overlay",
					"mkdir $d/over; mount -t tmpfs none $d/over; mkdir $d/over/up $d/over/work;"
							+ " chown $u:$u $d/over/up;"
							+ " mount -t overlay -o lowerdir=$m,upperdir=$d/over/up,workdir=$d/over/work none $v"),
			Map.entry("read-only, with the model", "mount --bind $m $v; mount -o remount,bind,ro $v"),
			Map.entry("read-only, empty", "mount -t tmpfs -o ro,mode=755 none $v"),
			Map.entry("directory of root, with the model", "cp $m/m.gguf $v; chmod 755 $v; chmod 644 $v/m.gguf"),
			Map.entry("directory of root, empty", "chmod 755 $v"),
			Map.entry("directory of the group (2775)", "chgrp $u $v; chmod 2775 $v"),
			Map.entry("fsGroup, set again before each start", FS_GROUP),
			Map.entry("ext4, immutable, with the model",
					"truncate -s 64m $d/disk; mkfs.ext4 -q -F $d/disk; mount -o loop $d/disk $v; cp $m/m.gguf $v;"
							+ " chmod 644 $v/m.gguf; chown -R $u:$u $v; chattr +i $v/m.gguf $v"),
			Map.entry("full tmpfs", "mount -t tmpfs -o uid=$u,gid=$u,mode=755,size=2m none $v"),
			Map.entry("full tmpfs, with the model",
					"mount -t tmpfs -o uid=$u,gid=$u,mode=755,size=4m none $v; cp $m/m.gguf $v; chmod 644 $v/m.gguf;"
							+ " dd if=/dev/zero of=$v/log bs=64k status=none 2>/dev/null || true"),
			// A file system in user space whose program has ended.
			Map.entry("mount that is away", "mknod $d/fuse c 10 229; exec 3<>$d/fuse;"
					+ " mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0,allow_other away $v"));

	/** What makes a home directory of {@code $h}, which is empty. */
	private static final Map<String, String> HOMES = Map.of("own", "chown $u:$u $h", "none", "true", "read-only",
			"mount -t tmpfs -o ro,mode=755 none $h", "read-only, with a volume at .cache",
			"mount -t tmpfs -o mode=755 none $h; mkdir $h/.cache;"
					+ " mount -t tmpfs -o uid=$u,gid=$u,mode=755 none $h/.cache; mount -o remount,ro $h");

	private static MountSpace mounts;

	private static ForkedJvms jvms;

	@TempDir
	private static Path homes;

	/** The working directory of the children, which everybody may write to. */
	@TempDir
	private static Path working;

	@TempDir
	private Path directory;

	private final Content content = Content.random(3_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final HubServer hub = HubServer.start();

	@BeforeAll
	static void start() throws IOException {
		Files.setPosixFilePermissions(homes, PosixFilePermissions.fromString("rwxr-xr-x"));
		Files.setPosixFilePermissions(working, PosixFilePermissions.fromString("rwxrwxrwx"));
		mounts = new MountSpace();
		jvms = new ForkedJvms(Child.class);
	}

	@AfterAll
	static void end() {
		jvms.close();
		mounts.close();
	}

	@AfterEach
	void stop() {
		this.server.close();
		this.hub.close();
	}

	static List<Row> table() throws IOException {
		Path here = Path.of("").toAbsolutePath();
		Path root = Files.isDirectory(here.resolve("docs")) ? here : here.getParent();
		List<Row> rows = Files.readAllLines(root.resolve("docs/reliability.md"))
			.stream()
			.dropWhile((line) -> !line.startsWith("| user | home |"))
			.skip(2)
			.takeWhile((line) -> line.startsWith("|"))
			.map(Row::parse)
			.toList();
		assertThat(rows).hasSizeGreaterThanOrEqualTo(10);
		return rows;
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("table")
	void everyMachineGetsWhatThePageSays(Row row) throws IOException {
		Files.setPosixFilePermissions(this.directory, PosixFilePermissions.fromString("rwxr-xr-x"));
		Path volume = Files.createDirectory(this.directory.resolve("volume"));
		Path filled = Files.createDirectory(this.directory.resolve("filled"));
		Files.write(filled.resolve("m.gguf"), this.content.bytes());
		for (Path open : List.of(filled, filled.resolve("m.gguf"), volume)) {
			Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
		}
		List<String> told = ask(row, volume, filled);
		assertThat(told).hasSize(3);
		for (int phase = 0; phase < 3; phase++) {
			assertThat(told.get(phase)).as("phase %d of %s", phase + 1, row).startsWith(row.expected(phase));
		}
		assertThat(working).isEmptyDirectory();
	}

	private List<String> ask(Row row, Path volume, Path filled) throws IOException {
		Path home = homes.resolve(row.user() + "-" + row.home().replaceAll("[^a-z]+", "-"));
		String variables = "u=%d; d=%s; v=%s; m=%s; h=%s; ".formatted(row.user(), this.directory, volume, filled, home);
		mounts.run(variables + "umount -q -R $h || true; rm -rf $h; umask 022; mkdir $h; " + HOMES.get(row.home())
				+ "; " + VOLUMES.get(row.volume()));
		List<String> command = new ArrayList<>(mounts.enterAs(row.user()));
		command.addAll(List.of("sh", "-c",
				"cd %s; umask 022; exec env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 CLASSPATH=\"$CLASSPATH\" \"$@\""
					.formatted(working),
				"sh"));
		if (!row.home().equals("none")) {
			command.add("HOME=" + home);
		}
		List<Object> words = new ArrayList<>();
		if (row.has("hf:")) {
			this.hub.repository("org/repo", "0123456789abcdef0123456789abcdef01234567").large("m.gguf", this.content);
			words.addAll(List.of("hf://org/repo/m.gguf", "-", "-"));
		}
		else {
			words.addAll(List.of(this.server.uri("/m.gguf"), row.has("no checksum") ? "-" : this.content.sha256(),
					volume.resolve("m.gguf")));
		}
		words.addAll(List.of(row.has("permissions=group") ? "GROUP" : "PRIVATE", this.hub.endpoint(),
				row.has("hf:") ? volume.resolve("hub") : "-",
				row.has("cache.directory") ? volume.resolve("cache") : "-"));
		if (row.has("killed")) {
			beginAndKill(command, words, volume);
		}
		ForkedJvm jvm = jvms.by(command);
		List<String> told = new ArrayList<>();
		for (boolean offline : List.of(false, false, true)) {
			if (!told.isEmpty() && BETWEEN.containsKey(row.volume())) {
				mounts.run(variables + BETWEEN.get(row.volume()));
			}
			List<Object> all = new ArrayList<>(List.of(offline));
			all.addAll(words);
			told.add(jvm.ask(PATIENCE, all.toArray()));
		}
		if (row.has("killed")) {
			assertThat(this.server.requests()).last()
				.satisfies((request) -> assertThat(request.header("Range")).startsWith("bytes=2097152-"));
		}
		return told;
	}

	/** Kills a process that has stored part of the model, whose rest is fetched later. */
	private void beginAndKill(List<String> command, List<Object> words, Path volume) throws IOException {
		this.server.always("/m.gguf", Reply.ok().stallAfter(2_500_000));
		try (ForkedJvm killed = ForkedJvm.startBy(command, Child.class, List.of())) {
			killed.tell("begun\tfalse\t" + words.stream().map(Object::toString).collect(Collectors.joining("\t")));
			Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(() -> hasSecondBlock(volume));
			killed.kill();
		}
		this.server.always("/m.gguf", Reply.ok());
	}

	private static boolean hasSecondBlock(Path volume) throws IOException {
		try (Stream<Path> files = Files.list(volume)) {
			Path journal = files.filter((file) -> file.toString().endsWith(".journal")).findFirst().orElseThrow();
			return Files.readString(journal).contains("block 1 ");
		}
	}

	/**
	 * A row of the table.
	 *
	 * @param user the user's number
	 * @param home which home directory there is
	 * @param volume what the model-path is on
	 * @param settings what is configured besides
	 * @param expected what comes of the three requests
	 */
	record Row(int user, String home, String volume, String settings, List<String> expected) {

		static Row parse(String line) {
			List<String> cells = Arrays.stream(line.split("\\|"))
				.skip(1)
				.map((cell) -> cell.strip().replace("`", ""))
				.toList();
			assertThat(HOMES).containsKey(cells.get(1));
			assertThat(VOLUMES).containsKey(cells.get(2));
			return new Row(cells.get(0).equals("root") ? 0 : Integer.parseInt(cells.get(0)), cells.get(1), cells.get(2),
					cells.get(3), cells.subList(4, 7));
		}

		boolean has(String setting) {
			return this.settings.contains(setting);
		}

		String expected(int phase) {
			return this.expected.get(phase);
		}

	}

	/**
	 * Asks for a model, with a cache of its own for each request.
	 */
	static final class Child {

		private Child() {
		}

		public static void main(String[] arguments) throws IOException {
			ForkedJvm.serve(Child::get);
		}

		/**
		 * Takes whether to be offline, URL, digest, path, permissions, the address and
		 * the cache of a Hub, and the cache; a hyphen for none.
		 */
		private static String get(String[] words) {
			ModelRequest.Builder request = ModelRequest.builder("m").url(URI.create(words[1])).maxAttempts(1);
			if (!words[2].equals("-")) {
				request.expectedDigest(Digest.parse(words[2]));
			}
			if (!words[3].equals("-")) {
				request.modelPath(Path.of(words[3]));
			}
			ModelCacheBuilder builder = ModelCache.builder()
				.verifyFormat(FormatVerification.OFF)
				.offline(Boolean.parseBoolean(words[0]))
				.download((download) -> download.allowInsecureHttp(true))
				.cache((cache) -> cache.minFreeSpace(DataSize.ofKilobytes(64))
					.permissions(CacheOptions.Permissions.valueOf(words[4])))
				.huggingFace((hub) -> hub.endpoint(words[5]))
				.model(request.build());
			if (!words[6].equals("-")) {
				builder.huggingFace((hub) -> hub.cacheDirectory(Path.of(words[6])));
			}
			if (!words[7].equals("-")) {
				builder.cache((cache) -> cache.directory(Path.of(words[7])));
			}
			try (ModelCache cache = builder.build()) {
				CachedModel model = cache.get("m").block(PATIENCE);
				return model.outcome() + (model.verified() ? "" : " unverified");
			}
			catch (ModelCacheException ex) {
				return ex.code() + " " + ex.getMessage();
			}
		}

	}

}
