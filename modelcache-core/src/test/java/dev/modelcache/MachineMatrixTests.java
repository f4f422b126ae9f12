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
import java.util.stream.Stream;

import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.ForkedJvms;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.MountSpace;
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
			Map.entry("full tmpfs", "mount -t tmpfs -o uid=$u,gid=$u,mode=755,size=2m none $v"));

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

	private List<String> ask(Row row, Path volume, Path filled) {
		Path home = homes.resolve(row.user() + "-" + row.home().replaceAll("[^a-z]+", "-"));
		mounts.run(("u=%d; d=%s; v=%s; m=%s; h=%s; umount -q -R $h || true; rm -rf $h; umask 022; mkdir $h; %s; %s")
			.formatted(row.user(), this.directory, volume, filled, home, HOMES.get(row.home()),
					VOLUMES.get(row.volume())));
		List<String> command = new ArrayList<>(mounts.enterAs(row.user()));
		command.addAll(List.of("sh", "-c",
				"cd %s; umask 022; exec env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 CLASSPATH=\"$CLASSPATH\" \"$@\""
					.formatted(working),
				"sh"));
		if (!row.home().equals("none")) {
			command.add("HOME=" + home);
		}
		List<Object> words = new ArrayList<>(List.of(this.server.uri("/m.gguf"), this.content.sha256(),
				volume.resolve("m.gguf"), row.permissions()));
		if (row.cache()) {
			words.add(volume.resolve("cache"));
		}
		ForkedJvm jvm = jvms.by(command);
		return Stream.of(false, false, true).map((offline) -> {
			List<Object> all = new ArrayList<>(List.of(offline));
			all.addAll(words);
			return jvm.ask(PATIENCE, all.toArray());
		}).toList();
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

		boolean cache() {
			return this.settings.contains("cache.directory");
		}

		String permissions() {
			return this.settings.contains("permissions=group") ? "GROUP" : "PRIVATE";
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
		 * Takes whether to be offline, URL, digest, path, permissions, maybe the cache.
		 */
		private static String get(String[] words) {
			ModelRequest request = ModelRequest.builder("m")
				.url(URI.create(words[1]))
				.expectedDigest(Digest.parse(words[2]))
				.modelPath(Path.of(words[3]))
				.maxAttempts(1)
				.build();
			ModelCacheBuilder builder = ModelCache.builder()
				.verifyFormat(FormatVerification.OFF)
				.offline(Boolean.parseBoolean(words[0]))
				.download((download) -> download.allowInsecureHttp(true))
				.cache((cache) -> cache.minFreeSpace(DataSize.ofKilobytes(64))
					.permissions(CacheOptions.Permissions.valueOf(words[4])))
				.model(request);
			if (words.length > 5) {
				builder.cache((cache) -> cache.directory(Path.of(words[5])));
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
