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
import dev.modelcache.testsupport.MisbehavingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The table of machines in {@code docs/reliability.md}: each row is a process of a user,
 * with a home directory and a volume for the model, that asks for the model three times:
 * for the first time, again, and offline. Run by the Maven profile {@code root}, because
 * it mounts file systems, in a name space of its own.
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

	private static final Map<String, String> HOMES = Map.of("own", "mkdir $d/home; chown $u:$u $d/home", "none", "true",
			"read-only", "mkdir $d/home; mount -t tmpfs -o ro,mode=755 none $d/home",
			"read-only, with a volume at .cache",
			"mkdir $d/home; mount -t tmpfs -o mode=755 none $d/home; mkdir $d/home/.cache;"
					+ " mount -t tmpfs -o uid=$u,gid=$u,mode=755 none $d/home/.cache; mount -o remount,ro $d/home");

	@TempDir
	private Path directory;

	private final Content content = Content.random(3_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

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
		List<String> told = run(row, volume, filled);
		assertThat(told).hasSize(3);
		for (int phase = 0; phase < 3; phase++) {
			assertThat(told.get(phase)).as("phase %d of %s", phase + 1, row).startsWith(row.expected(phase));
		}
		assertThat(Path.of("?")).doesNotExist();
	}

	private List<String> run(Row row, Path volume, Path filled) {
		String script = "umask 022; u=%d; d=%s; v=%s; m=%s; %s; %s; cd /; exec setpriv --reuid=$u --regid=$u --clear-groups"
			.formatted(row.user(), this.directory, volume, filled, HOMES.get(row.home()), VOLUMES.get(row.volume()))
				+ " --inh-caps=+dac_read_search --ambient-caps=+dac_read_search"
				+ " env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 CLASSPATH=\"$CLASSPATH\""
				+ (row.home().equals("none") ? "" : " HOME=" + this.directory.resolve("home")) + " \"$@\"";
		List<Object> arguments = new ArrayList<>(List.of(this.server.uri("/m.gguf"), this.content.sha256(),
				volume.resolve("m.gguf"), row.permissions()));
		if (row.cache()) {
			arguments.add(volume.resolve("cache"));
		}
		try (ForkedJvm jvm = ForkedJvm.startBy(List.of("unshare", "-m", "sh", "-ec", script, "sh"), Child.class,
				List.of("-XX:TieredStopAtLevel=1"), arguments.toArray())) {
			assertThat(jvm.awaitExit(PATIENCE)).as(jvm.output()).isZero();
			return jvm.output()
				.lines()
				.filter((line) -> line.startsWith("RESULT "))
				.map((line) -> line.substring(7))
				.toList();
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
	 * Asks for the model three times, with a cache of its own each time, the third time
	 * offline, and prints what comes of it.
	 */
	static final class Child {

		private Child() {
		}

		public static void main(String[] arguments) {
			Stream.of(false, false, true).forEach((offline) -> System.out.println("RESULT " + get(arguments, offline)));
			System.exit(0);
		}

		private static String get(String[] arguments, boolean offline) {
			ModelRequest request = ModelRequest.builder("m")
				.url(URI.create(arguments[0]))
				.expectedDigest(Digest.parse(arguments[1]))
				.modelPath(Path.of(arguments[2]))
				.maxAttempts(1)
				.build();
			ModelCacheBuilder builder = ModelCache.builder()
				.verifyFormat(FormatVerification.OFF)
				.offline(offline)
				.download((download) -> download.allowInsecureHttp(true))
				.cache((cache) -> cache.minFreeSpace(DataSize.ofKilobytes(64))
					.permissions(CacheOptions.Permissions.valueOf(arguments[3])))
				.model(request);
			if (arguments.length > 4) {
				builder.cache((cache) -> cache.directory(Path.of(arguments[4])));
			}
			try (ModelCache cache = builder.build()) {
				CachedModel model = cache.get("m").block(Duration.ofMinutes(1));
				return model.outcome() + (model.verified() ? "" : " unverified");
			}
			catch (ModelCacheException ex) {
				return ex.code() + " " + ex.getMessage();
			}
		}

	}

}
