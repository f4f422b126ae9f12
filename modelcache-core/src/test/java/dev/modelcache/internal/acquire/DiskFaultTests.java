/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.DiskFault;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.lock.FaultyDisk;
import dev.modelcache.internal.lock.FaultyDisk.Fault;
import dev.modelcache.internal.store.AdoptionSettings;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.internal.transfer.TransferSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A disk that reports an error late: what was written until then is not used, because the
 * operating system may show bytes that the disk does not have.
 */
@ExtendWith(OutputCaptureExtension.class)
class DiskFaultTests {

	@TempDir
	private Path directory;

	private final FaultyDisk disk = new FaultyDisk();

	private final Content content = Content.random(3 << 20, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.bin", this.content);

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private ModelRequest.Builder request() {
		return ModelRequest.builder("m").url(this.server.uri("/m.bin")).expectedDigest(this.content.sha256());
	}

	private CacheFixture fixture() {
		return new CacheFixture(this.directory).locks(null, this.disk.files());
	}

	@ParameterizedTest
	@EnumSource(value = Fault.class, names = { "FORCE", "WRITE" })
	void fileWithAnErrorIsFetchedAgainFromItsFirstByte(Fault fault) {
		this.disk.failOnce(fault);
		try (CacheFixture fixture = fixture()) {
			fixture.open(request().build());
			assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> fixture.get("m"));
			assertThat(this.disk.hasFailed()).isTrue();
			assertThat(fixture.stagedFiles()).isEmpty();
			assertThat(fixture.find(".journal")).isEmpty();
			int before = this.server.requests("/m.bin").size();
			CachedModel model = fixture.get("m");
			assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
			assertThat(model.path()).satisfies(Content.exactly(this.content.bytes()));
			assertThat(this.server.requests("/m.bin").size()).isGreaterThan(before);
		}
	}

	static List<Error> errors() {
		return List.of(new StackOverflowError(), new OutOfMemoryError("Java heap space"),
				new NoClassDefFoundError("com/example/Missing"), new AssertionError("wrong"));
	}

