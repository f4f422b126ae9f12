/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

import dev.modelcache.CacheOptions;
import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheEvent;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.content.DecompressionSettings;
import dev.modelcache.internal.content.format.FormatSettings;
import dev.modelcache.internal.http.Attempts;
import dev.modelcache.internal.http.Breakers;
import dev.modelcache.internal.http.HttpConnections;
import dev.modelcache.internal.http.NettyBuffers;
import dev.modelcache.internal.http.RangeClient;
import dev.modelcache.internal.http.WebRangeClient;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.internal.lock.FileCacheLockFactory;
import dev.modelcache.internal.lock.LockSettings;
import dev.modelcache.internal.source.SourceResolvers;
import dev.modelcache.internal.source.file.FileSourceResolver;
import dev.modelcache.internal.source.web.HttpSourceResolver;
import dev.modelcache.internal.store.HaltingStore;
import dev.modelcache.internal.store.ModelLockFile;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.internal.transfer.SegmentedTransfer;
import dev.modelcache.internal.transfer.TransferSettings;
import dev.modelcache.internal.transfer.TransferThreads;
import dev.modelcache.internal.transfer.file.FileRangeClient;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.source.SourceResolver;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;
import org.awaitility.Awaitility;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.client.HttpClient;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.util.unit.DataSize;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * A whole cache over a directory, with real parts and no Spring context. Delays between
 * requests are 5 ms unless a test brings its own registry, and headers are not read
 * unless a test asks for it.
 */
public final class CacheFixture implements AutoCloseable {

	public static final Duration PATIENCE = Duration.ofMinutes(3);

	/** How many caches are open over each directory. */
	private static final Map<Path, Integer> OPEN = new ConcurrentHashMap<>();

	private final Path directory;

	private EngineThreads threads = new EngineThreads();

	private final List<ModelCacheEvent> events = new CopyOnWriteArrayList<>();

	private AcquisitionObserver observer = new AcquisitionObserver() {
	};

	private StoreSettings store;

	private TransferSettings transfer = new TransferSettings(DataSize.ofKilobytes(256), 4, DataSize.ofMegabytes(16),
			PATIENCE, PATIENCE, 5, true);

	private TransferThreads transfers = this.threads.forTransfers();

	private LockSettings lock = LockSettings.defaults();

	private Map<String, String> headers = Map.of();

	private final List<SourceResolver> resolvers = new ArrayList<>();

	private RetryRegistry retries = RetryRegistry.of(Map.of("modelcache",
			RetryConfig.custom().intervalFunction(IntervalFunction.of(Duration.ofMillis(5))).build()));

	private CircuitBreakerRegistry breakers = CircuitBreakerRegistry.of(Map.of("modelcache",
			CircuitBreakerConfig.custom()
				.slidingWindowSize(20)
				.minimumNumberOfCalls(10)
				.waitDurationInOpenState(Duration.ofMillis(200))
				.permittedNumberOfCallsInHalfOpenState(3)
				.build()));

	private HttpClient httpClient = HttpClient.create();

	private ExclusiveFiles files = new ExclusiveFiles();

	private CacheLockFactory locks;

	private DecompressionSettings decompression = DecompressionSettings.defaults();

	private FormatSettings formats = FormatSettings.none();

	private Path lockFile;

	private UnaryOperator<ModelLockFile> pins = UnaryOperator.identity();

	private DownloadTurns turns = DownloadTurnsTests.turns(4);

	private boolean offline;

	private boolean halting;

	private Clock clock = Clock.systemUTC();

	private DefaultModelCache cache;

	private ModelStore models;

	public CacheFixture(Path directory) {
		this.directory = directory;
		OPEN.merge(directory, 1, Integer::sum);
		this.store = new StoreSettings(directory, DataSize.ofMegabytes(1), CacheOptions.Verification.FINGERPRINT);
	}

	/** Has each verification of a whole file noted, with whether its digest matched. */
	CacheFixture verifications(List<Boolean> verifications) {
		return observer(new AcquisitionObserver() {

			@Override
			public void verified(boolean matched, Duration elapsed) {
				verifications.add(matched);
			}

		});
	}

	public CacheFixture observer(AcquisitionObserver observer) {
		this.observer = observer;
		return this;
	}

	public CacheFixture store(StoreSettings store) {
		this.store = store;
		return this;
	}

