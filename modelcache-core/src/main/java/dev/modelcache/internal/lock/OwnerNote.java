/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Properties;

import dev.modelcache.LockOwner;
import dev.modelcache.TransferProgress;
import org.jspecify.annotations.Nullable;

/**
 * What the holder of a lock writes into its file, so that others can tell who it is and
 * how far. A note that cannot be read, half-written or foreign, is no note.
 */
final class OwnerNote {

	private static final int LONGEST = 4096;

	private OwnerNote() {
	}

	static void write(FileChannel channel, LockOwner owner) throws IOException {
		ByteBuffer text = ByteBuffer.wrap(format(owner).getBytes(StandardCharsets.UTF_8));
		long length = text.remaining();
		while (text.hasRemaining()) {
			channel.write(text, text.position());
		}
		channel.truncate(length);
	}

	static void erase(FileChannel channel) throws IOException {
		channel.truncate(0);
	}

	static @Nullable LockOwner read(FileChannel channel) throws IOException {
		ByteBuffer text = ByteBuffer.allocate(LONGEST);
		while (text.hasRemaining() && channel.read(text, text.position()) > 0) {
			// A note is one read; more are needed only if somebody else's text is there.
		}
		return parse(StandardCharsets.UTF_8.decode(text.flip()).toString());
	}

	private static String format(LockOwner owner) {
		StringBuilder note = new StringBuilder();
		note.append("pid=").append(owner.pid()).append('\n');
		note.append("host=").append(owner.host()).append('\n');
		note.append("since=").append(owner.since()).append('\n');
		note.append("heartbeat=").append(owner.heartbeat()).append('\n');
		TransferProgress progress = owner.progress();
		if (progress != null) {
			note.append("bytes=").append(progress.bytes()).append('\n');
			if (progress.totalBytes() != null) {
				note.append("totalBytes=").append(progress.totalBytes()).append('\n');
			}
			note.append("bytesPerSecond=").append(Math.round(progress.bytesPerSecond())).append('\n');
		}
		return note.append("end=1\n").toString();
	}

	private static @Nullable LockOwner parse(String text) {
		try {
			Properties note = new Properties();
			note.load(new StringReader(text));
			if (!"1".equals(note.getProperty("end"))) {
				return null;
			}
			return LockOwner
				.of(number(note, "pid"), note.getProperty("host", "?"), Instant.parse(note.getProperty("since", "")))
				.withHeartbeat(Instant.parse(note.getProperty("heartbeat", "")))
				.withProgress(progress(note));
		}
		catch (IOException | IllegalArgumentException | DateTimeException ex) {
			return null;
		}
	}

	private static @Nullable TransferProgress progress(Properties note) {
		if (note.getProperty("bytes") == null) {
			return null;
		}
		Long total = (note.getProperty("totalBytes") != null) ? number(note, "totalBytes") : null;
		return TransferProgress.of(number(note, "bytes"), total, number(note, "bytesPerSecond"));
	}

	private static long number(Properties note, String key) {
		return Long.parseLong(note.getProperty(key, ""));
	}

}
