package dev.modelcache.internal.transfer;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link BandwidthLimit}, on a virtual clock.
 */
class BandwidthLimitTests {

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final BandwidthLimit limit = new BandwidthLimit(DataSize.ofBytes(1000), this.time);

	private Duration reserve(long bytes) {
		return Duration.ofNanos(this.limit.reserve(bytes, 1000));
	}

	@Test
	void bytesWaitUntilThoseBeforeThemHaveHadTheirTime() {
		assertThat(reserve(500)).isEqualTo(Duration.ZERO);
		assertThat(reserve(2000)).isEqualTo(Duration.ofMillis(500));
		assertThat(reserve(1)).isEqualTo(Duration.ofMillis(2500));
	}

	@Test
	void timeInWhichNothingCameIsNotSaved() {
		reserve(500);
		this.time.advanceTimeBy(Duration.ofSeconds(60));
		assertThat(reserve(500)).isEqualTo(Duration.ofSeconds(60));
		assertThat(reserve(500)).isEqualTo(Duration.ofMillis(60_500));
	}

	@Test
	void nobodyWaitsForBytesThatAreNotWanted() {
		this.limit.await(1_000_000, () -> true);
		AtomicInteger asked = new AtomicInteger();
		// The virtual clock stands still: only the answer ends the wait.
		this.limit.await(1, () -> asked.incrementAndGet() < 3);
		assertThat(asked).hasValue(3);
	}

	@Test
	void withoutALimitNothingWaits() {
		BandwidthLimit none = new BandwidthLimit(null, this.time);
		none.await(Long.MAX_VALUE, () -> true);
		none.await(Long.MAX_VALUE, () -> true);
	}

}
