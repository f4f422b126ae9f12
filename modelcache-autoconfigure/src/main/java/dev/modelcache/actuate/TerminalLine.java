package dev.modelcache.actuate;

import java.io.PrintStream;
import java.util.concurrent.atomic.AtomicBoolean;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;

/**
 * A line of a terminal that a bar is drawn on. The cursor waits at its start, so that a
 * line of the log takes its place and the bar goes on below.
 */
final class TerminalLine extends ConsoleProgressBarConsumer {

	private final PrintStream terminal;

	private final AtomicBoolean closed = new AtomicBoolean();

	TerminalLine(PrintStream terminal) {
		super(terminal);
		this.terminal = terminal;
	}

	@Override
	public void accept(String text) {
		super.accept(text);
		this.terminal.print('\r');
		this.terminal.flush();
	}

	/**
	 * Leaves what was drawn and goes to the next line, once: the library does not close
	 * the line of a bar that ends before it was ever drawn.
	 */
	@Override
	public void close() {
		if (this.closed.compareAndSet(false, true)) {
			super.close();
		}
	}

}
