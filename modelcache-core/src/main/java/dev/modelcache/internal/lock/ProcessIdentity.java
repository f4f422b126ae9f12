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
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.zip.CRC32C;

import org.jspecify.annotations.Nullable;

/**
 * Which process something belongs to, in a form that fits into a file's name and tells
 * later, and elsewhere, whether that process is known to be gone.
 *
 * @param machine where its process id means something: the host, its boot and its name
 * space of process ids, as eight hexadecimal digits
 * @param pid its process id
 * @param start when it started: a process id is used again some day, the pair is not. On
 * Linux the ticks since the boot, which stay the same when the clock is set; elsewhere
 * milliseconds
 */
public record ProcessIdentity(String machine, long pid, long start) {

	/**
	 * What {@link #newName()} returns, for patterns of names. Its group is the process.
	 */
	public static final String NAME = "([0-9a-f]{8}-\\d{1,18}-\\d{1,18})-[0-9a-f]{8}";

	/** Which of the fields behind the name of the program it is. */
	private static final int START_TIME = 19;

	private static final Pattern PARTS = Pattern.compile("([0-9a-f]{8})-(\\d{1,18})-(\\d{1,18})");

	/**
	 * Returns this process.
	 * @return its identity
	 */
	public static ProcessIdentity current() {
		ProcessHandle self = ProcessHandle.current();
		return new ProcessIdentity(thisMachine(), self.pid(), starts(self).findFirst().orElse(0));
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
	 * Returns a new part of a name, for what belongs to this process.
	 * @return the process and eight random hexadecimal digits
	 */
	public static String newName() {
		return current() + "-" + UUID.randomUUID().toString().substring(0, 8);
	}

	/**
	 * Returns whether the process runs, as far as this machine can know.
	 * @return the state
	 */
	public State state() {
		if (!isHere()) {
			return State.UNKNOWN;
		}
		return isRunning() ? State.RUNNING : State.GONE;
	}

	private boolean isHere() {
		return this.machine.equals(thisMachine()) && !othersAreHidden();
	}

	/** With {@code hidepid}, Linux shows no processes of other users. */
	private static boolean othersAreHidden() {
		return Files.exists(Path.of("/proc/self/stat")) && !Files.isReadable(Path.of("/proc/1/stat"));
	}

	/** A process that was killed and that its parent has not asked for does not run. */
	private boolean isRunning() {
		Optional<ProcessHandle> process = ProcessHandle.of(this.pid);
		return process.isPresent() && starts(process.get()).anyMatch((start) -> start == this.start);
	}

	/** Earlier versions wrote the other one, also where Linux tells. */
	private static LongStream starts(ProcessHandle process) {
		String[] stat = stat(process.pid());
		if (stat.length > START_TIME) {
			return stat[0].matches("[ZXx]") ? LongStream.empty()
					: LongStream.of(Long.parseLong(stat[START_TIME]), startMillis(process));
		}
		return LongStream.of(startMillis(process));
	}

	private static long startMillis(ProcessHandle process) {
		return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
	}

	/** The fields behind the name of the program, see proc_pid_stat(5). */
	private static String[] stat(long pid) {
		try {
			String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
			return stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ");
		}
		catch (IOException ex) {
			return new String[0];
		}
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
		return this.machine + "-" + this.pid + "-" + this.start;
	}

	/** Whether a process runs. */
	public enum State {

		/** It runs. */
		RUNNING,

		/** It has ended. */
		GONE,

		/**
		 * It belongs to another machine or container, or this user sees no processes of
		 * others.
		 */
		UNKNOWN

	}

}
