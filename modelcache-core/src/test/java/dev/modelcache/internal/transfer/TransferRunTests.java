package dev.modelcache.internal.transfer;

import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.http.Attempts;
import dev.modelcache.CacheOptions;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.PartialJudge;
import dev.modelcache.internal.store.StagedFile;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import io.github.resilience4j.retry.RetryRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mockito.Mockito;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Who is asked next, step by step.
 */
class TransferRunTests {

	private static final Runnable UNTOLD = () -> {
	};

	private static final long SIZE = 12 << 20;

	@TempDir
	private Path directory;

	private final ExecutorService hashing = Executors.newCachedThreadPool();

	private final Mirror first = TransferFixture.mirror(1);

	private final Mirror second = TransferFixture.mirror(2);

	private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();

	private StagedFile staged;

	private TransferRun run;

	@BeforeEach
	void begin() {
		ModelStore store = new ModelStore(
				new StoreSettings(this.directory, DataSize.ofBytes(0), CacheOptions.Verification.NEVER),
				new ExclusiveFiles(), Clock.systemUTC());
		ModelRequest request = ModelRequest.builder("m").url(this.first.uri()).build();
		this.staged = store.stage("m", store.place(request, "m.gguf"), PartialJudge.NONE, UNTOLD);
		this.run = runOf(new RemoteFile("m.gguf", List.of(this.first, this.second), null, null));
	}

	@AfterEach
	void end() {
		this.run.close();
		this.staged.close();
		this.hashing.shutdownNow();
	}

	private TransferRun runOf(RemoteFile file) {
		TransferThreads threads = new TransferThreads(Schedulers.immediate(), this.hashing, this.timer);
		return new TransferRun(new DownloadPlan("m", file, 3, 0), this.staged, Mockito.mock(TransferListener.class),
				threads,
				new RunSettings(DataSize.ofMegabytes(1),
						new Attempts(RetryRegistry.ofDefaults(), (id) -> true, () -> 0.5).forModel("m", 3),
						Duration.ofMinutes(1), DataSize.ofBytes(0)));
	}

	private Fetch fetch() {
		Fetch fetch = this.run.next(this.run.round()).fetch();
		assertThat(fetch).isNotNull();
		return fetch;
	}

	private void answer(Fetch fetch) {
		this.run.accept(fetch,
				new RangeResponse(fetch.segment().position(), SIZE, SIZE, false, "\"v\"", true, Flux.never()));
	}

	private void fail(Fetch fetch, Reason reason) {
		this.run.failed(fetch, new RequestFailedException(reason, fetch.mirror(), "failed", null));
		this.run.ended(fetch);
	}

	@Test
	void withoutDigestNobodyElseIsAskedWhileAnOriginAnswersThatHasNotSentAByte() {
		Fetch slow = fetch();
		answer(slow);
		fail(fetch(), Reason.NOT_FOUND);
		Step step = this.run.next(this.run.round());
		assertThat(step.fetch()).isNull();
		assertThat(step.pause()).isPositive();
		fail(slow, Reason.NOT_FOUND);
		assertThat(fetch().mirror()).isEqualTo(this.second);
	}

	@Test
	void oneConnectionEndsARoundAndTheOthersHaveNothingLeftToDo() {
		this.run.close();
		this.run = runOf(new RemoteFile("m.gguf", List.of(this.first), null, null));
		Fetch one = fetch();
		answer(one);
		this.run.take(one, DefaultDataBufferFactory.sharedInstance.wrap(new byte[1 << 20]));
		Fetch two = fetch();
		assertThat(this.run.failed(one, changed(one))).isTrue();
		assertThat(this.run.failed(two, changed(two))).isFalse();
		assertThat(this.run.next(this.run.round())).isEqualTo(Step.END);
		this.run.beginAgain();
		this.timer.advanceTimeBy(Duration.ofSeconds(30));
		assertThat(this.run.next(this.run.round()).fetch()).isNotNull();
	}

