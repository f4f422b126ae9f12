/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelPathConflict;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.lock.LockSettings;
import dev.modelcache.internal.store.FileRules;
import dev.modelcache.internal.store.Fingerprint;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.OddFileSystem;
import dev.modelcache.testsupport.OddFileSystem.Oddity;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * File systems on which a model cannot be published as it should be: what is missing is
 * told before anything is fetched, or the model is copied.
 */
@ExtendWith(OutputCaptureExtension.class)
class NonAtomicTests {

	private static final int MIB = 1 << 20;

	@TempDir
	private Path directory;

	private final Content content = Content.random(3 * MIB, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.bin", this.content);

	private FileRules rules = new FileRules(FileAccess.PRIVATE, false, true);

	private Content expected = this.content;

	private ModelPathConflict conflict = ModelPathConflict.FAIL;

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private static OddFileSystem with(Oddity... oddities) {
		return new OddFileSystem(FileSystems.getDefault(), oddities);
	}

	private Path bucket() {
		return this.directory.resolve("bucket");
	}

	private Path target() {
		return bucket().resolve("m.bin");
	}

	private CacheFixture open(Path cache, Path modelPath) {
		return open(new CacheFixture(cache), cache, modelPath);
	}

	private CacheFixture open(OddFileSystem odd, boolean offline) {
		CacheFixture fixture = new CacheFixture(this.directory.resolve("cache"));
		return open(offline ? fixture.offline() : fixture, this.directory.resolve("cache"), odd.path(target()));
	}

	private CacheFixture open(CacheFixture fixture, Path cache, Path modelPath) {
		fixture.store(new StoreSettings(cache, DataSize.ofMegabytes(1), Verification.FINGERPRINT).withRules(this.rules))
			.lock(new LockSettings(LockSettings.defaults().timeout(), LockSettings.defaults().staleAfter(),
					this.rules.access()))
			.open(ModelRequest.builder("m")
				.url(this.server.uri("/m.bin"))
				.expectedDigest(this.expected.sha256())
				.modelPath(modelPath)
				.modelPathConflict(this.conflict)
				.maxAttempts(1)
				.build());
		return fixture;
	}

	private CacheFixture open(OddFileSystem odd) {
		return open(this.directory.resolve("cache"), odd.path(target()));
	}

	private CachedModel get(OddFileSystem odd) {
		try (CacheFixture fixture = open(odd)) {
			return fixture.get("m");
		}
	}

	private List<String> files(Path directory) throws IOException {
		try (Stream<Path> files = Files.walk(directory)) {
			return files.filter(Files::isRegularFile).map((file) -> file.getFileName().toString()).toList();
		}
	}

	private ModelCacheException failure(CacheFixture fixture) {
		try (fixture) {
			return org.assertj.core.api.Assertions.catchThrowableOfType(ModelCacheException.class,
					() -> fixture.get("m"));
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "NO_RENAME", "CROSSES_DEVICES", "NO_RANDOM_WRITES", "NO_READING_WHILE_WRITING" })
	void whatIsMissingIsToldBeforeAnythingIsFetched(Oddity oddity) throws IOException {
		this.rules = FileRules.DEFAULTS;
		assertThat(failure(open(with(oddity)))).isInstanceOf(ModelStorageException.class)
			.hasMessageContaining("cannot be published atomically in " + bucket())
			.hasMessageContaining("hooks.llm.cache.allow-non-atomic");
		assertThat(this.server.requests()).isEmpty();
		assertThat(files(bucket())).isEmpty();
	}

	@ParameterizedTest
	@EnumSource(names = { "NO_RENAME", "CROSSES_DEVICES", "NO_RANDOM_WRITES", "NO_READING_WHILE_WRITING" })
	void whatWasMissingForAWhileIsNotRemembered(Oddity oddity) {
		this.rules = FileRules.DEFAULTS;
		OddFileSystem odd = with(oddity);
		try (CacheFixture fixture = open(odd)) {
			assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> fixture.get("m"));
			odd.set(oddity, false);
			assertThat(fixture.get("m").outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		}
	}

	@Test
	void quotaThatIsUsedUpIsNoReasonToCopy(CapturedOutput output) {
		get(with());
		this.expected = Content.random(2 * MIB, 2);
		this.server.serve("/m.bin", this.expected);
		OddFileSystem odd = with(Oddity.RENAME_EXCEEDS_QUOTA);
		try (CacheFixture fixture = open(odd)) {
			assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> fixture.get("m"))
				.withMessageContaining("Disk quota exceeded");
			assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
			odd.set(Oddity.RENAME_EXCEEDS_QUOTA, false);
			assertThat(fixture.get("m").path()).satisfies(Content.exactly(this.expected.bytes()));
		}
		assertThat(output).doesNotContain("other programs see part of it");
	}

