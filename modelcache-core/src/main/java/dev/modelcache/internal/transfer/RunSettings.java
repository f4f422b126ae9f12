package dev.modelcache.internal.transfer;

import java.time.Duration;

import io.github.resilience4j.retry.Retry;
import org.springframework.util.unit.DataSize;

/**
 * How one transfer is done.
 *
 * @param segmentSize how large segments are
 * @param retry how requests to one mirror are repeated; counts for each mirror
 * @param giveUpAfter how long no new byte may come
 * @param minSpeed the fewest bytes per second of a mirror, over a minute
 */
record RunSettings(DataSize segmentSize, Retry retry, Duration giveUpAfter, DataSize minSpeed) {

}
