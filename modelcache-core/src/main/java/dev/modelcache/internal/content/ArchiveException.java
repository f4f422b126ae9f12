/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
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