	@ParameterizedTest
	@EnumSource(names = { "NO_RENAME", "CROSSES_DEVICES", "NO_RANDOM_WRITES", "NO_READING_WHILE_WRITING" })
	void cacheDirectoryMustBeAbleToDoIt(Oddity oddity) {
		OddFileSystem odd = with(oddity);
		assertThat(failure(open(odd.path(this.directory.resolve("cache")), null)))
			.isInstanceOf(ModelStorageException.class)
			.hasMessageContaining("hooks.llm.cache.directory");
		assertThat(this.server.requests()).isEmpty();
	}

	@ParameterizedTest
	@EnumSource(names = { "NO_RENAME", "CROSSES_DEVICES", "NO_RANDOM_WRITES", "NO_READING_WHILE_WRITING" })
	void modelIsCopiedWhereThatIsAllowed(Oddity oddity, CapturedOutput output) throws IOException {
		CachedModel model = get(with(oddity));
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(model.verified()).isTrue();
		assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(output).contains("WARN").contains("other programs see part of it");
		assertThat(files(this.directory.resolve("cache/staging"))).isEmpty();
		assertThat(get(with(oddity)).outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(this.server.requests()).hasSize(1);
	}

	@Test
	void copyThatWasBrokenOffIsReplacedWithoutAnotherDownloadOfTheFile() throws IOException {
		get(with(Oddity.NO_RENAME));
		breakOffCopy(Arrays.copyOf(this.content.bytes(), MIB));
		assertThat(get(with(Oddity.NO_RENAME)).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(files(bucket())).containsExactly("m.bin");
	}

	@ParameterizedTest
	@EnumSource
	void fileOfTheUserThatCameAfterACopyWasBrokenOffIsCopiedAside(ModelPathConflict conflict) throws IOException {
		get(with(Oddity.NO_RENAME));
		breakOffCopy("mine".getBytes());
		this.conflict = conflict;
		assertThat(get(with(Oddity.NO_RENAME)).path()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(files(bucket())).hasSize(2);
		try (Stream<Path> files = Files.list(bucket())) {
			assertThat(files.filter((file) -> file.getFileName().toString().startsWith("m.bin.replaced-")))
				.singleElement()
				.satisfies((aside) -> assertThat(aside).hasContent("mine"));
		}
	}

	@Test
	void fileOfTheUserThatCameAfterACopyWasBrokenOffIsNotEvicted() throws IOException {
		get(with(Oddity.NO_RENAME));
		breakOffCopy("mine".getBytes());
		try (CacheFixture fixture = open(with(Oddity.NO_RENAME))) {
			assertThatExceptionOfType(ModelNotFoundException.class)
				.isThrownBy(() -> fixture.cache().evict("m").block(CacheFixture.PATIENCE));
		}
		assertThat(target()).hasContent("mine");
	}

	/** Leaves what a process leaves that ended within the copy. */
	private void breakOffCopy(byte[] there) throws IOException {
		Path receipt = receipt();
		Files.move(receipt, receipt.resolveSibling(receipt.getFileName() + ".next"));
		String text = Files.readString(receipt.resolveSibling(receipt.getFileName() + ".next"));
		Files.writeString(receipt.resolveSibling(receipt.getFileName() + ".next"),
				text.replaceAll("(?m)^size=.*$", "size=-1")
					.replaceAll("(?m)^modified=.*$", "modified=")
					.replaceAll("(?m)^file-?[kK]ey=.*$", "")
					.replaceAll("(?m)^changed=.*$", ""));
		Files.write(target(), there);
	}

	private Path receipt() throws IOException {
		try (Stream<Path> files = Files.list(this.directory.resolve("cache/receipts"))) {
			return files.filter((file) -> file.toString().endsWith(".properties")).findFirst().orElseThrow();
		}
	}

	@Test
	void fileOfTheUserStaysOrIsCopiedAside() throws IOException {
		Files.createDirectories(bucket());
		Files.writeString(target(), "mine");
		assertThat(failure(open(with(Oddity.NO_RENAME)))).isInstanceOf(ModelConfigurationException.class);
		assertThat(target()).hasContent("mine");
		this.conflict = ModelPathConflict.REPLACE;
		assertThat(get(with(Oddity.NO_RENAME)).path()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(files(bucket())).hasSize(2).anyMatch((name) -> name.startsWith("m.bin.replaced-"));
	}

	@Test
	void modelThatIsReplacedIsCopiedOverTheOneBefore() throws IOException {
		get(with(Oddity.NO_RENAME));
		this.expected = Content.random(2 * MIB, 2);
		this.server.serve("/m.bin", this.expected);
		assertThat(get(with(Oddity.NO_RENAME)).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(target()).satisfies(Content.exactly(this.expected.bytes()));
		assertThat(files(bucket())).containsExactly("m.bin");
	}

	@Test
	void downloadThatBrokeOffIsResumedAndEvictionLeavesNothing() throws IOException {
		AtomicInteger asked = new AtomicInteger();
		this.server.answer("/m.bin", (request) -> (asked.getAndIncrement() == 0) ? Reply.ok().closeAfter(2 * MIB + 1000)
				: Reply.status(503));
		OddFileSystem odd = with(Oddity.NO_RENAME);
		assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> get(odd));
		assertThat(files(bucket())).isEmpty();
		this.server.answer("/m.bin", (request) -> Reply.ok());
		try (CacheFixture fixture = open(odd)) {
			assertThat(fixture.get("m").path()).satisfies(Content.exactly(this.content.bytes()));
			assertThat(this.server.requests().get(this.server.requests().size() - 1).header("Range"))
				.startsWith("bytes=" + 2 * MIB);
			fixture.cache().evict("m").block(CacheFixture.PATIENCE);
		}
		assertThat(files(bucket())).isEmpty();
		assertThat(files(this.directory.resolve("cache"))).allMatch((name) -> name.matches(".*\\.(lock|use)"));
	}

	@Test
	void stagedFileIsClosedWhereOpenFilesAreNotRenamed() throws IOException {
		this.rules = FileRules.DEFAULTS;
		OddFileSystem odd = with(Oddity.NO_RENAME_OF_OPEN_FILES);
		assertThat(get(odd).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(files(bucket())).containsExactlyInAnyOrder("m.bin", "m.bin.download.lock");
	}

	@Test
	void filesThatCannotBeMadeDurableAreToldBeforeAnythingIsFetched() throws IOException {
		assertThat(failure(open(with(Oddity.NO_FORCE)))).isInstanceOf(ModelStorageException.class)
			.hasMessageContaining("the file system there does not make files durable (Invalid argument)")
			.hasMessageNotContaining("allow-non-atomic");
		assertThat(this.server.requests()).isEmpty();
		assertThat(files(bucket())).allMatch((name) -> name.endsWith(".lock"));
	}

	@ParameterizedTest
	@EnumSource(names = { "NO_DIRECTORY_FORCE", "NEW_INODE_AFTER_RENAME", "NO_LOCKS" })
	void downloadThatBrokeOffIsResumedAndFoundAgain(Oddity oddity) throws IOException {
		this.rules = FileRules.DEFAULTS;
		OddFileSystem odd = with(oddity);
		AtomicInteger asked = new AtomicInteger();
		this.server.answer("/m.bin", (request) -> (asked.getAndIncrement() == 0) ? Reply.ok().closeAfter(2 * MIB + 1000)
				: Reply.status(503));
		assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> get(odd));
		this.server.answer("/m.bin", (request) -> Reply.ok());
		assertThat(get(odd).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
		int requests = this.server.requests().size();
		assertThat(this.server.requests().get(requests - 1).header("Range")).startsWith("bytes=" + 2 * MIB);
		assertThat(get(odd).outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(this.server.requests()).hasSize(requests);
		// Without locks, what another download of a process that runs left may be in use.
		assertThat(files(bucket())).filteredOn((name) -> oddity != Oddity.NO_LOCKS || !name.startsWith("."))
			.containsExactlyInAnyOrder("m.bin", "m.bin.download.lock");
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void whileTheServerOfAVolumeIsAwayItsModelIsNeitherAbsentNorForgotten(boolean offline) {
		OddFileSystem odd = with();
		odd.mounted(bucket());
		get(odd);
		odd.set(Oddity.AWAY, true);
		try (CacheFixture fixture = open(odd, offline)) {
			assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> fixture.get("m"))
				.withMessageContaining("Stale file handle")
				.satisfies((failure) -> assertThat(failure.action()).startsWith("Mount the file system of"));
			assertThatExceptionOfType(ModelStorageException.class)
				.isThrownBy(() -> fixture.cache().evict("m").block(CacheFixture.PATIENCE))
				.withMessageContaining("Stale file handle");
			odd.set(Oddity.AWAY, false);
			assertThat(fixture.get("m").outcome()).isEqualTo(ModelOutcome.CACHED);
			odd.set(Oddity.AWAY, true);
			assertThat(fixture.cache().check("m").block(CacheFixture.PATIENCE).state()).isEqualTo(ModelState.READY);
		}
		assertThat(this.server.requests()).hasSize(1);
	}

	@Test
	void directoryThatCannotBeListedIsToldAsSuch() {
		assertThat(failure(open(with(Oddity.NO_LISTING)))).isInstanceOf(ModelStorageException.class)
			.hasMessageContaining("Input/output error");
	}

	@Test
	void directoryThatCannotBeListedDoesNotUndoAPublication() {
		OddFileSystem odd = with();
		odd.whenForced((file) -> {
			if (file.getFileName().toString().startsWith(".m.bin.")) {
				odd.set(Oddity.NO_LISTING, true);
			}
		});
		assertThat(get(odd).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
	}

	/** Gets two models into the directory of a cache. */
	private void getTwo(OddFileSystem odd) {
		this.server.serve("/n.bin", Content.random(MIB, 3));
		try (CacheFixture fixture = new CacheFixture(odd.path(this.directory.resolve("cache")))) {
			fixture.open(ModelRequest.builder("m").url(this.server.uri("/m.bin")).build(),
					ModelRequest.builder("n").url(this.server.uri("/n.bin")).build());
			fixture.get("m");
			fixture.get("n");
		}
	}

	@Test
	void missingLocksAreToldOnceForAFileSystem(CapturedOutput output) {
		getTwo(with(Oddity.NO_LOCKS));
		assertThat(output).containsOnlyOnce("has no file locks");
	}

	@Test
	void receiptOfAFileWithAnotherInodeFitsIt() throws IOException {
		OddFileSystem odd = with(Oddity.NEW_INODE_AFTER_RENAME);
		get(odd);
		Fingerprint now = Fingerprint.of(odd.path(target()));
		assertThat(Files.readString(receipt())).contains("changed=" + now.changed().replace(":", "\\:"));
	}

	@Test
	void fileSystemIsTriedOnceAndKeepsNothing() throws IOException {
		OddFileSystem odd = with();
		getTwo(odd);
		assertThat(odd.created().stream().filter((name) -> name.startsWith(".probe."))).hasSize(2);
		assertThat(files(this.directory.resolve("cache"))).noneMatch((name) -> name.startsWith(".probe"));
	}

	@Test
	void filesThatAllUsersCouldReadAreRefusedUnlessTheyMay() {
		OddFileSystem odd = with(Oddity.WIDE_OPEN);
		assertThat(failure(open(odd))).isInstanceOf(ModelStorageException.class)
			.hasMessageContaining("rwxr-xr-x")
			.hasMessageContaining("hooks.llm.cache.permissions to shared");
		assertThat(this.server.requests()).isEmpty();
		this.rules = new FileRules(FileAccess.SHARED, false, false);
		assertThat(get(odd).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
	}

	@Test
	void permissionsThatCannotBeAddedAreToldOnce(CapturedOutput output) {
		this.rules = new FileRules(FileAccess.SHARED, false, false);
		assertThat(get(with(Oddity.NO_CHMOD)).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(output).containsOnlyOnce("does not change permissions");
	}

}
