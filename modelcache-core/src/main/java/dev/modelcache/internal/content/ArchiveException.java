package dev.modelcache.internal.content;

import java.io.IOException;

/**
 * An archive that must not, or cannot, be unpacked. The message is a part of a sentence
 * and shows no name from the archive.
 */
public final class ArchiveException extends IOException {

	ArchiveException(String problem) {
		super(problem);
	}

}