	public CacheFixture transfer(TransferSettings transfer) {
		this.transfer = transfer;
		return this;
	}

	/** Fetches files in segments of 1 MiB, and waits as long as a test does. */
	CacheFixture segmented(int connections) {
		return transfer(new TransferSettings(DataSize.ofKilobytes(256), connections, DataSize.ofMegabytes(1), PATIENCE,
				PATIENCE, 5, true));
	}

	/** Sets the clock of the speeds and time-outs of transfers. */
	public CacheFixture timer(Scheduler timer) {
		this.transfers = new TransferThreads(this.transfers.io(), this.transfers.hashing(), timer);
		return this;
	}

	/** Sets the clock of everything that waits or gives up, transfers aside. */
	CacheFixture threads(EngineThreads threads) {
		this.threads.close();
		this.threads = threads;
		this.transfers = new TransferThreads(threads.forTransfers().io(), threads.forTransfers().hashing(),
				this.transfers.timer());
		return this;
	}

	/** Nothing is given up because a thread that a test holds does not come back. */
	CacheFixture withoutLimitsOfTime() {
		return threads(new EngineThreads(VirtualTimeScheduler.create()));
	}

	public CacheFixture lock(LockSettings lock) {
		this.lock = lock;
		return this;
	}

	public CacheFixture locks(CacheLockFactory locks, ExclusiveFiles files) {
		this.locks = locks;
		this.files = files;
		return this;
	}

	public CacheFixture decompression(DecompressionSettings decompression) {
		this.decompression = decompression;
		return this;
	}

	public CacheFixture formats(FormatSettings formats) {
		this.formats = formats;
		return this;
	}

	public CacheFixture headers(Map<String, String> headers) {
		this.headers = headers;
		return this;
	}

	public CacheFixture resolver(SourceResolver resolver) {
		this.resolvers.add(resolver);
		return this;
	}

	public CacheFixture retries(RetryRegistry retries) {
		this.retries = retries;
		return this;
	}

	public CacheFixture breakers(CircuitBreakerRegistry breakers) {
		this.breakers = breakers;
		return this;
	}

	public CacheFixture httpClient(HttpClient httpClient) {
		this.httpClient = httpClient;
		return this;
	}

	public CacheFixture lockFile(Path lockFile) {
		this.lockFile = lockFile;
		return this;
	}

	/** Sets what the store uses instead of the lock file that it would use. */
	public CacheFixture pins(UnaryOperator<ModelLockFile> pins) {
		this.pins = pins;
		return this;
	}

	CacheFixture turns(DownloadTurns turns) {
		this.turns = turns;
		return this;
	}

	CacheFixture clock(Clock clock) {
		this.clock = clock;
		return this;
	}

	public CacheFixture offline() {
		this.offline = true;
		return this;
	}

	/** Has the process end when it has moved its first file to its place. */
	CacheFixture halting() {
		this.halting = true;
		return this;
	}

	public DefaultModelCache open(ModelRequest... requests) {
		Clock clock = this.clock;
		WebClient webClient = WebClient.builder()
			.clientConnector(new ReactorClientHttpConnector(NettyBuffers.forDownloads(this.httpClient)))
			.build();
		HttpConnections connections = HttpConnections.anywhere(webClient);
		WebRangeClient http = new WebRangeClient(connections, new Breakers(this.breakers, (host) -> true),
				this.transfer.http(), this.threads.timer(), this.threads.io(), clock);
		Attempts retries = new Attempts(this.retries, (id) -> 3, () -> 0.5);
		RangeClient file = new FileRangeClient(this.threads.io());
		SegmentedTransfer transfer = new SegmentedTransfer(
				Map.of("https", () -> http, "http", () -> http, "file", () -> file), retries, this.transfers,
				this.transfer);
		List<SourceResolver> resolvers = new ArrayList<>(this.resolvers);
		resolvers.add(new HttpSourceResolver(this.headers));
		resolvers.add(new FileSourceResolver(this.threads.io()));
		SourceResolvers sources = SourceResolvers.of(resolvers);
		CacheLockFactory locks = (this.locks != null) ? this.locks : new FileCacheLockFactory(this.lock, clock);
		ModelLockFile pins = (this.lockFile != null) ? this.pins.apply(new ModelLockFile(this.lockFile, locks)) : null;
		this.models = this.halting ? HaltingStore.create(this.store, this.files, clock)
				: new ModelStore(this.store, this.files, clock, pins);
		Engine engine = new Engine(new ConfiguredModels(List.of(requests)), sources, locks, this.models, connections,
				transfer, this.turns, retries, this.decompression, this.formats, this.offline, this.threads,
				this.observer, new TransferHistory(clock), clock);
		this.cache = new DefaultModelCache(engine, this.events::add, (event) -> {
		}, () -> {
		});
		return this.cache;
	}

