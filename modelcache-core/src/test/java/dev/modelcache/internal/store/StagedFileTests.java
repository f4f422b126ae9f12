/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import dev.modelcache.internal.DiskStep;
import dev.modelcache.internal.lock.ProcessIdentity;
import java.util.ArrayList;
import java.io.UncheckedIOException;
import dev.modelcache.CacheOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import dev.modelcache.Digest;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelPathConflict;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.lock.ExclusiveFile;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.OddFileSystem;
import dev.modelcache.testsupport.OddFileSystem.Oddity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.fail;

/**
 * Tests for {@link StagedFile}, {@link Receipts} and {@link ModelStore}.
 */
class StagedFileTests {

	private static final Runnable UNTOLD = () -> {
	};

	private static final Digest DIGEST = Digest.parse("ab".repeat(32));

	private static final Digest SOURCE_DIGEST = Digest.parse("cd".repeat(32));

	@TempDir
	private Path directory;

	private ModelStore store(DataSize minFreeSpace) {
		return new ModelStore(
				new StoreSettings(this.directory.resolve("cache"), minFreeSpace, CacheOptions.Verification.FINGERPRINT),
				new ExclusiveFiles(), Clock.systemUTC());
	}

	private ModelStore store() {
		return store(DataSize.ofBytes(0));
	}

	private ModelPlace place() {
		return store().place(ModelRequest.builder("m").modelPath(this.directory.resolve("models/m.gguf")).build(), "m");
	}

	private static Receipt receipt(Fingerprint fingerprint) {
		return new Receipt(fingerprint, DIGEST, SOURCE_DIGEST, DIGEST, "https://host/m.gguf", "key", "\"v\"", false,
				Instant.parse("2026-01-02T03:04:05Z"),
				ModelFormat.of("GGUF")
					.withArchitecture("llama")
					.withName("Tiny")
					.withQuantization("F16")
					.withParameters(12L)
					.withVocabularySize(32_000L));
	}

	private static void write(StagedFile staged, String text) throws IOException {
		staged.channel().write(ByteBuffer.wrap(text.getBytes()));
	}

	private List<Path> files() throws IOException {
		try (Stream<Path> files = Files.walk(this.directory)) {
			return files.filter(Files::isRegularFile).toList();
		}
	}

