/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

import org.jspecify.annotations.Nullable;

/**
 * Which process something belongs to, in a form that fits into a file's name and tells
 * later, and elsewhere, whether that process is known to be gone.
 *
 * @param machine where its process id means something: the host, its boot and its name
 * space of process ids, as eight hexadecimal digits
 * @param pid its process id
 * @param startMillis when it started: a process id is used again some day, the pair is
 * not
 */
public record ProcessIdentity(String machine, long pid, long startMillis) {

	/** How {@link #toString()} looks, for patterns of names. */
	public static final String PATTERN = "[0-9a-f]{8}-\\d{1,18}-\\d{1,18}";

	private static final Pattern PARTS = Pattern.compile("([0-9a-f]{8})-(\\d{1,18})-(\\d{1,18})");

	/**
	 * Returns this process.
	 * @return its identity
	 */
	public static ProcessIdentity current() {
		ProcessHandle self = ProcessHandle.current();
		return new ProcessIdentity(thisMachine(), self.pid(), startMillis(self));
	}

	/**
	 * Reads what {@link #toString()} wrote.
	 * @param text the text
	 * @return the process, or {@code null} for anything else
	 */
	public static @Nullable ProcessIdentity parse(String text) {
		Matcher parts = PARTS.matcher(text);
		return parts.matches()
				? new ProcessIdentity(parts.group(1), Long.parseLong(parts.group(2)), Long.parseLong(parts.group(3)))
				: null;
	}

	/**
	 * Returns whether the process no longer runs, as far as this machine can know.
	 * @return {@code false} also for a process of another machine or container
	 */
	public boolean isKnownToBeGone() {
		if (!this.machine.equals(thisMachine())) {
			return false;
		}
		Optional<ProcessHandle> process = ProcessHandle.of(this.pid);
		return process.isEmpty() || startMillis(process.get()) != this.startMillis;
	}

	private static long startMillis(ProcessHandle process) {
		return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
	}

	private static String thisMachine() {
		CRC32C checksum = new CRC32C();
		checksum.update((HostName.current() + "\n" + boot() + "\n" + nameSpace()).getBytes(StandardCharsets.UTF_8));
		return HexFormat.of().toHexDigits((int) checksum.getValue());
	}

	/** Linux alone tells; elsewhere the start time does what is needed. */
	private static String boot() {
		try {
			return Files.readString(Path.of("/proc/sys/kernel/random/boot_id"));
		}
		catch (IOException ex) {
			return "";
		}
	}

	/** Containers that share a disk count their processes apart. */
	private static String nameSpace() {
		try {
			return Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
		}
		catch (IOException | UnsupportedOperationException ex) {
			return "";
		}
	}

	@Override
	public String toString() {
		return this.machine + "-" + this.pid + "-" + this.startMillis;
	}

}