	/** Waits for the housekeeping that has been asked for; closing cuts it off. */
	void awaitHousekeeping() {
		CountDownLatch done = new CountDownLatch(1);
		this.threads.later(done::countDown, "waiting for housekeeping");
		await(done);
	}

	/** Waits until a latch opens, for as long as a test does. */
	static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** Requests a model on a thread that must not block. */
	public CachedModel get(String id) {
		return Mono.defer(() -> this.cache.get(id)).subscribeOn(Schedulers.parallel()).block(PATIENCE);
	}

	/** Returns the events so far: those that were dispatched have arrived. */
	public List<ModelCacheEvent> events() {
		if (!this.threads.events().isShutdown()) {
			CompletableFuture.runAsync(() -> {
			}, this.threads.events()).orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
		}
		return this.events;
	}

	public <E extends ModelCacheEvent> List<E> events(Class<E> type) {
		return events().stream().filter(type::isInstance).map(type::cast).toList();
	}

	public Path directory() {
		return this.directory;
	}

	public DefaultModelCache cache() {
		return this.cache;
	}

	/** Returns the files below the directory that nobody published, locks aside. */
	public List<Path> stagedFiles() {
		return find(".part");
	}

	private static Path journalOf(Path staged) {
		return staged.resolveSibling(staged.getFileName().toString().replaceAll("part$", "journal"));
	}

	List<Path> find(String ending) {
		List<Path> found = new ArrayList<>();
		try {
			// What disappears while this looks is not there.
			Files.walkFileTree(this.directory, new SimpleFileVisitor<>() {

				@Override
				public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
					if (file.toString().endsWith(ending)) {
						found.add(file);
					}
					return FileVisitResult.CONTINUE;
				}

				@Override
				public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
					return goOn(failure);
				}

				@Override
				public FileVisitResult postVisitDirectory(Path file, IOException failure) throws IOException {
					return (failure != null) ? goOn(failure) : FileVisitResult.CONTINUE;
				}

				private FileVisitResult goOn(IOException failure) throws IOException {
					if (failure instanceof NoSuchFileException) {
						return FileVisitResult.CONTINUE;
					}
					throw failure;
				}

			});
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return found;
	}

	/** Waits for the end of what a closed cache was doing with files. */
	void awaitFiles() {
		assertThatNoException().isThrownBy(() -> assertThat(this.threads.awaitFiles(PATIENCE)).isTrue());
	}

	/** Ends the cache. */
	void end() {
		if (this.cache != null) {
			this.cache.close();
		}
		this.threads.close();
		if (this.models != null) {
			this.models.close();
		}
	}

	/** Ends the cache, and checks that it leaves nothing behind. */
	@Override
	public void close() {
		end();
		boolean last = OPEN.merge(this.directory, -1, Integer::sum) == 0;
		if (last && Files.exists(this.directory)) {
			// The cache closes without waiting for a disk that is slow.
			// What a thread of another test throws is not of this one.
			Awaitility.await()
				.dontCatchUncaughtExceptions()
				.pollDelay(Duration.ZERO)
				.atMost(PATIENCE)
				.ignoreExceptions()
				.untilAsserted(this::assertNothingIsLeft);
		}
	}

	private void assertNothingIsLeft() {
		long pid = ProcessHandle.current().pid();
		assertThat(stagedFiles()).as("staged files without a journal")
			.allSatisfy((file) -> assertThat(journalOf(file)).exists());
		assertThat(stagedFiles()).as("staged files that are open").noneMatch(this.files::isOwn);
		assertThat(find(".journal")).as("journals").hasSameSizeAs(stagedFiles());
		assertThat(find(".lock")).as("locks of this process")
			.allSatisfy((lock) -> assertThat(lock).content().doesNotContain("pid=" + pid + "\n"));
	}

}
