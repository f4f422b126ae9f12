/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelStorageException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.internal.http.RangeRequest.Coding;
import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.lock.FaultyDisk.Fault;
import dev.modelcache.internal.transfer.ManualTransfer.Exchange;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.RemoteFile;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Tests for {@link Coordinator}: who is asked next, which answer counts, and when the
 * file is given back.
 */
class CoordinatorTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final int MIB = 1 << 20;

	private static final long SIZE = 12 * MIB;

	@TempDir
	private Path directory;

	private ManualTransfer transfer;

	private CompletableFuture<TransferResult> result;

	private static RemoteFile file(int mirrors) {
		return new RemoteFile("m.gguf", IntStream.rangeClosed(1, mirrors).mapToObj(ManualTransfer::mirror).toList(),
				null, null);
	}

	private void start(RemoteFile file, int connections) {
		this.transfer = new ManualTransfer(this.directory, Schedulers.immediate(), connections);
		this.result = this.transfer.start(file);
	}

	private Exchange exchange(int number) {
		assertThat(this.transfer.exchanges).hasSizeGreaterThan(number);
		return this.transfer.exchanges.get(number);
	}

	private List<Exchange> asked(int mirror) {
		return this.transfer.exchanges.stream()
			.filter((exchange) -> exchange.request.mirror().equals(ManualTransfer.mirror(mirror)))
			.toList();
	}

	@AfterEach
	void close() {
		if (this.transfer != null) {
			this.result.cancel(false);
			this.transfer.close();
			assertThat(this.transfer.buffers.held()).isZero();
		}
	}

	@Test
	void withoutDigestNobodyElseIsAskedWhileAnOriginAnswersThatHasNotSentAByte() {
		start(file(2), 2);
		exchange(0).answer(SIZE);
		assertThat(this.transfer.open()).hasSize(2);
		exchange(1).fail(Reason.NOT_FOUND);
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(30));
		assertThat(asked(2)).isEmpty();
		exchange(0).fail(Reason.NOT_FOUND);
		// Asked for the whole file.
		exchange(2).fail(Reason.NOT_FOUND);
		assertThat(asked(2)).hasSize(1);
	}

	@Test
	void loneMirrorWithAnotherVersionMakesTheFileBeginAgainOnce() {
		start(file(1), 2);
		exchange(0).answer(SIZE);
		exchange(0).send(MIB);
		Exchange other = exchange(1);
		exchange(0).fail(Reason.CHANGED);
		assertThat(other.over).isTrue();
		other.answer(SIZE);
		// The digest has left the file.
		Awaitility.await().atMost(PATIENCE).until(() -> this.transfer.staged.channel().size() == 0);
		assertThat(this.transfer.exchanges).hasSize(2);
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(30));
		assertThat(this.transfer.open()).singleElement()
			.satisfies((again) -> assertThat(again.start()).isZero())
			.satisfies((again) -> assertThat(again.request.ifRange()).isNull());
	}

	@Test
	void answerToARequestThatWasCancelledIsNotTaken() {
		start(file(1), 2);
		exchange(0).answer(SIZE);
		exchange(0).send(MIB);
		Exchange cancelled = exchange(1);
		exchange(0).fail(Reason.CHANGED);
		cancelled.answer(new RangeResponse(0, SIZE, SIZE, true, null, false));
		assertThat(cancelled.wanted).isZero();
		cancelled.send(1000);
		assertThat(this.transfer.told.written).isEqualTo(MIB);
	}

	/** RFC 9110, section 14.2. */
	@Test
	void wholeFileForAPartIsTakenFromItsFirstByteOn() throws Exception {
		start(file(1), 1);
		exchange(0).answer(2 * MIB);
		exchange(0).send(1000);
		exchange(0).fail(Reason.RESET);
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(30));
		Exchange whole = exchange(1);
		assertThat(whole.start()).isEqualTo(1000);
		whole.answer(new RangeResponse(0, 2L * MIB, 2L * MIB, true, "\"w\"", true));
		assertThat(this.transfer.exchanges).hasSize(2);
		// The digest has left the file.
		Awaitility.await().atMost(PATIENCE).until(() -> whole.wanted > 0);
		whole.send(MIB);
		whole.send(MIB);
		whole.complete();
		assertThat(this.result.get(3, TimeUnit.MINUTES).size()).isEqualTo(2 * MIB);
		assertThat(this.result.get().validator()).isEqualTo("\"w\"");
	}

	@Test
	void bodyWithoutLengthEndsWhereTheSourceSaysThatTheFileDoes() {
		start(new RemoteFile("m.gguf", List.of(ManualTransfer.mirror(1)), null, 1000L), 1);
		exchange(0).answer(new RangeResponse(0, null, null, true, null, false));
		exchange(0).send(900);
		exchange(0).complete();
		assertThat(this.transfer.told.failures).singleElement()
			.satisfies((failure) -> assertThat(failure.reason()).isEqualTo(Reason.SHORT_BODY));
	}

	@Test
	void bodyWithoutLengthMayNotGoOnWhereTheSourceSaysThatTheFileEnds() {
		start(new RemoteFile("m.gguf", List.of(ManualTransfer.mirror(1)), null, 1000L), 1);
		exchange(0).answer(new RangeResponse(0, null, null, true, null, false));
		exchange(0).send(900);
		exchange(0).send(101);
		assertThat(this.transfer.told.failures).singleElement()
			.satisfies((failure) -> assertThat(failure.reason()).isEqualTo(Reason.LONG_BODY));
	}

	@Test
	void validatorThatDiffersBeforeTheFirstByteIsNotPinnedWhileAnotherRequestIsUnderWay() {
		start(file(1), 2);
		exchange(0).answer(SIZE);
		Exchange other = exchange(1);
		other.answer(new RangeResponse(other.start(), SIZE, SIZE, false, "\"w\"", true));
		assertThat(this.transfer.told.failures).singleElement()
			.satisfies((failure) -> assertThat(failure.reason()).isEqualTo(Reason.CHANGED));
	}

	@Test
	void fileThatBringsNothingForTooLongIsGivenUpWhateverItsServersPromise() {
		start(file(1), 1);
		exchange(0).fail(busy());
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(29));
		assertThat(this.transfer.exchanges).hasSize(1);
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(2));
		exchange(1).fail(busy());
		assertThat(this.result).failsWithin(PATIENCE)
			.withThrowableThat()
			.withCauseInstanceOf(ModelTransferException.class);
	}

	private static RequestFailedException busy() {
		return new RequestFailedException(Reason.SERVER_ERROR, ManualTransfer.mirror(1), 503, Duration.ofSeconds(30));
	}

	@Test
	void idleConnectionFetchesTheTailThatAnotherOneGivesAway() {
		start(file(1), 2);
		exchange(0).answer(3 * MIB);
		// The first two segments belong to one request, the third to the other.
		exchange(1).answer(3 * MIB);
		exchange(1).send(MIB);
		exchange(1).complete();
		assertThat(exchange(2).start()).isEqualTo(MIB);
		exchange(0).send(MIB);
		assertThat(exchange(0).over).isTrue();
	}

	/** A host may serve one connection, and never another one. */
	@ParameterizedTest
	@EnumSource(names = { "RESET", "TLS_FAILED", "TIMEOUT", "REFUSED", "SERVER_ERROR" })
	void onlyConnectionKeepsItsEndWhenNoOtherOneIsServed(Reason reason) throws Exception {
		start(file(1), 4);
		exchange(0).answer(4 * MIB);
		exchange(0).send(MIB);
		assertThat(this.transfer.exchanges).hasSize(2);
		exchange(1).fail(reason);
		for (int i = 0; i < 3; i++) {
			exchange(0).send(MIB);
		}
		exchange(0).complete();
		assertThat(this.result.get(3, TimeUnit.MINUTES).size()).isEqualTo(4 * MIB);
		assertThat(this.transfer.exchanges).hasSize(2);
	}

	@Test
	void connectionThatIsNotAnsweredBeforeTheOnlyOneIsDoneIsNotWaitedFor() throws Exception {
		start(file(1), 4);
		exchange(0).answer(2 * MIB);
		exchange(0).send(MIB);
		exchange(0).send(MIB);
		exchange(0).complete();
		assertThat(this.result.get(3, TimeUnit.MINUTES).size()).isEqualTo(2 * MIB);
		assertThat(exchange(1).over).isTrue();
	}

	@Test
	void tailThatHasComeMeanwhileIsNotFetchedAgain() throws Exception {
		start(file(1), 2);
		exchange(0).answer(4 * MIB);
		for (int i = 0; i < 3; i++) {
			exchange(0).send(MIB);
		}
		exchange(1).answer(4 * MIB);
		assertThat(exchange(1).over).isTrue();
		exchange(0).send(MIB);
		exchange(0).complete();
		assertThat(this.result.get(3, TimeUnit.MINUTES).size()).isEqualTo(4 * MIB);
	}

	/** The size of the file is that of the bytes in the coding. */
	@Test
	void bytesInACodingAreTakenWhereTheDecodedOnesAreTooMany() {
		start(new RemoteFile("m.bin", List.of(ManualTransfer.mirror(1)),
				new ExpectedDigest(Digest.of(Algorithm.SHA256, new byte[32]), DigestOrigin.CONFIGURATION), 1000L), 1);
		exchange(0).fail(Reason.ENCODED);
		exchange(1).fail(Reason.ENCODED);
		assertThat(exchange(2).request.coding()).isEqualTo(Coding.DECODED);
		exchange(2).answer(new RangeResponse(0, null, null, true, null, true));
		Awaitility.await().atMost(PATIENCE).until(() -> exchange(2).wanted > 0);
		exchange(2).send(1001);
		// The digest leaves the file first.
		Awaitility.await().atMost(PATIENCE).until(() -> this.transfer.exchanges.size() > 3);
		assertThat(exchange(3).request.coding()).isEqualTo(Coding.TAKEN);
	}

	@Test
	void silentMirrorIsLeftAfterTheStallTimeout() {
		start(file(2), 1);
		exchange(0).answer(SIZE);
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(40));
		assertThat(this.transfer.told.failures).singleElement()
			.satisfies((failure) -> assertThat(failure.reason()).isEqualTo(Reason.STALLED));
	}

	@Test
	void whereGoodputFallsAndNothingFailsFewerConnectionsAreUsed() {
		start(file(1), 4);
		exchange(0).answer(256L * MIB);
		seconds(6, (connections) -> 512 * 1024);
		assertThat(this.transfer.open()).hasSize(4);
		seconds(250, (connections) -> (connections > 2) ? 16 * 1024 : 128 * 1024);
		assertThat(this.transfer.open()).hasSize(2);
		assertThat(this.transfer.told.failures).isEmpty();
	}

	@Test
	void whereFewerConnectionsDoNotBringMoreAllAreUsedAgain() {
		start(file(1), 4);
		exchange(0).answer(256L * MIB);
		seconds(6, (connections) -> 512 * 1024);
		AtomicInteger fewest = new AtomicInteger(4);
		seconds(150, (connections) -> {
			fewest.accumulateAndGet(connections, Math::min);
			return 32 * 1024;
		});
		assertThat(fewest).hasValue(2);
		assertThat(this.transfer.open()).hasSize(4);
		assertThat(this.transfer.told.failures).isEmpty();
	}

	/** Each connection brings a number of bytes that depends on how many there are. */
	private void seconds(int seconds, IntUnaryOperator bytesPerSecond) {
		for (int i = 0; i < seconds; i++) {
			answerAll();
			List<Exchange> open = this.transfer.open();
			int bytes = bytesPerSecond.applyAsInt(open.size());
			for (Exchange exchange : open) {
				exchange.send((int) Math.min(bytes, exchange.end - exchange.position));
				if (exchange.position == exchange.end) {
					exchange.complete();
				}
			}
			this.transfer.timer.advanceTimeBy(Duration.ofSeconds(1));
		}
		answerAll();
	}

	private void answerAll() {
		List<Exchange> waiting;
		do {
			waiting = this.transfer.open().stream().filter((exchange) -> !exchange.hasAnswered).toList();
			waiting.forEach((exchange) -> exchange.answer(256L * MIB));
		}
		while (!waiting.isEmpty());
	}

	@Test
	void writtenBytesAreMadeDurableEvery64Mebibytes() throws Exception {
		start(file(1), 1);
		long size = 140L * MIB;
		exchange(0).answer(size);
		for (int i = 0; i < 140; i++) {
			exchange(0).send(MIB);
		}
		exchange(0).complete();
		this.result.get(3, TimeUnit.MINUTES);
		assertThat(this.transfer.told.stored).containsExactly(64L * MIB, 64L * MIB);
	}

	/** And what was on its way to the disk when the limit was reached. */
	@Test
	void nothingIsWrittenWhile128MebibytesAreNotDurable() throws Exception {
		HashingThreads io = new HashingThreads();
		this.transfer = new ManualTransfer(this.directory, Schedulers.fromExecutor(io.executor()), 1);
		CountDownLatch durable = new CountDownLatch(1);
		this.transfer.told.onStoring = () -> {
			try {
				durable.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		};
		this.result = this.transfer.start(file(1));
		try {
			Awaitility.await().atMost(PATIENCE).until(() -> !this.transfer.exchanges.isEmpty());
			exchange(0).answer(200L * MIB);
			Awaitility.await().atMost(PATIENCE).until(() -> exchange(0).wanted > 0);
			for (int i = 0; i < 200; i++) {
				io.awaitQuiet();
				exchange(0).send(MIB);
			}
			Awaitility.await().atMost(PATIENCE).until(() -> this.transfer.told.written >= 128L * MIB);
			io.awaitQuiet();
			assertThat(this.transfer.told.written).isLessThan(160L * MIB);
			durable.countDown();
			exchange(0).complete();
			assertThat(this.result.get(3, TimeUnit.MINUTES).size()).isEqualTo(200L * MIB);
		}
		finally {
			durable.countDown();
			io.executor().shutdown();
		}
	}

	@Test
	void diskThatDoesNotMakeBytesDurableEndsTheTransferAndLosesThem() {
		start(file(1), 1);
		exchange(0).answer(140L * MIB);
		this.transfer.disk.failOnce(Fault.FORCE);
		for (int i = 0; i < 70; i++) {
			exchange(0).send(MIB);
		}
		assertThat(this.result).failsWithin(PATIENCE)
			.withThrowableThat()
			.withCauseInstanceOf(ModelStorageException.class);
		Path path = this.transfer.staged.path();
		this.transfer.staged.close();
		assertThat(path).doesNotExist();
	}

	static List<Error> errors() {
		return List.of(new OutOfMemoryError("Direct buffer memory"), new StackOverflowError(),
				new NoClassDefFoundError("com/example/Missing"), new AssertionError("wrong"));
	}

	@ParameterizedTest
	@MethodSource("errors")
	void errorOfAWriterEndsTheTransfer(Error error) {
		start(file(1), 2);
		exchange(0).answer(SIZE);
		exchange(1).answer(SIZE);
		this.transfer.disk.throwOnWrite(error);
		exchange(0).send(1000);
		exchange(1).send(1000);
		assertThat(this.result).failsWithin(PATIENCE)
			.withThrowableThat()
			.withMessageContaining(FailureBoundary.describe(error));
		assertThat(this.transfer.open()).isEmpty();
	}

	@ParameterizedTest
	@MethodSource("errors")
	void errorOfTheDigestEndsTheTransferBeforeItIsWhole(Error error) {
		start(file(1), 1);
		exchange(0).answer(SIZE);
		this.transfer.disk.throwOnRead(error);
		exchange(0).send(2 * MIB);
		assertThat(this.result).failsWithin(PATIENCE)
			.withThrowableThat()
			.withMessageContaining(FailureBoundary.describe(error))
			.withMessageContaining("hashing the file");
		assertThat(this.transfer.open()).isEmpty();
	}

	@ParameterizedTest
	@MethodSource("errors")
	void errorOfTheCoordinatorEndsTheTransfer(Error error) {
		start(file(1), 1);
		exchange(0).answer(SIZE);
		this.transfer.told.onWritten = () -> {
			throw error;
		};
		exchange(0).send(1000);
		assertThat(this.result).failsWithin(PATIENCE)
			.withThrowableThat()
			.withMessageContaining(FailureBoundary.describe(error));
		assertThat(this.transfer.open()).isEmpty();
	}

	@Test
	void cancellationReturnsWhileTheDiskHangsAndTheFileIsClosedOnlyAfterTheWrite() throws Exception {
		ExecutorService io = Executors.newCachedThreadPool();
		CountDownLatch writing = new CountDownLatch(1);
		CountDownLatch hung = new CountDownLatch(1);
		try (ManualTransfer hanging = new ManualTransfer(this.directory, Schedulers.fromExecutor(io), 1)) {
			hanging.disk.beforeWrite(() -> {
				writing.countDown();
				await(hung);
			});
			Disposable call = hanging.run(file(1)).subscribe();
			Awaitility.await().atMost(PATIENCE).until(() -> hanging.exchanges.size() == 1);
			hanging.exchanges.get(0).answer(SIZE);
			Awaitility.await().atMost(PATIENCE).until(() -> hanging.exchanges.get(0).wanted > 0);
			hanging.exchanges.get(0).send(1000);
			await(writing);
			CompletableFuture<Void> cancelled = CompletableFuture.runAsync(call::dispose);
			cancelled.get(3, TimeUnit.MINUTES);
			Thread closing = new Thread(hanging.staged::close);
			closing.start();
			Awaitility.await()
				.atMost(PATIENCE)
				.until(() -> closing.getState() == Thread.State.WAITING || !closing.isAlive());
			assertThat(closing.isAlive()).isTrue();
			assertThat(hanging.staged.channel().isOpen()).isTrue();
			hung.countDown();
			closing.join();
			assertThat(hanging.staged.channel().isOpen()).isFalse();
			assertThat(hanging.buffers.held()).isZero();
		}
		finally {
			hung.countDown();
			io.shutdown();
		}
	}

	@Test
	void cancellationReturnsWhileAPartialIsCheckedAndEndsTheCheckAtItsNextBlock() throws Exception {
		ExpectedDigest expected = new ExpectedDigest(Digest.of(Algorithm.SHA256, new byte[32]),
				DigestOrigin.CONFIGURATION);
		RemoteFile file = new RemoteFile("m.gguf", List.of(ManualTransfer.mirror(1)), expected, null);
		start(file, 1);
		exchange(0).answer(SIZE);
		exchange(0).send(MIB);
		exchange(0).send(MIB);
		this.result.cancel(false);
		this.transfer.close();
		ExecutorService io = Executors.newCachedThreadPool();
		CountDownLatch reading = new CountDownLatch(1);
		CountDownLatch hung = new CountDownLatch(1);
		AtomicInteger blocks = new AtomicInteger();
		try (ManualTransfer next = ManualTransfer.continuing(this.directory, Schedulers.fromExecutor(io), file)) {
			next.told.onChecked = () -> {
				blocks.incrementAndGet();
				reading.countDown();
				await(hung);
			};
			Disposable call = next.run(file).subscribe();
			await(reading);
			CompletableFuture.runAsync(call::dispose).get(3, TimeUnit.MINUTES);
			hung.countDown();
			next.staged.close();
			assertThat(blocks).hasValue(1);
			assertThat(Files.size(next.staged.path())).isEqualTo(2 * MIB);
		}
		finally {
			hung.countDown();
			io.shutdown();
		}
	}

	private static void await(CountDownLatch latch) {
		assertThatNoException().isThrownBy(() -> assertThat(latch.await(3, TimeUnit.MINUTES)).isTrue());
	}

	@Test
	void transferEndsWhenItsThreadsTakeNoMoreWork() {
		ExecutorService io = Executors.newCachedThreadPool();
		try (ManualTransfer ending = new ManualTransfer(this.directory, Schedulers.fromExecutorService(io), 1)) {
			Disposable call = ending.run(file(1)).subscribe();
			Awaitility.await().atMost(PATIENCE).until(() -> ending.exchanges.size() == 1);
			io.shutdown();
			call.dispose();
			// Closes the file, which waits until the transfer has given it back.
			ending.staged.close();
			assertThat(ending.staged.channel().isOpen()).isFalse();
		}
	}

	private static RemoteFile zeros(int mirrors, long size) {
		ExpectedDigest expected = new ExpectedDigest(Digest.of(Algorithm.SHA256, sha256(size)),
				DigestOrigin.CONFIGURATION);
		return new RemoteFile("m.gguf", IntStream.rangeClosed(1, mirrors).mapToObj(ManualTransfer::mirror).toList(),
				expected, null);
	}

	private static byte[] sha256(long size) {
		try {
			return MessageDigest.getInstance("SHA-256").digest(new byte[(int) size]);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void sizeThatNoByteFollowedMakesNoOtherMirrorWrong() throws Exception {
		start(zeros(2, SIZE), 2);
		exchange(0).answer(SIZE + MIB);
		exchange(1).answer(SIZE);
		assertThat(this.transfer.told.failures).isEmpty();
		exchange(0).fail(Reason.RESET);
		Exchange good = asked(2).get(1);
		assertThat(good.start()).isZero();
		for (int i = 1; i < this.transfer.exchanges.size() && !this.result.isDone(); i++) {
			Exchange next = exchange(i);
			if (!next.over && next.request.mirror().equals(ManualTransfer.mirror(2))) {
				next.answer(SIZE);
				for (long sent = next.start(); sent < next.end && !next.over; sent += MIB) {
					next.send(MIB);
				}
				next.complete();
			}
		}
		assertThat(this.result.get(3, TimeUnit.MINUTES).size()).isEqualTo(SIZE);
		assertThat(this.transfer.told.failures)
			.allSatisfy((failure) -> assertThat(failure.getMessage()).contains("mirror1"));
	}

	@Test
	void answerThatContradictsThePromiseOfAnotherIsRefusedWithItsFirstByte() {
		start(zeros(2, SIZE), 2);
		exchange(0).answer(SIZE);
		exchange(1).answer(SIZE + MIB);
		assertThat(this.transfer.told.failures).isEmpty();
		exchange(0).send(1000);
		assertThat(this.transfer.told.failures).singleElement()
			.satisfies((failure) -> assertThat(failure.reason()).isEqualTo(Reason.CHANGED))
			.satisfies((failure) -> assertThat(failure.getMessage()).contains("mirror2"));
		assertThat(exchange(0).over).isFalse();
	}

	@Test
	void sizeOfAPartialOfWhichNothingIsLeftBindsNobody() throws Exception {
		RemoteFile file = zeros(1, MIB);
		start(file, 1);
		exchange(0).answer(SIZE);
		exchange(0).send(MIB);
		this.result.cancel(false);
		this.transfer.close();
		for (Path staged : staged()) {
			Files.write(staged, new byte[] { 1 });
		}
		try (ManualTransfer next = ManualTransfer.continuing(this.directory, Schedulers.immediate(), file)) {
			CompletableFuture<TransferResult> resumed = next.start(file);
			Awaitility.await().atMost(PATIENCE).until(() -> !next.exchanges.isEmpty());
			Exchange only = next.exchanges.get(0);
			only.answer(MIB);
			only.send(MIB);
			only.complete();
			assertThat(resumed.get(3, TimeUnit.MINUTES).size()).isEqualTo(MIB);
			assertThat(next.told.failures).isEmpty();
		}
	}

	private static RequestFailedException refused(Reason reason) {
		return new RequestFailedException(reason, ManualTransfer.mirror(1), 403, Duration.ofMinutes(4));
	}

	@ParameterizedTest
	@EnumSource(names = { "ACCESS_DENIED", "REFUSED", "TOO_MANY_REQUESTS", "SERVER_ERROR", "RESET", "UNREACHABLE",
			"TOO_BUSY", "LINK_REFUSED", "NOT_A_MODEL" })
	void hostThatServesOneConnectionIsAskedOnOne(Reason reason) {
		start(zeros(1, SIZE), 4);
		exchange(0).answer(SIZE);
		assertThat(this.transfer.open()).hasSize(4);
		for (int i = 1; i < 4; i++) {
			exchange(i).fail(refused(reason));
		}
		for (int i = 0; i < 2; i++) {
			exchange(0).send(MIB);
			this.transfer.timer.advanceTimeBy(Duration.ofSeconds(20));
		}
		exchange(0).complete();
		// The next one follows at once, whatever the refusals asked for.
		assertThat(this.transfer.exchanges).hasSize(5);
		assertThat(this.transfer.open()).singleElement().satisfies((next) -> {
			assertThat(next.start()).isEqualTo(2 * MIB);
			assertThat(next.hasAnswered).isFalse();
		});
		assertThat(this.result).isNotDone();
	}

	@Test
	void furtherConnectionIsTriedNowAndThen() {
		start(zeros(1, SIZE), 2);
		exchange(0).answer(SIZE);
		exchange(1).fail(refused(Reason.ACCESS_DENIED));
		trickle(exchange(0), Duration.ofSeconds(50));
		assertThat(this.transfer.exchanges).hasSize(2);
		trickle(exchange(0), Duration.ofSeconds(20));
		assertThat(this.transfer.exchanges).hasSize(3);
		exchange(2).fail(refused(Reason.ACCESS_DENIED));
		trickle(exchange(0), Duration.ofSeconds(100));
		assertThat(this.transfer.exchanges).hasSize(3);
		trickle(exchange(0), Duration.ofSeconds(30));
		exchange(3).answer(SIZE);
		exchange(3).send(MIB);
		exchange(3).complete();
		assertThat(this.transfer.open()).hasSize(2);
	}

	private void trickle(Exchange exchange, Duration time) {
		for (long second = 0; second < time.toSeconds(); second += 10) {
			exchange.send(1000);
			this.transfer.timer.advanceTimeBy(Duration.ofSeconds(10));
		}
	}

	@Test
	void refusalWhileNothingElseIsServedCounts() {
		start(zeros(1, SIZE), 4);
		exchange(0).fail(refused(Reason.ACCESS_DENIED));
		exchange(1).fail(refused(Reason.ACCESS_DENIED));
		assertThat(this.result).failsWithin(PATIENCE);
		assertThat(this.transfer.exchanges).extracting((exchange) -> exchange.request.ranged())
			.containsExactly(true, false);
	}

	@Test
	void digestTellsMoreThanValidators() {
		start(zeros(1, SIZE), 2);
		exchange(0).answer(SIZE);
		exchange(0).send(MIB);
		Exchange other = exchange(1);
		other.answer(new RangeResponse(other.start(), SIZE, other.start() + MIB, false, "\"w\"", true));
		other.send(MIB);
		assertThat(this.transfer.told.failures).isEmpty();
		assertThat(this.transfer.told.written).isEqualTo(2 * MIB);
	}

	@Test
	void wholeFileWithAnotherValidatorIsAskedForAgainWithoutACondition() {
		start(zeros(1, SIZE), 2);
		exchange(0).answer(SIZE);
		exchange(0).send(MIB);
		Exchange other = exchange(1);
		assertThat(other.request.ifRange()).isEqualTo(ManualTransfer.VALIDATOR);
		other.answer(new RangeResponse(0, SIZE, SIZE, true, "\"w\"", true));
		other.send(1000);
		assertThat(exchange(0).over).isFalse();
		assertThat(exchange(2).start()).isEqualTo(other.start());
		assertThat(exchange(2).request.ifRange()).isNull();
		assertThat(this.transfer.told.written).isEqualTo(MIB);
	}

	@Test
	void badRangeLeadsToOneConnectionAndThenToTheWholeFile() {
		start(zeros(1, SIZE), 4);
		exchange(0).answer(SIZE);
		for (int i = 1; i < 4; i++) {
			exchange(i).fail(Reason.BAD_RANGE);
		}
		assertThat(this.transfer.open()).hasSize(1);
		exchange(0).send(MIB);
		exchange(0).send(MIB);
		exchange(0).complete();
		assertThat(exchange(4).request.range()).isEqualTo(ByteRange.from(2 * MIB));
		exchange(4).fail(Reason.BAD_RANGE);
		assertThat(this.transfer.open()).singleElement()
			.satisfies((whole) -> assertThat(whole.request.ranged()).isFalse());
	}

	@Test
	void mirrorThatRefusedARangeIsNoReasonToLeaveOutAnother() throws Exception {
		start(zeros(2, SIZE), 1);
		exchange(0).fail(Reason.NOT_FOUND);
		exchange(1).answer(SIZE);
		exchange(1).send(MIB);
		exchange(1).fail(Reason.CHANGED);
		Awaitility.await().atMost(PATIENCE).until(() -> this.transfer.staged.channel().size() == 0);
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(30));
		assertThat(this.transfer.open()).singleElement()
			.satisfies((again) -> assertThat(again.request.mirror()).isEqualTo(ManualTransfer.mirror(2)));
	}

	@Test
	void wholeFileIsTakenWhereRangesFailInAnotherWayWhenTheyAreTriedAgain() {
		start(zeros(1, SIZE), 2);
		for (int i = 0; i < 2; i++) {
			exchange(i).fail(Reason.SERVER_ERROR);
			this.transfer.timer.advanceTimeBy(Duration.ofSeconds(30));
		}
		assertThat(exchange(2).request.ranged()).isFalse();
		exchange(2).answer(new RangeResponse(0, SIZE, SIZE, true, ManualTransfer.VALIDATOR, true));
		assertThat(exchange(3).request.ranged()).isTrue();
		exchange(3).fail(Reason.TIMEOUT);
		assertThat(this.transfer.open()).singleElement()
			.satisfies((whole) -> assertThat(whole.request.ranged()).isFalse());
		assertThat(this.transfer.told.failures).extracting((failure) -> failure.reason())
			.containsExactly(Reason.SERVER_ERROR, Reason.SERVER_ERROR, Reason.TIMEOUT);
	}

	/** Sends segments, and fails the ranges that follow. */
	private void breakAfter(int segments) {
		start(zeros(1, SIZE), 1);
		for (int i = 0; i < segments; i++) {
			exchange(i).answer(SIZE);
			while (exchange(i).position < exchange(i).end) {
				exchange(i).send(MIB);
			}
			exchange(i).complete();
		}
		for (int i = 0; i < 3; i++) {
			assertThat(exchange(segments + i).request.ranged()).isTrue();
			exchange(segments + i).fail(Reason.SERVER_ERROR);
			this.transfer.timer.advanceTimeBy(Duration.ofSeconds(4));
		}
	}

	@Test
	void muchOfAFileIsNotGivenUpWhenRangesBreak() throws Exception {
		breakAfter(5);
		assertThat(this.result).failsWithin(PATIENCE);
		assertThat(this.transfer.exchanges).hasSize(8);
		assertThat(this.transfer.staged.channel().size()).isEqualTo(this.transfer.told.written).isGreaterThan(4 * MIB);
	}

	@Test
	void hostThatNeverSentARangeIsAskedForTheWholeFileAgainThoughMuchIsThere() {
		start(zeros(1, SIZE), 1);
		RangeResponse whole = new RangeResponse(0, SIZE, SIZE, true, ManualTransfer.VALIDATOR, true);
		boolean broken = false;
		boolean askedAgain = false;
		for (int i = 0; i < 20 && !askedAgain && !this.result.isDone(); i++) {
			Exchange exchange = exchange(i);
			if (exchange.request.ranged()) {
				exchange.fail(Reason.SERVER_ERROR);
			}
			else if (broken) {
				askedAgain = true;
			}
			else {
				exchange.answer(whole);
				if (this.transfer.exchanges.size() == i + 1) {
					Awaitility.await().atMost(PATIENCE).until(() -> exchange.wanted > 0);
					for (int sent = 0; sent < 6; sent++) {
						exchange.send(MIB);
					}
					exchange.fail(Reason.RESET);
					broken = true;
				}
			}
			this.transfer.timer.advanceTimeBy(Duration.ofSeconds(4));
		}
		assertThat(askedAgain).isTrue();
	}

	@Test
	void wholeFileThatBreaksOffBelowWhatHadComeGoesOn() {
		breakAfter(1);
		RangeResponse whole = new RangeResponse(0, SIZE, SIZE, true, ManualTransfer.VALIDATOR, true);
		exchange(4).answer(whole);
		exchange(5).fail(new RequestFailedException(Reason.TOO_MANY_REQUESTS, exchange(5).request.mirror(), 429,
				Duration.ofSeconds(20)));
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(19));
		assertThat(this.transfer.exchanges).hasSize(6);
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(1));
		assertThat(exchange(6).request.ranged()).isFalse();
		exchange(6).answer(whole);
		Awaitility.await().atMost(PATIENCE).until(() -> exchange(6).wanted > 0);
		exchange(6).send(MIB);
		exchange(6).fail(Reason.RESET);
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(4));
		assertThat(exchange(7).start()).isEqualTo(MIB);
		for (int i = 7; !this.result.isDone(); i++) {
			exchange(i).fail(Reason.SERVER_ERROR);
			this.transfer.timer.advanceTimeBy(Duration.ofSeconds(4));
		}
		assertThat(this.transfer.exchanges.subList(7, this.transfer.exchanges.size())).hasSizeBetween(2, 3)
			.allSatisfy((last) -> assertThat(last.request.ranged()).isTrue());
	}

	@Test
	void bytesBeforeTheWantedOnesArePassedOver() throws Exception {
		start(zeros(1, MIB), 1);
		exchange(0).answer(MIB);
		exchange(0).send(1000);
		exchange(0).fail(Reason.RESET);
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(30));
		exchange(1).answer(new RangeResponse(512, (long) MIB, (long) MIB, false, ManualTransfer.VALIDATOR, true));
		byte[] before = new byte[300];
		Arrays.fill(before, (byte) 1);
		exchange(1).send(before);
		byte[] across = new byte[MIB - 812];
		Arrays.fill(across, 0, 188, (byte) 1);
		exchange(1).send(across);
		exchange(1).complete();
		TransferResult came = this.result.get(3, TimeUnit.MINUTES);
		assertThat(came.digests()).containsValue(Digest.of(Algorithm.SHA256, sha256(MIB)));
	}

	private void breakWithoutValidator() {
		start(file(1), 1);
		exchange(0).answer(new RangeResponse(0, SIZE, SIZE, false, null, true));
		exchange(0).send(MIB);
		exchange(0).send(1000);
		exchange(0).fail(Reason.RESET);
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(30));
		assertThat(exchange(1).start()).isEqualTo(MIB + 1000 - MIB / 4);
		exchange(1).answer(new RangeResponse(exchange(1).start(), SIZE, SIZE, false, null, true));
	}

	@Test
	void withoutValidatorTheLastBytesAreComparedAndTheFileGoesOn() {
		breakWithoutValidator();
		exchange(1).send(MIB / 4 - 10);
		assertThat(this.transfer.told.written).isEqualTo(MIB + 1000);
		exchange(1).send(MIB);
		assertThat(this.transfer.told.written).isEqualTo(2 * MIB + 990);
		assertThat(this.transfer.told.failures).hasSize(1);
	}

	@Test
	void withoutValidatorWhatCameStaysWhenTheNextRangeIsRefused() throws Exception {
		start(file(1), 1);
		exchange(0).answer(new RangeResponse(0, SIZE, SIZE, false, null, true));
		exchange(0).send(MIB);
		exchange(0).fail(Reason.RESET);
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(30));
		exchange(1).fail(Reason.NOT_FOUND);
		Awaitility.await().atMost(PATIENCE).until(() -> this.transfer.exchanges.size() == 3);
		assertThat(exchange(2).request.ranged()).isFalse();
		assertThat(this.transfer.staged.channel().size()).isEqualTo(MIB);
	}

	@Test
	void anotherFileOfAMirrorThatRefusedARangeDoesNotReplaceWhatCame() throws Exception {
		start(file(1), 1);
		exchange(0).answer(SIZE);
		exchange(0).send(MIB);
		exchange(0).fail(Reason.RESET);
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(30));
		exchange(1).fail(Reason.NOT_FOUND);
		exchange(2).answer(new RangeResponse(0, SIZE, SIZE, true, "\"other\"", true));
		exchange(2).send(1000);
		assertThat(this.transfer.told.failures).last()
			.satisfies((failure) -> assertThat(failure)
				.hasMessageContaining("another ETag, after a request for a part of it had failed"));
		assertThat(this.transfer.staged.channel().size()).isEqualTo(MIB);
	}

	@Test
	void mirrorThatHasSentTheWholeFileMaySendAnotherVersionOfIt() {
		start(file(1), 1);
		exchange(0).fail(Reason.NOT_FOUND);
		exchange(1).answer(new RangeResponse(0, SIZE, SIZE, true, ManualTransfer.VALIDATOR, true));
		exchange(1).send(MIB);
		exchange(1).fail(Reason.RESET);
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(30));
		exchange(2).answer(new RangeResponse(0, SIZE + 1, SIZE + 1, true, "\"other\"", true));
		exchange(2).send(1000);
		Awaitility.await().atMost(PATIENCE).until(() -> this.transfer.staged.channel().size() == 1000);
		assertThat(this.transfer.open()).containsExactly(exchange(2));
	}

	@Test
	void withoutValidatorOtherBytesMakeTheFileBeginAgain() {
		breakWithoutValidator();
		byte[] other = new byte[MIB / 4];
		other[other.length - 1] = 1;
		exchange(1).send(other);
		assertThat(this.transfer.told.failures).last()
			.satisfies((failure) -> assertThat(failure.reason()).isEqualTo(Reason.CHANGED));
		Awaitility.await().atMost(PATIENCE).until(() -> this.transfer.staged.channel().size() == 0);
	}

	@Test
	void withoutValidatorAnotherDateMakesTheFileBeginAgain() {
		start(file(1), 1);
		exchange(0).answer(new RangeResponse(0, SIZE, SIZE, false, null, true, Set.of(), "Monday", null, null));
		exchange(0).send(MIB);
		exchange(0).fail(Reason.RESET);
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(30));
		exchange(1).answer(
				new RangeResponse(exchange(1).start(), SIZE, SIZE, false, null, true, Set.of(), "Tuesday", null, null));
		assertThat(this.transfer.told.failures).last()
			.satisfies((failure) -> assertThat(failure.reason()).isEqualTo(Reason.CHANGED));
	}

	@Test
	void withoutValidatorAnAnswerWithoutADateDoesNotMakeTheDateForgotten() {
		start(file(1), 1);
		exchange(0).answer(new RangeResponse(0, SIZE, SIZE, false, null, true, Set.of(), "Monday", null, null));
		exchange(0).send(MIB);
		exchange(0).fail(Reason.RESET);
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(30));
		exchange(1).answer(new RangeResponse(exchange(1).start(), SIZE, SIZE, false, null, true));
		exchange(1).send(MIB / 4);
		exchange(1).send(MIB);
		exchange(1).fail(Reason.RESET);
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(30));
		exchange(2).answer(
				new RangeResponse(exchange(2).start(), SIZE, SIZE, false, null, true, Set.of(), "Tuesday", null, null));
		assertThat(this.transfer.told.failures).last()
			.satisfies((failure) -> assertThat(failure.reason()).isEqualTo(Reason.CHANGED));
	}

	@Test
	void withoutValidatorAnAnswerThatBringsNothingNewIsNoRange() {
		start(file(1), 1);
		exchange(0).answer(new RangeResponse(0, SIZE, SIZE, false, null, true));
		exchange(0).send(MIB);
		exchange(0).fail(Reason.RESET);
		this.transfer.timer.advanceTimeBy(Duration.ofSeconds(30));
		exchange(1).answer(new RangeResponse(exchange(1).start(), SIZE, (long) MIB, false, null, true));
		assertThat(this.transfer.told.failures).last()
			.satisfies((failure) -> assertThat(failure.reason()).isEqualTo(Reason.BAD_RANGE));
		assertThat(this.transfer.exchanges).hasSize(3);
	}

	@Test
	void fileWhoseHeaderDoesNotSayWhereItEndsIsRefusedWithItsFirstBytes() {
		start(file(1), 1);
		exchange(0).answer(new RangeResponse(0, null, null, true, null, false));
		exchange(0).send(4);
		assertThat(this.transfer.told.failures).isEmpty();
		exchange(0).send(100);
		assertThat(this.transfer.told.failures).singleElement()
			.satisfies((failure) -> assertThat(failure.reason()).isEqualTo(Reason.UNPROVABLE));
	}

	private List<Path> staged() throws IOException {
		try (Stream<Path> files = Files.walk(this.directory)) {
			return files.filter((path) -> path.toString().endsWith(".part")).toList();
		}
	}

}
