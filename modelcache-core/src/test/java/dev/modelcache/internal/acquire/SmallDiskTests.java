/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.DiskStep;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.internal.transfer.TransferSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.MountSpace;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.util.unit.DataSize;

import static dev.modelcache.CacheOptions.Verification.FINGERPRINT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Real disks that are small, have few inodes, or on which the target is mounted, and a
 * process that may write small files only. Run by the Maven profile {@code root}. What
 * needs no such disk is in {@link DiskFaultTests}.
 */
@Tag("root")
class SmallDiskTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final String HELD = "held";

	private static MountSpace mounts;

	private static ForkedJvm jvm;

	@TempDir
	private Path directory;

	@BeforeAll
	static void start() {
		mounts = new MountSpace();
		jvm = ForkedJvm.startBy(mounts.enter(), Child.class, List.of());
	}

	@AfterAll
	static void end() {
		jvm.close();
		mounts.close();
	}

	/** Runs a scenario between two scripts. */
	private void run(String before, String scenario, String after) {
		mounts.run("d=%s; pid=%d; %s".formatted(this.directory, jvm.pid(), before));
		try {
			assertThat(jvm.ask(PATIENCE, scenario, this.directory)).isEqualTo(HELD);
		}
		finally {
			mounts.run("d=%s; pid=%d; %s".formatted(this.directory, jvm.pid(), after));
		}
	}

	@Test
	void diskThatIsFullForAMomentCostsNothingOfWhatArrived() {
		run("mount -t tmpfs -o size=16m tmpfs $d", "full", "umount --lazy $d");
	}

	@Test
	void diskWithoutInodesSaysSo() {
		run("mount -t tmpfs -o size=64m,nr_inodes=24 tmpfs $d", "inodes", "umount --lazy $d");
	}

	@Test
	void modelThatIsThereIsServedFromAFullDisk() {
		run("mount -t tmpfs -o size=16m tmpfs $d", "full with the model", "umount --lazy $d");
	}

	@Test
	void modelThatIsThereIsServedFromADiskWithoutInodes() {
		run("mount -t tmpfs -o size=64m,nr_inodes=24 tmpfs $d", "no inodes beside the model", "umount --lazy $d");
	}

	@Test
	void limitOfFileSizesSaysSo() {
		run("prlimit --pid=$pid --fsize=2097152:unlimited", "limit", "prlimit --pid=$pid --fsize=unlimited:unlimited");
	}

	@Test
	void mountedTargetIsToldBeforeTheFirstByte() {
		run("touch $d/source $d/model.gguf; mount --bind $d/source $d/model.gguf", "mounted",
				"umount --lazy $d/model.gguf");
	}

	@Test
	void missingMountTableIsNoFullDisk() {
		run("mount -t tmpfs tmpfs $d; mkdir $d/etc; cp -a /etc/. $d/etc; rm -f $d/etc/mtab; touch $d/etc/mtab;"
				+ " mount --bind $d/etc /etc", "no mount table", "umount --lazy /etc; umount --lazy $d");
	}

	@Test
	void whatWasNotResumedInTimeMakesRoom() {
		run("mount -t tmpfs -o size=16m tmpfs $d", "expired", "umount --lazy $d");
	}

	@Test
	void whatWasNotResumedInTimeOnAnotherDiskStays() {
		run("mkdir $d/disk; mount -t tmpfs -o size=4m tmpfs $d/disk", "expired elsewhere", "umount --lazy $d/disk");
	}

	/** Of its 200 MB, 5 % stay free. */
	@Test
	void smallDiskTakesASmallModelUnlessConfiguredOtherwise() {
		run("mount -t tmpfs -o size=200m tmpfs $d", "default reserve", "umount --lazy $d");
	}

	/** It has 4 GiB, of which the disk holds 8 MiB. */
	@Test
	void sealedModelOnAReadOnlyDiskIsReadyWithoutBeingRead() {
		run("mount -t tmpfs tmpfs $d; mkdir $d/models; mount --bind $d/models $d/models", "sealed",
				"umount --lazy $d/models; umount --lazy $d");
	}

	/** The process that has the disk. */
	static final class Child {

		private static final Content CONTENT = Content.random(8 << 20, 1);

		private static final long LARGE = 4L << 30;

		private final Path directory;

		private final MisbehavingServer server;

		private Child(Path directory, MisbehavingServer server) {
			this.directory = directory;
			this.server = server;
		}

		public static void main(String[] arguments) throws IOException {
			ForkedJvm.serve(Child::run);
		}

		/**
		 * Downloads to the disk, and says that everything was as expected.
		 * @param arguments the scenario, a directory on the disk
		 */
		private static String run(String[] arguments) throws Exception {
			try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", CONTENT)) {
				Child child = new Child(Path.of(arguments[1]), server);
				TransferSettings transfer = new TransferSettings(DataSize.ofMegabytes(1), 1, DataSize.ofMegabytes(16),
						PATIENCE, PATIENCE, 5, true);
				if (arguments[0].equals("sealed")) {
					child.sealed();
					return HELD;
				}
				if (arguments[0].equals("expired")) {
					child.expired();
					return HELD;
				}
				if (arguments[0].equals("expired elsewhere")) {
					child.expiredElsewhere();
					return HELD;
				}
				try (CacheFixture fixture = new CacheFixture(child.directory).transfer(transfer)) {
					if (arguments[0].equals("default reserve")) {
						fixture.store(new StoreSettings(child.directory, null, FINGERPRINT));
					}
					fixture.open(ModelRequest.builder("m")
						.url(server.uri("/m.gguf"))
						.expectedDigest(arguments[0].endsWith("the model") ? null : CONTENT.sha256())
						.modelPath(child.directory.resolve("model.gguf"))
						.maxAttempts(1)
						.build());
					switch (arguments[0]) {
						case "full" -> child.full(fixture);
						case "inodes" -> child.inodes(fixture);
						case "limit" -> child.fails(fixture, "File too large", "ulimit -f");
						case "full with the model" -> child.served(fixture, () -> fill(child.directory.resolve("log")));
						case "no inodes beside the model" -> child.served(fixture, child::fillWithFiles);
						case "mounted" -> child.mounted(fixture);
						default -> child.downloads(fixture);
					}
				}
			}
			return HELD;
		}

		/**
		 * The files that are due are looked for each hour only, unless there is no room.
		 */
		private void expired() throws IOException {
			this.server.serve("/small.gguf", Content.random(1000, 2));
			try (CacheFixture fixture = new CacheFixture(this.directory)) {
				fixture.open(ModelRequest.builder("small").url(this.server.uri("/small.gguf")).build(),
						ModelRequest.builder("m").url(this.server.uri("/m.gguf")).maxAttempts(1).build());
				fixture.get("small");
				Path left = expired(this.directory);
				assertThat(fixture.get("m").outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
				assertThat(left).doesNotExist();
			}
		}

		/** The model-path is on the disk, and the cache is not. */
		private void expiredElsewhere() throws IOException {
			this.server.serve("/small.gguf", Content.random(1000, 2));
			try (CacheFixture fixture = new CacheFixture(this.directory.resolve("cache"))) {
				fixture.open(ModelRequest.builder("small").url(this.server.uri("/small.gguf")).build(),
						ModelRequest.builder("m")
							.url(this.server.uri("/m.gguf"))
							.modelPath(this.directory.resolve("disk/model.gguf"))
							.maxAttempts(1)
							.build());
				fixture.get("small");
				Path left = expired(this.directory.resolve("cache"));
				assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> fixture.get("m"));
				Files.delete(left);
			}
		}

		private static Path expired(Path cache) throws IOException {
			Path left = cache.resolve("models/.n.gguf.804e0c2b-26075-6570103-c65d1ac5.part");
			Files.write(left, new byte[10 << 20]);
			Files.setLastModifiedTime(left, FileTime.from(Instant.now().minus(Duration.ofDays(30))));
			return left;
		}

		private void sealed() throws IOException {
			Path model = this.directory.resolve("models/model.gguf");
			try (CacheFixture builder = sealed("builder", true)) {
				builder.get("m");
			}
			Path record = model.resolveSibling(".model.gguf.sealed");
			Files.writeString(record, Files.readString(record).replace("size=" + CONTENT.size(), "size=" + LARGE));
			try (RandomAccessFile file = new RandomAccessFile(model.toFile(), "rw")) {
				file.setLength(LARGE);
			}
			MountSpace.runHere("mount -o remount,bind,ro " + model.getParent());
			try (CacheFixture fixture = sealed("own", false)) {
				long before = bytesRead();
				CachedModel served = fixture.get("m");
				assertThat(served.outcome()).isEqualTo(ModelOutcome.CACHED);
				assertThat(served.verified()).isTrue();
				assertThat(served.size()).isEqualTo(LARGE);
				// Classes are read meanwhile.
				assertThat(bytesRead() - before).isLessThan(LARGE / 16);
			}
		}

		private CacheFixture sealed(String cache, boolean seal) {
			Path own = this.directory.resolve(cache);
			CacheFixture fixture = new CacheFixture(own)
				.store(new StoreSettings(own, DataSize.ofMegabytes(1), FINGERPRINT).withSeals(seal, true));
			fixture.open(ModelRequest.builder("m")
				.url(this.server.uri("/m.gguf"))
				.expectedDigest(CONTENT.sha256())
				.modelPath(this.directory.resolve("models/model.gguf"))
				.build());
			return fixture;
		}

		private static long bytesRead() throws IOException {
			return Files.readAllLines(Path.of("/proc/self/io"))
				.stream()
				.filter((line) -> line.startsWith("rchar: "))
				.mapToLong((line) -> Long.parseLong(line.substring("rchar: ".length())))
				.sum();
		}

		private void fails(CacheFixture fixture, String problem, String action) {
			assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> fixture.get("m"))
				.satisfies((failure) -> {
					assertThat(failure.problem()).contains(problem);
					assertThat(failure.action()).contains(action);
				});
		}

		private void downloads(CacheFixture fixture) {
			assertThat(fixture.get("m").outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
			assertThat(this.directory.resolve("model.gguf")).satisfies(Content.exactly(CONTENT.bytes()));
		}

		/** Something else writes while the file comes. */
		private void full(CacheFixture fixture) throws Exception {
			Path log = this.directory.resolve("some.log");
			CountDownLatch rest = new CountDownLatch(1);
			this.server.always("/m.gguf", Reply.ok().stallAfter(4 << 20, rest));
			CompletableFuture<CachedModel> model = CompletableFuture.supplyAsync(() -> fixture.get("m"));
			Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(() -> landedBlocks(fixture) >= 3);
			fill(log);
			rest.countDown();
			assertThat(model).failsWithin(PATIENCE).withThrowableThat().withMessageContaining("not enough disk space");
			assertThat(fixture.stagedFiles()).hasSize(1);
			Files.delete(log);
			this.server.always("/m.gguf", Reply.ok());
			int before = this.server.requests("/m.gguf").size();
			downloads(fixture);
			assertThat(this.server.requests("/m.gguf").stream().skip(before)).isNotEmpty()
				.allSatisfy((request) -> assertThat(request.range()).matches("bytes=([3-9]\\d{6}|\\d{8,})-.*"));
		}

		/** Returns how many MiB the journal says are on the disk. */
		private static long landedBlocks(CacheFixture fixture) throws IOException {
			return Files.readAllLines(fixture.find(".journal").get(0))
				.stream()
				.filter((line) -> line.startsWith("block "))
				.count();
		}

		private static void fill(Path file) {
			try (var out = Files.newOutputStream(file)) {
				while (true) {
					out.write(new byte[4096]);
				}
			}
			catch (IOException ex) {
				assertThat(ex).hasMessageContaining("No space left");
			}
		}

		/** Its source states no digest, so it takes a lock to compare it. */
		private void served(CacheFixture fixture, DiskStep filling) throws IOException {
			Files.write(this.directory.resolve("model.gguf"), CONTENT.bytes());
			filling.take();
			assertThat(fixture.get("m").outcome()).isEqualTo(ModelOutcome.CACHED);
			assertThat(this.server.bytesSent("/m.gguf")).isLessThan(CONTENT.size());
		}

		private void inodes(CacheFixture fixture) throws IOException {
			fillWithFiles();
			fails(fixture, "bytes are free", "df -i");
		}

		private void fillWithFiles() throws IOException {
			Path others = Files.createDirectory(this.directory.resolve("others"));
			try {
				for (int n = 0;; n++) {
					Files.createFile(others.resolve("file-" + n));
				}
			}
			catch (IOException ex) {
				assertThat(ex).hasMessageContaining("No space left");
			}
		}

		private void mounted(CacheFixture fixture) {
			fails(fixture, "mount point", "Mount the directory");
			assertThat(this.server.requests("/m.gguf")).isEmpty();
		}

	}

}
