package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

import dev.modelcache.internal.transfer.TransferListener.DiskStep;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * Fails an acquisition in which nothing advances for too long: no state, no byte, and no
 * wait with a reason.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class AcquisitionWatch {

	private static final Duration LONGEST_PERIOD = Duration.ofSeconds(1);

	/** What a memory card, or a share behind a slow network, takes at least. */
	private static final long SLOWEST_DISK_BYTES_PER_SECOND = 1 << 20;

	private final Duration giveUpAfter;

	private final Scheduler timer;

	private final Scheduler io;

	private volatile long lastNanos;

	/** Until when each step may take that is under way and shows no progress. */
	private final Map<Object, Long> steps = new ConcurrentHashMap<>();

	/**
	 * Creates a watch.
	 * @param giveUpAfter how long nothing may advance
	 * @param timer tells the time, and where it looks
	 * @param io where an acquisition is cancelled, which may block
	 */
	AcquisitionWatch(Duration giveUpAfter, Scheduler timer, Scheduler io) {
		this.giveUpAfter = giveUpAfter;
		this.timer = timer;
		this.io = io;
		this.lastNanos = now();
	}

	/** Something has advanced. */
	void advanced() {
		pausing(Duration.ZERO);
	}

	/** Nothing advances for a while, for a reason that is known. */
	synchronized void pausing(Duration pause) {
		long until = now() + pause.toNanos();
		if (until - this.lastNanos > 0) {
			this.lastNanos = until;
		}
	}

	/**
	 * Takes a step of the disk of which no progress can be seen, such as making a file
	 * durable. It may take longer than nothing may advance by the time that a slow disk
	 * needs.
	 * @param bytes how many bytes the disk may have to write
	 * @param step the step
	 * @throws IOException if the step fails
	 */
	void storing(long bytes, DiskStep step) throws IOException {
		Object key = new Object();
		this.steps.put(key, now() + TimeUnit.SECONDS.toNanos(bytes / SLOWEST_DISK_BYTES_PER_SECOND));
		try {
			step.take();
		}
		finally {
			this.steps.remove(key);
			advanced();
		}
	}

	private boolean isOverdue() {
		long latest = now() - this.giveUpAfter.toNanos();
		return latest - this.lastNanos > 0 && this.steps.values().stream().allMatch((until) -> latest - until > 0);
	}

	/**
	 * Watches an acquisition. The failure is told before the acquisition is cancelled,
	 * because what hangs may also keep it from being cancelled.
	 * @param acquisition what is watched
	 * @param failure makes what it fails with from how long nothing may advance
	 * @param <T> the type of its result
	 * @return the acquisition
	 */
	<T> Mono<T> watch(Mono<T> acquisition, Function<Duration, ? extends Throwable> failure) {
		return Mono.create((caller) -> {
			advanced();
			AtomicBoolean gaveUp = new AtomicBoolean();
			Disposable.Swap work = Disposables.swap();
			Disposable watching = Flux.interval(period(), this.timer).onBackpressureDrop().subscribe((tick) -> {
				if (isOverdue() && gaveUp.compareAndSet(false, true)) {
					this.io.schedule(() -> caller.error(failure.apply(this.giveUpAfter)));
					this.io.schedule(work::dispose);
				}
			});
			caller.onCancel(work);
			caller.onDispose(watching);
			work.update(acquisition.subscribe(caller::success, caller::error, caller::success,
					Context.of(caller.contextView())));
		});
	}

	private Duration period() {
		Duration quarter = this.giveUpAfter.dividedBy(4);
		Duration period = (quarter.compareTo(LONGEST_PERIOD) < 0) ? quarter : LONGEST_PERIOD;
		return (period.compareTo(Duration.ofMillis(1)) > 0) ? period : Duration.ofMillis(1);
	}

	private long now() {
		return this.timer.now(TimeUnit.NANOSECONDS);
	}

}
