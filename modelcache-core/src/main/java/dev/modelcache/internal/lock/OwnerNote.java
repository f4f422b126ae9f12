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
 *
 * @param owner the holder
 * @param process its process, or {@code null} if the note does not say
 */
record OwnerNote(LockOwner owner, @Nullable ProcessIdentity process) {

	private static final int LONGEST = 4096;

	/** Returns whether another holder has this process and time. */
	boolean isOf(LockOwner holder) {
		return this.owner.pid() == holder.pid() && this.owner.host().equals(holder.host())
				&& this.owner.since().equals(holder.since());
	}

	/**
	 * Writes the note into a lock file.
	 * @param channel the file
	 * @param decides whether the note alone keeps others away. A network file system may
	 * else keep it in the memory of this machine for longer than they wait.
	 */
	void write(FileChannel channel, boolean decides) throws IOException {
		ByteBuffer text = ByteBuffer.wrap(format().getBytes(StandardCharsets.UTF_8));
		long length = text.remaining();
		while (text.hasRemaining()) {
			channel.write(text, text.position());
		}
		channel.truncate(length);
		if (decides) {
			channel.force(false);
		}
	}

	static void erase(FileChannel channel) throws IOException {
		channel.truncate(0);
	}

	static @Nullable OwnerNote read(FileChannel channel) throws IOException {
		return parse(text(channel));
	}

	/** Returns what is in a lock file, whether or not it is a note. */
	static String text(FileChannel channel) throws IOException {
		ByteBuffer text = ByteBuffer.allocate(LONGEST);
		while (text.hasRemaining() && channel.read(text, text.position()) > 0) {
			// A note is one read; more are needed only if somebody else's text is there.
		}
		return StandardCharsets.UTF_8.decode(text.flip()).toString();
	}

	private String format() {
		StringBuilder note = new StringBuilder();
		note.append("pid=").append(this.owner.pid()).append('\n');
		note.append("host=").append(this.owner.host()).append('\n');
		note.append("since=").append(this.owner.since()).append('\n');
		note.append("heartbeat=").append(this.owner.heartbeat()).append('\n');
		if (this.process != null) {
			note.append("process=").append(this.process).append('\n');
		}
		if (this.owner.queued()) {
			note.append("queued=true\n");
		}
		TransferProgress progress = this.owner.progress();
		if (progress != null) {
			note.append("bytes=").append(progress.bytes()).append('\n');
			if (progress.totalBytes() != null) {
				note.append("totalBytes=").append(progress.totalBytes()).append('\n');
			}
			note.append("bytesPerSecond=").append(Math.round(progress.bytesPerSecond())).append('\n');
		}
		return note.append("end=1\n").toString();
	}

	static @Nullable OwnerNote parse(String text) {
		try {
			Properties note = new Properties();
			note.load(new StringReader(text));
			if (!"1".equals(note.getProperty("end"))) {
				return null;
			}
			LockOwner owner = LockOwner
				.of(number(note, "pid"), note.getProperty("host", "?"), Instant.parse(note.getProperty("since", "")))
				.withHeartbeat(Instant.parse(note.getProperty("heartbeat", "")))
				.withProgress(progress(note))
				.withQueued(Boolean.parseBoolean(note.getProperty("queued")));
			return new OwnerNote(owner, ProcessIdentity.parse(note.getProperty("process", "")));
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
