/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Sends signals to processes.
 */
public final class Signals {

	private Signals() {
	}

	/** Sends SIGSTOP. */
	public static void stop(ProcessHandle process) {
		send("-STOP", process);
	}

	/** Sends SIGCONT. */
	public static void resume(ProcessHandle process) {
		send("-CONT", process);
	}

	/** Sends SIGTERM. */
	public static void terminate(ProcessHandle process) {
		send("-TERM", process);
	}

	/** Sends SIGSEGV. */
	public static void crash(ProcessHandle process) {
		send("-SEGV", process);
	}

	private static void send(String signal, ProcessHandle process) {
		try {
			int exitCode = new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
			if (exitCode != 0) {
				throw new IllegalStateException("kill " + signal + " failed with the exit code " + exitCode);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

}
