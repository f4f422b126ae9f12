/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.actuate;

import java.io.Console;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Terminal in which the application was started.
 */
final class Terminal {

	private static final int USUAL_WIDTH = 80;

	private static final int NARROWEST = 20;

	/** Output of {@code stty size}: rows and columns. */
	private static final Pattern SIZE = Pattern.compile("\\d{1,5} (\\d{1,5})\\s*");

	private Terminal() {
	}

	/**
	 * Returns whether the application's input and output are a terminal.
	 * @return {@code true} if they are
	 */
	static boolean isInteractive() {
		Console console = System.console();
		return console != null && isTerminal(console);
	}

	/**
	 * Since JDK 22, a console can exist without a terminal, which
	 * {@code Console.isTerminal()} reveals.
	 */
	private static boolean isTerminal(Console console) {
		try {
			Method isTerminal = Console.class.getMethod("isTerminal");
			return (boolean) isTerminal.invoke(console);
		}
		catch (ReflectiveOperationException ex) {
			return true;
		}
	}

	/**
	 * Returns the columns of the terminal according to {@code stty}, or 80 if there is no
	 * terminal or {@code stty} is not available.
	 */
	static int width() {
		try {
			Process process = new ProcessBuilder("stty", "size").redirectInput(new File("/dev/tty"))
				.redirectError(ProcessBuilder.Redirect.DISCARD)
				.start();
			if (!process.waitFor(1, TimeUnit.SECONDS)) {
				process.destroyForcibly();
				return USUAL_WIDTH;
			}
			return width(new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
		}
		catch (IOException ex) {
			return USUAL_WIDTH;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return USUAL_WIDTH;
		}
	}

	/** Returns the columns of a size. A terminal of unknown size reports 0. */
	static int width(String size) {
		Matcher matcher = SIZE.matcher(size);
		int columns = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
		return (columns >= NARROWEST) ? columns : USUAL_WIDTH;
	}

}