	@ParameterizedTest
	@MethodSource("errors")
	void errorWhileTheFileIsHashedEndsTheAcquisition(Error error) {
		this.disk.throwOnRead(error);
		try (CacheFixture fixture = fixture()) {
			fixture.open(request().maxAttempts(1).build());
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> fixture.get("m"))
				.withMessageContaining(FailureBoundary.describe(error))
				.withMessageContaining("hashing the file");
			assertThat(fixture.cache().status("m").state()).isEqualTo(ModelState.FAILED);
			assertThat(fixture.get("m").path()).satisfies(Content.exactly(this.content.bytes()));
		}
	}

	@Test
	void evictionThatMeetsThePublishingEndsItAndLeavesNoModel(CapturedOutput output) throws Exception {
		AtomicBoolean first = new AtomicBoolean(true);
		CompletableFuture<Void> eviction = new CompletableFuture<>();
		try (CacheFixture fixture = fixture()) {
			fixture.open(request().build());
			this.disk.beforeForce(() -> {
				if (first.getAndSet(false)) {
					fixture.cache()
						.evict("m")
						.subscribeOn(Schedulers.boundedElastic())
						.subscribe(null, eviction::completeExceptionally, () -> eviction.complete(null));
					Awaitility.await()
						.atMost(CacheFixture.PATIENCE)
						.until(() -> fixture.cache().status("m").state() == ModelState.CANCELLED);
				}
			});
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> fixture.get("m"))
				.satisfies((failure) -> assertThat(failure.code()).isEqualTo(ErrorCode.CANCELLED));
			eviction.get(CacheFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS);
			assertThat(fixture.find("m.bin")).isEmpty();
			assertThat(output.getAll()).doesNotContain("NullPointerException");
			assertThat(fixture.get("m").path()).satisfies(Content.exactly(this.content.bytes()));
		}
	}

	@Test
	void partialWhoseClosingFailsIsNotContinued() {
		AtomicInteger asked = new AtomicInteger();
		this.server.answer("/m.bin",
				(request) -> (asked.getAndIncrement() == 0) ? Reply.ok().closeAfter(2 << 20) : Reply.status(503));
		this.disk.failOnce(Fault.CLOSE);
		try (CacheFixture fixture = fixture()) {
			fixture.open(request().maxAttempts(1).build());
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> fixture.get("m"));
			assertThat(this.disk.hasFailed()).isTrue();
			assertThat(fixture.stagedFiles()).isEmpty();
		}
	}

	@Test
	void copyThatTheDiskDoesNotTakeIsNoFaultOfTheFileThatIsCopied(CapturedOutput output) throws Exception {
		Path hub = this.directory.resolve("hub");
		Path blobs = Files.createDirectories(hub.resolve("models--org--name/blobs"));
		Files.write(blobs.resolve(this.content.sha256().hex()), this.content.bytes());
		StoreSettings store = new StoreSettings(this.directory, DataSize.ofMegabytes(1), Verification.FINGERPRINT)
			.withAdoption(new AdoptionSettings(true, List.of(hub), List.of()));
		this.disk.failOnce(Fault.WRITE);
		try (CacheFixture fixture = fixture().store(store)) {
			fixture.open(request().modelPath(this.directory.resolve("m.bin")).maxAttempts(1).build());
			assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> fixture.get("m"));
			assertThat(this.disk.hasFailed()).isTrue();
			assertThat(fixture.stagedFiles()).isEmpty();
			assertThat(fixture.get("m").outcome()).isEqualTo(ModelOutcome.ADOPTED);
		}
		assertThat(this.server.requests()).isEmpty();
		assertThat(output).doesNotContain("is not used");
	}

	private static TransferSettings oneConnection() {
		return new TransferSettings(DataSize.ofMegabytes(1), 1, DataSize.ofMegabytes(16), CacheFixture.PATIENCE,
				CacheFixture.PATIENCE, 5, true);
	}

	@ParameterizedTest
	@ValueSource(strings = { "No space left on device", "Disk quota exceeded" })
	void diskThatIsFullForAMomentKeepsWhatArrived(String error) {
		this.disk.failFrom(2 << 20);
		this.disk.failOnce(Fault.WRITE, error);
		try (CacheFixture fixture = fixture().transfer(oneConnection())) {
			fixture.open(request().maxAttempts(1).build());
			assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> fixture.get("m"));
			assertThat(fixture.stagedFiles()).hasSize(1);
			assertThat(fixture.find(".journal")).hasSize(1);
			int before = this.server.requests("/m.bin").size();
			assertThat(fixture.get("m").path()).satisfies(Content.exactly(this.content.bytes()));
			List<String> ranges = this.server.requests("/m.bin")
				.stream()
				.skip(before)
				.map((asked) -> asked.header("Range"))
				.toList();
			assertThat(ranges).containsExactly("bytes=2097152-3145727");
			assertThat(fixture.stagedFiles()).isEmpty();
		}
	}

	@Test
	void fullDiskThatCannotMakeDurableWhatArrivedKeepsNothing() {
		this.disk.failFrom(2 << 20);
		this.disk.failOnce(Fault.WRITE, "No space left on device");
		this.disk.beforeForce(() -> this.disk.failOnce(Fault.FORCE));
		try (CacheFixture fixture = fixture().transfer(oneConnection())) {
			fixture.open(request().maxAttempts(1).build());
			assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> fixture.get("m"));
			assertThat(fixture.stagedFiles()).isEmpty();
			assertThat(fixture.find(".journal")).isEmpty();
		}
	}

	static Map<String, String> remedies() {
		return Map.of("No space left on device", "df -i", "Disk quota exceeded", "quota", "File too large", "ulimit -f",
				"Text file busy", "end the program", "Device or resource busy", "mount its directory",
				"Read-only file system", "write access", "Stale file handle", "Mount", "Operation not permitted",
				"chattr", "Input/output error", "on a healthy disk");
	}

	static Stream<Arguments> errorsAndRemedies() {
		return remedies().entrySet().stream().map((row) -> Arguments.of(row.getKey(), row.getValue()));
	}

	@ParameterizedTest
	@MethodSource("errorsAndRemedies")
	void errorOfTheOperatingSystemHasItsOwnRemedy(String error, String remedy) {
		this.disk.failOnce(Fault.WRITE, error);
		try (CacheFixture fixture = fixture()) {
			fixture.open(request().maxAttempts(1).build());
			assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> fixture.get("m"))
				.withMessageContaining("cannot be written: " + error)
				.satisfies((failure) -> assertThat(failure.action()).contains(remedy));
		}
	}

	static Stream<Arguments> errorsAndReasons() {
		return Stream.of(Arguments.of(new NoSuchFileException("/m.gguf"), "no such file"),
				Arguments.of(new AccessDeniedException("/m.gguf"), "access denied"),
				Arguments.of(new FileSystemException("/m.gguf", "/other", "Stale file handle"), "Stale file handle"),
				Arguments.of(new IOException("Mount point not found"), "Mount point not found"),
				Arguments.of(new ClosedByInterruptException(), "closed by interrupt"),
				Arguments.of(new NotDirectoryException("/m.gguf"), "not directory"));
	}

	@ParameterizedTest
	@MethodSource("errorsAndReasons")
	void reasonOfAnErrorHasNoNameOfAClass(Exception error, String reason) {
		assertThat(DiskFault.reason(error)).isEqualTo(reason);
	}

}
