package dev.modelcache.actuate;

import java.io.Console;
import java.lang.reflect.Method;

/**
 * Whether somebody watches.
 */
public final class Terminal {

	private Terminal() {
	}

	/**
	 * Returns whether the application's input and output are a terminal.
	 * @return {@code true} on a terminal
	 */
	public static boolean isInteractive() {
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

}