	@Test
	void publishedFileIsPrivateWholeAndHasItsReceipt() throws Exception {
		try (StagedFile staged = store().staging().stage("m", place(), PartialJudge.NONE, UNTOLD)) {
			write(staged, "model");
			assertThat(place().target()).doesNotExist();
			staged.publish(StagedFileTests::receipt);
		}
		assertThat(place().target()).hasContent("model");
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(place().target())))
			.isEqualTo("rw-------");
		Fingerprint fingerprint = Fingerprint.of(place().target());
		assertThat(fingerprint).isNotNull();
		assertThat(store().receipts().find(place(), fingerprint)).isEqualTo(receipt(fingerprint));
		assertThat(files()).containsExactlyInAnyOrder(place().target(), place().receipt());
	}

	/** Only another process sees whether a lock is still there. */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void fileStaysLockedWhileItsPermissionsAreChanged(boolean ofAnotherTool) throws Exception {
		ModelStore store = store(FileAccess.SHARED);
		ModelPlace own = store
			.place(ModelRequest.builder("m").modelPath(this.directory.resolve("models/m.gguf")).build(), "m");
		ModelPlace place = new ModelPlace(own.target(), own.lockFile(), own.receipt(), own.access(), ofAnotherTool,
				own.conflict());
		List<String> seen = new ArrayList<>();
		try (StagedFile staged = store.staging().stage("m", place, PartialJudge.NONE, UNTOLD)) {
			write(staged, "model");
			Files.setPosixFilePermissions(staged.path(), PosixFilePermissions.fromString("r--------"));
			staged.publish((fingerprint) -> {
				seen.add(PosixFilePermissions.toString(permissions(staged.path())));
				seen.add(seenByAnotherProcess(staged.path()));
				return receipt(fingerprint);
			});
		}
		assertThat(seen).hasSize(2).element(0).asString().startsWith("rw-");
		assertThat(seen).element(1).isEqualTo("file: held");
	}

	@Test
	void locksStayWhenOthersMayReadWhatWasStoredBefore() throws Exception {
		try (StagedFile staged = store().staging().stage("m", place(), PartialJudge.NONE, UNTOLD)) {
			write(staged, "model");
			staged.publish(StagedFileTests::receipt);
		}
		Path locks = Files.createDirectory(this.directory.resolve("cache/locks"),
				PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
		Path lock = locks.toRealPath().resolve("a.lock");
		try (ExclusiveFile held = new ExclusiveFiles().tryCreate(lock,
				PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
			assertThat(held).isNotNull();
			store(FileAccess.SHARED).use("m", place());
			assertThat(PosixFilePermissions.toString(permissions(locks))).isEqualTo("rwxr-xr-x");
			assertThat(PosixFilePermissions.toString(permissions(place().target()))).isEqualTo("rw-r--r--");
			assertThat(seenByAnotherProcess(lock)).isEqualTo("file: held");
		}
	}

	private ModelStore store(FileAccess access) {
		return new ModelStore(
				new StoreSettings(this.directory.resolve("cache"), DataSize.ofBytes(0),
						CacheOptions.Verification.FINGERPRINT)
					.withRules(new FileRules(access, false, false)),
				new ExclusiveFiles(), Clock.systemUTC());
	}

	private static Set<PosixFilePermission> permissions(Path file) {
		try {
			return Files.getPosixFilePermissions(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String seenByAnotherProcess(Path file) {
		try (ForkedJvm jvm = ForkedJvm.start(Opener.class, List.of(), file)) {
			return jvm.awaitLine("file: ", Duration.ofMinutes(3));
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** Another process that would take the file. */
	static final class Opener {

		private Opener() {
		}

		/**
		 * Tries to take a file.
		 * @param arguments the file
		 */
		public static void main(String[] arguments) throws IOException {
			try (ExclusiveFile file = new ExclusiveFiles().tryOpen(Path.of(arguments[0]))) {
				System.out.println("file: " + ((file != null) ? "free" : "held"));
			}
		}

	}

	@Test
	void contentBecomesTheTargetAndItsCompressedFileGoes() throws Exception {
		try (StagedFile staged = store().staging().stage("m", place(), PartialJudge.NONE, UNTOLD)) {
			staged.prepareContent();
			write(staged, "compressed");
			staged.journal().append("a line");
			write(staged.content(), "model");
			staged.content().publish(StagedFileTests::receipt);
			staged.discard();
		}
		assertThat(place().target()).hasContent("model");
		assertThat(files()).containsExactlyInAnyOrder(place().target(), place().receipt());
	}

	@Test
	void contentThatIsNotPublishedGoesAndItsCompressedFileStays() throws Exception {
		StagedFile staged = store().staging().stage("m", place(), PartialJudge.NONE, UNTOLD);
		staged.prepareContent();
		write(staged, "compressed");
		staged.journal().append("a line");
		write(staged.content(), "half");
		Path content = staged.content().path();
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(content))).isEqualTo("rw-------");
		staged.close();
		assertThat(content).doesNotExist();
		assertThat(staged.path()).hasContent("compressed");
	}

	@Test
	void closedFileGetsNoContentAnyMore() {
		StagedFile staged = store().staging().stage("m", place(), PartialJudge.NONE, UNTOLD);
		staged.close();
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(staged::prepareContent);
	}

	@Test
	void receiptKnowsTheDigestsOfBothForms() {
		Receipt receipt = receipt(new Fingerprint(1, "now", "key"));
		assertThat(receipt.proves(DIGEST)).isTrue();
		assertThat(receipt.isOfSource(DIGEST)).isFalse();
		assertThat(receipt.proves(SOURCE_DIGEST)).isTrue();
		assertThat(receipt.isOfSource(SOURCE_DIGEST)).isTrue();
		assertThat(Receipt.fromProperties(receipt.toProperties())).isEqualTo(receipt);
	}

	@Test
	void stagedFileIsPrivateFromTheStart() throws Exception {
		try (StagedFile staged = store().staging().stage("m", place(), PartialJudge.NONE, UNTOLD)) {
			assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(staged.path())))
				.isEqualTo("rw-------");
			assertThat(staged.path().getParent()).isEqualTo(place().target().getParent());
		}
	}

	@Test
	void closedWithoutPublishingIsGone() throws Exception {
		StagedFile staged = store().staging().stage("m", place(), PartialJudge.NONE, UNTOLD);
		write(staged, "half");
		staged.close();
		staged.close();
		assertThat(files()).isEmpty();
	}

	@Test
	void fileBeforeStaysWholeUntilAndUnlessTheNextIsPublished() throws Exception {
		Files.createDirectories(place().directory());
		Files.writeString(place().target(), "old");
		try (StagedFile staged = store().staging().stage("m", place(), PartialJudge.NONE, UNTOLD)) {
			write(staged, "new");
			assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> staged.publish((fingerprint) -> {
				throw new IllegalStateException("no receipt");
			}));
			assertThat(place().target()).hasContent("old");
		}
		assertThat(place().target()).hasContent("old");
		assertThat(files()).containsExactly(place().target());
	}

	@Test
	void stagedFileThatSomebodyDeletedIsNotPublished() throws Exception {
		try (StagedFile staged = store().staging().stage("m", place(), PartialJudge.NONE, UNTOLD)) {
			Files.delete(staged.path());
			assertThatIOException().isThrownBy(() -> staged.publish(StagedFileTests::receipt))
				.withMessageContaining("has disappeared");
		}
		assertThat(place().target()).doesNotExist();
	}

	@Test
	void crashBetweenMoveAndReceiptIsNoticedByTheFingerprint() throws Exception {
		Files.createDirectories(place().directory());
		Files.writeString(place().target(), "published");
		Fingerprint now = Fingerprint.of(place().target());
		Receipts receipts = store().receipts();
		receipts.write(place(), receipt(new Fingerprint(1, "before", "before")));
		receipts.prepare(place(), receipt(now));
		assertThat(receipts.find(place(), now)).isEqualTo(receipt(now.withoutChange()));
	}

	@Test
	void crashBetweenReceiptAndMoveLeavesTheReceiptOfTheFileThatIsThere() throws Exception {
		Files.createDirectories(place().directory());
		Files.writeString(place().target(), "old");
		Fingerprint now = Fingerprint.of(place().target());
		Receipts receipts = store().receipts();
		receipts.write(place(), receipt(now));
		receipts.prepare(place(), receipt(new Fingerprint(9, "next", "next")));
		assertThat(receipts.find(place(), now)).isEqualTo(receipt(now));
	}

	@Test
	void damagedReceiptIsNoReceipt() throws Exception {
		for (String text : List.of("", "size=1\n", "\\uZZZZ", "size=x\nmodified=\ndigest=sha256:00\n")) {
			Files.createDirectories(place().receipt().getParent());
			Files.writeString(place().receipt(), text);
			assertThat(store().receipts().find(place(), Fingerprint.NONE)).isNull();
		}
	}

	@Test
	void doubtedReceiptRemembersTheDigestAndFitsNothing() {
		Fingerprint fingerprint = new Fingerprint(1, "now", "inode");
		Receipts receipts = store().receipts();
		receipts.write(place(), receipt(fingerprint));
		receipts.doubt(place(), fingerprint);
		assertThat(receipts.find(place(), fingerprint)).isNotNull().satisfies((receipt) -> {
			assertThat(receipt.doubted()).isTrue();
			assertThat(receipt.digest()).isEqualTo(DIGEST);
		});
	}

	@Test
	void receiptsThatCannotBeWrittenAreNoError() throws Exception {
		Files.createDirectories(this.directory.resolve("cache"));
		Files.writeString(this.directory.resolve("cache/receipts"), "a file, not a directory");
		try (StagedFile staged = store().staging().stage("m", place(), PartialJudge.NONE, UNTOLD)) {
			write(staged, "model");
			staged.publish(StagedFileTests::receipt);
		}
		assertThat(place().target()).hasContent("model");
	}

	@Test
	void diskWithoutSpaceSaysNeedsHasWhere() throws Exception {
		try (StagedFile staged = store(DataSize.ofTerabytes(1000)).staging()
			.stage("m", place(), PartialJudge.NONE, UNTOLD)) {
			assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> staged.admit(DataSize.ofBytes(10)))
				.satisfies((failure) -> {
					assertThat(failure.needed()).isEqualTo(DataSize.ofBytes(DataSize.ofTerabytes(1000).toBytes() + 10));
					assertThat(failure.available()).isNotNull();
					assertThat(failure.directory()).isEqualTo(place().directory());
				});
		}
	}

	@Test
	void failureOfAFullDiskIsToldAsThat() {
		try (StagedFile staged = store(DataSize.ofTerabytes(1000)).staging()
			.stage("m", place(), PartialJudge.NONE, UNTOLD)) {
			IOException noSpace = new IOException("No space left on device");
			assertThat(staged.failure(noSpace, DataSize.ofBytes(1))).hasMessageContaining("not enough disk space")
				.hasSuppressedException(noSpace);
		}
		try (StagedFile staged = store().staging().stage("m", place(), PartialJudge.NONE, UNTOLD)) {
			assertThat(staged.failure(new IOException("Input/output error"), DataSize.ofBytes(1)))
				.hasMessageContaining("Input/output error");
		}
	}

	@Test
	void downloadsThatRunTogetherDoNotCountOnTheSameSpace() throws Exception {
		ModelStore store = store();
		Files.createDirectories(place().directory());
		long half = Files.getFileStore(place().directory()).getUsableSpace() / 2 + (1 << 30);
		try (StagedFile one = store.staging().stage("m", place(), PartialJudge.NONE, UNTOLD);
				StagedFile two = store.staging().stage("m", place(), PartialJudge.NONE, UNTOLD)) {
			one.admit(DataSize.ofBytes(half));
			one.admit(DataSize.ofBytes(half));
			assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> two.admit(DataSize.ofBytes(half)));
			one.admit(DataSize.ofBytes(0));
			two.admit(DataSize.ofBytes(half));
		}
		try (StagedFile three = store.staging().stage("m", place(), PartialJudge.NONE, UNTOLD)) {
			three.admit(DataSize.ofBytes(half));
		}
	}

	@Test
	void fullDiskTakesThePartialAway() throws Exception {
		StagedFile staged = store(DataSize.ofTerabytes(1000)).staging().stage("m", place(), PartialJudge.NONE, UNTOLD);
		staged.journal().append("something to continue");
		staged.failure(new IOException("No space left on device"), DataSize.ofBytes(1));
		staged.close();
		assertThat(files()).isEmpty();
	}

	@Test
	void whatHasAJournalStaysForTheNextAndCanBeOpenedOnlyOnce() throws Exception {
		StagedFile staged = store().staging().stage("m", place(), PartialJudge.NONE, UNTOLD);
		write(staged, "half");
		staged.journal().append("something to continue");
		staged.close();
		assertThat(files()).hasSize(2);
		try (StagedFile next = store().staging().stage("m", place(), List::size, UNTOLD);
				StagedFile another = store().staging().stage("m", place(), List::size, UNTOLD)) {
			assertThat(next.path()).hasContent("half");
			assertThat(next.journal().lines()).containsExactly("something to continue");
			assertThat(another.journal().lines()).isEmpty();
		}
	}

	@Test
	void copyOfAFileThatAnotherProcessWritesTellsEachPiece() throws Exception {
		StagedFile staged = store().staging().stage("m", place(), PartialJudge.NONE, UNTOLD);
		staged.channel().write(ByteBuffer.allocate(12 << 20));
		staged.journal().append("something to continue");
		staged.close();
		AtomicInteger pieces = new AtomicInteger();
		try (FileChannel other = FileChannel.open(staged.path(), StandardOpenOption.WRITE);
				FileLock held = other.lock();
				StagedFile copy = store().staging().stage("m", place(), List::size, pieces::incrementAndGet)) {
			assertThat(held.isValid()).isTrue();
			assertThat(copy.path()).isNotEqualTo(staged.path()).hasSize(12 << 20);
			assertThat(pieces).hasValueGreaterThanOrEqualTo(3);
		}
	}

	@Test
	void oldFilesOfOtherModelsAreDeletedAndNewOnesStay() throws Exception {
		Path models = Files.createDirectories(this.directory.resolve("cache/models/host/key"));
		Path old = models.resolve(".other.gguf.0a1b2c3d-1-12345-0a1b2c3d.part");
		Path young = models.resolve(".young.gguf.0a1b2c3d-1-12345-0a1b2c3d.part");
		Path foreign = models.resolve(".foreign.part");
		for (Path file : List.of(old, young, foreign)) {
			Files.writeString(file, "half");
			Files.setLastModifiedTime(file,
					FileTime.from(Instant.now().minus((file == young) ? Duration.ofDays(6) : Duration.ofDays(8))));
		}
		Files.writeString(models.resolve(".other.gguf.0a1b2c3d-1-12345-0a1b2c3d.journal"), "line\n");
		Staging staging = store().staging();
		assertThat(staging.isSweepDue()).isTrue();
		staging.sweep();
		assertThat(files()).containsExactlyInAnyOrder(young, foreign);
		assertThat(staging.isSweepDue()).isFalse();
	}

	/** Returns what had the number of this process before it. */
	static ProcessIdentity endedProcess() {
		ProcessIdentity self = ProcessIdentity.current();
		return new ProcessIdentity(self.machine(), self.pid(), self.start() - 1);
	}

	/** As fsGroup does by default, before each start of a pod. */
	@ParameterizedTest
	@EnumSource
	void partialThatAVolumeGaveToItsGroupIsResumedIfTheGroupIsTrusted(FileAccess access) throws Exception {
		ModelStore store = new ModelStore(
				new StoreSettings(this.directory.resolve("cache"), DataSize.ofBytes(0),
						CacheOptions.Verification.FINGERPRINT)
					.withRules(new FileRules(access, false, false)),
				new ExclusiveFiles(), Clock.systemUTC());
		Path directory = Files.createDirectories(place().directory());
		Path partial = directory.resolve(".m.gguf." + endedProcess() + "-1a1b2c3d.part");
		Files.writeString(partial, "half");
		Files.writeString(StagedName.journal(partial), "line\n");
		for (Path file : List.of(partial, StagedName.journal(partial))) {
			Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
		}
		try (StagedFile staged = store.staging().stage("m", place(), List::size, UNTOLD)) {
			assertThat(staged.channel().size()).isEqualTo((access == FileAccess.GROUP) ? 4 : 0);
			assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(staged.path())))
				.isEqualTo("rw-------");
		}
	}

	/** A disk with room for one copy would have none for another. */
	@Test
	void whatAKilledCopyLeftIsDeletedBeforeAnotherOne() throws Exception {
		Path directory = Files.createDirectories(place().directory());
		Path copy = Files.createFile(directory.resolve(".m.gguf." + endedProcess() + "-0a1b2c3d.part"));
		Path download = Files.createFile(directory.resolve(".m.gguf." + endedProcess() + "-1a1b2c3d.part"));
		Files.createFile(StagedName.journal(download));
		for (Path file : List.of(copy, download)) {
			Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
		}
		store().staging().stageEmpty("m", place()).close();
		assertThat(copy).doesNotExist();
		assertThat(download).as("what can be resumed").exists();
	}

	@Test
	void filesWithWhichAnEndedProcessTriedTheDirectoryOutAreDeleted() throws Exception {
		ProcessIdentity self = ProcessIdentity.current();
		ProcessIdentity ended = endedProcess();
		Path directory = Files.createDirectories(place().directory());
		Path left = Files.createFile(directory.resolve(".probe." + ended + "-0a1b2c3d.part"));
		Path used = Files.createFile(directory.resolve(".probe." + self + "-0a1b2c3d.part"));
		Path partial = Files.createFile(directory.resolve(".probe." + ended + "-1a1b2c3d.part"));
		Files.createFile(StagedName.journal(partial));
		for (Path file : List.of(left, used, partial)) {
			Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
		}
		store().staging().stage("m", place(), PartialJudge.NONE, UNTOLD).close();
		assertThat(left).doesNotExist();
		assertThat(used).exists();
		assertThat(partial).as("the partial of a model called probe").exists();
	}

	@Test
	void evictDeletesFileAndReceiptAndTellsWhetherThereWasAFile() throws Exception {
		try (StagedFile staged = store().staging().stage("m", place(), PartialJudge.NONE, UNTOLD)) {
			staged.publish(StagedFileTests::receipt);
		}
		assertThat(store().eviction().evict("m", place(), UNTOLD, (file) -> fail())).isTrue();
		assertThat(store().eviction().evict("m", place(), UNTOLD, (file) -> fail())).isFalse();
		assertThat(files()).isEmpty();
	}

	@Test
	void usedCountsTheFilesOfTheCacheDirectory() throws Exception {
		assertThat(store().used()).isEqualTo(DataSize.ofBytes(0));
		Path models = Files.createDirectories(this.directory.resolve("cache/models/host"));
		Files.write(models.resolve("a"), new byte[100]);
		Files.write(models.resolve("b"), new byte[23]);
		Files.createSymbolicLink(models.resolve("link"), models.resolve("a"));
		assertThat(store().used()).isEqualTo(DataSize.ofBytes(123));
	}

	@Test
	void fileWhoseNameTheDiskDoesNotTakeIsNotKept() throws Exception {
		ModelStore store = new ModelStore(
				new StoreSettings(this.directory.resolve("cache"), DataSize.ofBytes(0),
						CacheOptions.Verification.FINGERPRINT),
				new ExclusiveFiles(), Clock.systemUTC(), null, (directory) -> {
					throw new IOException("Input/output error");
				});
		try (StagedFile staged = store.staging().stage("m", place(), PartialJudge.NONE, UNTOLD)) {
			write(staged, "model");
			assertThatIOException().isThrownBy(() -> staged.publish(StagedFileTests::receipt));
		}
		assertThat(files()).isEmpty();
	}

	@Test
	void directoryThatCannotBeForcedIsAnError() {
		assertThatIOException().isThrownBy(() -> FileMoves.forceDirectory(this.directory.resolve("missing")));
	}

	@Test
	void partialsAreClosedIfOneOfThemCannotBeRead() throws Exception {
		ExclusiveFiles files = new ExclusiveFiles();
		ModelStore store = new ModelStore(new StoreSettings(this.directory.resolve("cache"), DataSize.ofBytes(0),
				CacheOptions.Verification.FINGERPRINT), files, Clock.systemUTC());
		List<StagedFile> left = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			left.add(store.staging().stage("m", place(), PartialJudge.NONE, UNTOLD));
			left.get(i).journal().append("a line");
		}
		left.forEach(StagedFile::close);
		AtomicInteger judged = new AtomicInteger();
		assertThatExceptionOfType(UncheckedIOException.class)
			.isThrownBy(() -> store.staging().stage("m", place(), (lines) -> {
				if (judged.incrementAndGet() == 2) {
					throw new UncheckedIOException(new IOException("Input/output error"));
				}
				return judged.get();
			}, UNTOLD));
		assertThat(files()).filteredOn((file) -> file.toString().endsWith(".part")).hasSize(3).noneMatch(files::isOwn);
	}

	private StagedFile stageForCopy(OddFileSystem odd, ModelPathConflict conflict) throws IOException {
		ModelStore store = new ModelStore(
				new StoreSettings(this.directory.resolve("cache"), DataSize.ofBytes(0),
						CacheOptions.Verification.FINGERPRINT)
					.withRules(new FileRules(FileAccess.PRIVATE, false, true)),
				new ExclusiveFiles(), Clock.systemUTC());
		ModelPlace place = store.place(
				ModelRequest.builder("m").modelPath(odd.path(place().target())).modelPathConflict(conflict).build(),
				"m");
		StagedFile staged = store.staging().stage("m", place, PartialJudge.NONE, UNTOLD);
		write(staged, "model");
		assertThat(staged.isCopied()).isTrue();
		return staged;
	}

	@Test
	void fileThatIsCopiedAsideIsStoredBeforeItIsDeleted() throws Exception {
		Files.createDirectories(place().directory());
		Files.writeString(place().target(), "mine");
		OddFileSystem odd = new OddFileSystem(FileSystems.getDefault(), Oddity.NO_RENAME);
		List<String> steps = new ArrayList<>();
		try (StagedFile staged = stageForCopy(odd, ModelPathConflict.REPLACE)) {
			odd.beforeStoring((step) -> {
				steps.add(step.replaceFirst("replaced-.*", "replaced"));
				if (step.startsWith("force m.gguf.replaced-")) {
					assertThat(place().target()).hasContent("mine");
				}
			});
			staged.copyToTarget(StagedFileTests::receipt, new CopySteps(steps, UNTOLD));
			odd.beforeStoring((step) -> {
			});
			staged.discard();
		}
		assertThat(place().target()).hasContent("model");
		assertThat(steps).containsSubsequence("storing 4", "force m.gguf.replaced", "close m.gguf.replaced", "stored",
				"storing 5", "force m.gguf", "close m.gguf", "stored");
	}

	@Test
	void copyThatAnotherProcessReplacedIsNotDeleted() throws Exception {
		OddFileSystem odd = new OddFileSystem(FileSystems.getDefault(), Oddity.NO_RENAME);
		try (StagedFile staged = stageForCopy(odd, ModelPathConflict.FAIL)) {
			assertThatIOException()
				.isThrownBy(() -> staged.copyToTarget(StagedFileTests::receipt, new CopySteps(new ArrayList<>(), () -> {
					try {
						Files.delete(place().target());
						Files.writeString(place().target(), "theirs");
					}
					catch (IOException ex) {
						throw new UncheckedIOException(ex);
					}
				}) {
					@Override
					public void storing(long bytes, DiskStep step) throws IOException {
						throw new IOException("Input/output error");
					}
				}));
			assertThat(place().target()).hasContent("theirs");
			staged.discard();
		}
	}

	private static class CopySteps implements StagedFile.CopyProgress {

		private final List<String> steps;

		private final Runnable advanced;

		CopySteps(List<String> steps, Runnable advanced) {
			this.steps = steps;
			this.advanced = advanced;
		}

		@Override
		public void advanced() {
			this.advanced.run();
		}

		@Override
		public void storing(long bytes, DiskStep step) throws IOException {
			this.steps.add("storing " + bytes);
			step.take();
			this.steps.add("stored");
		}

	}

}
