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
 * The terminal that the application was started in.
 */
final class Terminal {

	private static final int USUAL_WIDTH = 80;

	private static final int NARROWEST = 20;

	/** What {@code stty size} prints: rows and columns. */
	private static final Pattern SIZE = Pattern.compile("\\d{1,5} (\\d{1,5})\\s*");

	private Terminal() {
	}

	/**
	 * Returns whether the application's input and output are a terminal.
	 * @return {@code true} on a terminal
	 */
	static boolean isInteractive() {
		Console console = System.console();
		return console != null && isTerminal(console);
	}

	/**
	 * Since JDK 22 there may be a console without a terminal, and a method that tells.
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
	 * Returns the columns of the terminal, as {@code stty} says; 80 where there is no
	 * terminal or no such program.
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

	/** Returns the columns of a size; a terminal that does not know its own has 0. */
	static int width(String size) {
		Matcher matcher = SIZE.matcher(size);
		int columns = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
		return (columns >= NARROWEST) ? columns : USUAL_WIDTH;
	}

}
