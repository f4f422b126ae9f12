package dev.modelcache.internal.content;

import java.io.IOException;

/**
 * Ends a thread that follows a growing file: nobody wants its result any more.
 */
final class StoppedException extends IOException {

	StoppedException() {
		super("stopped");
	}

}
