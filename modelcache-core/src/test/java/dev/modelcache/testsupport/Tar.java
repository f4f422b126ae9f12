/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.ByteArrayOutputStream;
import java.io.IOException;

import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * Archives made in memory.
 */
public final class Tar {

	private Tar() {
	}

	/**
	 * Returns an archive of one file.
	 * @param name the name of the file
	 * @param content what it contains
	 */
	public static byte[] of(String name, byte[] content) throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (TarArchiveOutputStream out = new TarArchiveOutputStream(bytes, "UTF-8")) {
			TarArchiveEntry entry = new TarArchiveEntry(name);
			entry.setSize(content.length);
			out.putArchiveEntry(entry);
			out.write(content);
			out.closeArchiveEntry();
		}
		return bytes.toByteArray();
	}

}
