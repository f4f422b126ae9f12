/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A mount name space beside that of this process: what is mounted in it is seen only by
 * processes that are started in it, and ends with them. Needs root and util-linux.
 */
public final class MountSpace implements AutoCloseable {

	/** Ends with its standard input, so also with this process. */
	private final Process holder;

	/** Makes an empty one. */
	public MountSpace() {
		try {
			this.holder = new ProcessBuilder("unshare", "--mount", "--propagation", "private", "sh", "-c",
					"echo made; exec cat")
				.redirectErrorStream(true)
				.start();
			String made = this.holder.inputReader().readLine();
			if (!"made".equals(made)) {
				throw new IllegalStateException("no mount name space: " + made);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Returns what starts a program in it, as root.
	 * @param more another program that starts it, and its arguments
	 * @return the beginning of a command
	 */
	public List<String> enter(String... more) {
		List<String> command = new ArrayList<>(
				List.of("nsenter", "--target", Long.toString(this.holder.pid()), "--mount"));
		command.addAll(List.of(more));
		return command;
	}

	/**
	 * Returns what starts a program in it as a user, who may read all files: the class
	 * path may be in the home of root.
	 * @param user the user's number, also that of its group
	 * @return the beginning of a command
	 */
	public List<String> enterAs(int user) {
		return enter(reader(user).toArray(String[]::new));
	}

	/**
	 * Returns what starts a program as a user, who may read all files.
	 * @param user the user's number, also that of its group
	 * @return the beginning of a command
	 */
	public static List<String> reader(int user) {
		return List.of("setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups", "--inh-caps=+dac_read_search",
				"--ambient-caps=+dac_read_search");
	}

	/**
	 * Runs a script in it as root.
	 * @param script the script
	 */
	public void run(String script) {
		run(script, enter("sh", "-ec", script));
	}

	/**
	 * Runs a script where this process is.
	 * @param script the script
	 */
	public static void runHere(String script) {
		run(script, List.of("sh", "-ec", script));
	}

	private static void run(String script, List<String> command) {
		try {
			Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
			String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			if (process.waitFor() != 0) {
				throw new IllegalStateException(script + ": " + output);
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

	@Override
	public void close() {
		this.holder.destroy();
	}

}