	@Test
	void aResponseToARequestThatHasEndedTakesNoWorkThatNobodyWouldDo() {
		this.run.close();
		this.run = runOf(new RemoteFile("m.gguf", List.of(this.first), null, null));
		Fetch one = fetch();
		answer(one);
		this.run.take(one, DefaultDataBufferFactory.sharedInstance.wrap(new byte[1000]));
		Fetch cancelled = fetch();
		this.run.ended(one);
		this.run.ended(cancelled);
		boolean others = this.run.accept(cancelled, new RangeResponse(0, SIZE, SIZE, true, null, false, Flux.never()));
		assertThat(others).isFalse();
		assertThat(cancelled.isSatisfied()).isTrue();
		this.run.take(cancelled, DefaultDataBufferFactory.sharedInstance.wrap(new byte[1000]));
		this.run.bodyEnded(cancelled);
		assertThat(this.run.failed(cancelled, changed(cancelled))).isFalse();
		this.run.beginAgain();
		this.timer.advanceTimeBy(Duration.ofSeconds(30));
		assertThat(fetch().segment().position()).isZero();
	}

	private static RequestFailedException changed(Fetch fetch) {
		return new RequestFailedException(Reason.CHANGED, fetch.mirror(), "has another version", null);
	}

	@Test
	void bodyWithoutLengthEndsWhereTheSourceSaysThatTheFileDoes() {
		this.run.close();
		this.run = runOf(new RemoteFile("m.gguf", List.of(this.first), null, 1000L));
		Fetch fetch = fetch();
		this.run.accept(fetch, new RangeResponse(0, null, null, true, null, false, Flux.never()));
		this.run.take(fetch, DefaultDataBufferFactory.sharedInstance.wrap(new byte[900]));
		assertThatExceptionOfType(RequestFailedException.class).isThrownBy(() -> this.run.bodyEnded(fetch))
			.satisfies((failure) -> assertThat(failure.reason()).isEqualTo(Reason.SHORT_BODY));
		assertThatExceptionOfType(RequestFailedException.class)
			.isThrownBy(() -> this.run.take(fetch, DefaultDataBufferFactory.sharedInstance.wrap(new byte[101])))
			.satisfies((failure) -> assertThat(failure.reason()).isEqualTo(Reason.LONG_BODY));
	}

	@Test
	void validatorThatDiffersBeforeTheFirstByteIsNotPinnedWhileAnotherRequestIsUnderWay() {
		Fetch slow = fetch();
		answer(slow);
		Fetch other = fetch();
		assertThatExceptionOfType(RequestFailedException.class)
			.isThrownBy(() -> this.run.accept(other,
					new RangeResponse(other.segment().position(), SIZE, SIZE, false, "\"w\"", true, Flux.never())))
			.satisfies((failure) -> assertThat(failure.reason()).isEqualTo(Reason.CHANGED));
	}

	@Test
	void fileThatBringsNothingForTooLongIsGivenUpWhateverItsServersPromise() {
		Fetch fetch = fetch();
		this.run.failed(fetch,
				new RequestFailedException(Reason.SERVER_ERROR, this.first, 503, Duration.ofSeconds(30)));
		this.run.ended(fetch);
		assertThat(this.run.next(this.run.round()).pause()).isBetween(Duration.ofSeconds(25), Duration.ofSeconds(30));
		this.timer.advanceTimeBy(Duration.ofSeconds(31));
		Fetch again = fetch();
		this.run.failed(again,
				new RequestFailedException(Reason.SERVER_ERROR, this.first, 503, Duration.ofSeconds(30)));
		this.run.ended(again);
		assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> this.run.next(this.run.round()));
	}

	@Test
	void connectionOfACancelledRoundTakesNoWorkThatNobodyWouldDo() {
		int before = this.run.round();
		this.run.beginAgain();
		assertThat(this.run.next(before)).isEqualTo(Step.END);
		assertThat(fetch().segment().position()).isZero();
	}

}
