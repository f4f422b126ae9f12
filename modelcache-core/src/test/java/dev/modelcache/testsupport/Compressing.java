/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.modelcache.internal.content.Compression;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/**
 * Makes compressed files.
 */
public final class Compressing {

	private Compressing() {
	}

	/**
	 * Compresses bytes, with all checksums that the format has.
	 * @param format the format
	 * @param bytes the bytes
	 * @return one member, frame or stream
	 */
	public static byte[] compress(Compression format, byte[] bytes) {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		try (OutputStream compressing = open(format, out)) {
			compressing.write(bytes);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return out.toByteArray();
	}

	private static OutputStream open(Compression format, OutputStream out) throws IOException {
		return switch (format) {
			case GZIP -> new GZIPOutputStream(out);
			case ZSTD -> new ZstdOutputStreamNoFinalizer(out).setChecksum(true);
			case XZ -> new XZOutputStream(out, hasty());
		};
	}

	private static LZMA2Options hasty() throws IOException {
		LZMA2Options options = new LZMA2Options(0);
		options.setDepthLimit(1);
		options.setNiceLen(LZMA2Options.NICE_LEN_MIN);
		return options;
	}

	/**
	 * Puts bytes one after the other.
	 * @param parts the parts
	 * @return all of them
	 */
	public static byte[] concatenate(byte[]... parts) {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		for (byte[] part : parts) {
			out.writeBytes(part);
		}
		return out.toByteArray();
	}

}
