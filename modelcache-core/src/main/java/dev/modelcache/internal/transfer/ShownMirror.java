package dev.modelcache.internal.transfer;

import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one mirror that operators see as the source of a file, though several may send it.
 * <p>
 * <em>Thread-safety</em>: guarded by the {@link TransferRun} it belongs to.
 */
final class ShownMirror {

	private static final Logger logger = LoggerFactory.getLogger(ShownMirror.class);

	private final DownloadPlan plan;

	private final TransferListener listener;

	private @Nullable MirrorState shown;

	private boolean toldOneConnection;

	ShownMirror(DownloadPlan plan, TransferListener listener) {
		this.plan = plan;
		this.listener = listener;
	}

	/** A mirror has answered. Of those that take part at once, the first one is shown. */
	void answered(MirrorState mirror, @Nullable Long size) {
		if (this.shown == null || this.plan.file().expected() == null || this.shown.isDropped()) {
			this.shown = mirror;
			this.listener.answered(mirror.mirror(), size);
		}
	}

	/** A mirror sends the whole file, whatever it is asked for; that is said once. */
	void sendsNoRanges(Mirror mirror) {
		if (!this.toldOneConnection) {
			this.toldOneConnection = true;
			logger.info("Model '{}': {} sends no ranges, so one connection fetches the whole file", this.plan.modelId(),
					mirror);
		}
	}

}
