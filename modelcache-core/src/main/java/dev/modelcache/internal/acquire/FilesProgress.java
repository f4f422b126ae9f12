package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import dev.modelcache.ModelCacheException;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.transfer.TransferListener.DiskStep;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;

/**
 * Adds up the progress of a model's files, so that the model shows one.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class FilesProgress {

	private final @Nullable Long totalBytes;

	private final AcquisitionMonitor monitor;

	private final AtomicLong position = new AtomicLong();

	/**
	 * Creates it.
	 * @param totalBytes the size of all files, or {@code null} where nobody knows it
	 * @param monitor hears how the model fares
	 */
	FilesProgress(@Nullable Long totalBytes, AcquisitionMonitor monitor) {
		this.totalBytes = totalBytes;
		this.monitor = monitor;
	}

	/** A file was there already. */
	void there(long bytes) {
		this.position.addAndGet(bytes);
	}

	/** Returns what hears how one of the files fares. */
	FileMonitor of() {
		return new OneFile();
	}

	private final class OneFile implements FileMonitor {

		private final AtomicLong own = new AtomicLong();

		private long moved(long to) {
			return FilesProgress.this.position.addAndGet(to - this.own.getAndSet(to));
		}

		@Override
		public void answered(Mirror mirror, @Nullable Long total) {
			FilesProgress.this.monitor.answered(mirror, FilesProgress.this.totalBytes);
		}

		@Override
		public void resumed(long bytes, long total) {
			long all = moved(bytes);
			if (FilesProgress.this.totalBytes != null) {
				FilesProgress.this.monitor.resumed(all, FilesProgress.this.totalBytes);
			}
		}

		@Override
		public void written(Mirror mirror, long bytes, long at) {
			FilesProgress.this.monitor.written(mirror, bytes, moved(at));
		}

		@Override
		public void advanced() {
			FilesProgress.this.monitor.advanced();
		}

		@Override
		public void pausing(Duration pause) {
			FilesProgress.this.monitor.pausing(pause);
		}

		@Override
		public void storing(long bytes, DiskStep step) throws IOException {
			FilesProgress.this.monitor.storing(bytes, step);
		}

		@Override
		public void failed(RequestFailedException failure) {
			FilesProgress.this.monitor.failed(failure);
		}

		@Override
		public void retrying(RequestFailedException failure) {
			FilesProgress.this.monitor.retrying(failure);
		}

		@Override
		public void verifying() {
			// The others go on.
		}

		@Override
		public void verified(boolean matched, Duration elapsed) {
			FilesProgress.this.monitor.verified(matched, elapsed);
		}

		@Override
		public void retryingWholeFile(ModelCacheException reason) {
			FilesProgress.this.monitor.retryingWholeFile(reason);
		}

	}

}
