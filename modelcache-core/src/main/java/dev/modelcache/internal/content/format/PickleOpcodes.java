/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * Follows the opcodes of pickles, protocols 0 to 5, without running them. Only the number
 * of values on the stack is kept, so an opcode counts as valid unless Python's unpickler
 * certainly stops at it.
 * <p>
 * The source is Python's {@code Lib/pickle.py}. Nothing but an import brings a callable
 * onto the stack, so bytes that stop before one are harmless, whatever they begin with.
 * <p>
 * <em>Bounds</em>: {@value #MOST_OPCODES} opcodes, and {@value #MOST_TEXT} bytes of
 * arguments that end with a line. What goes on after that counts as a pickle.
 */
final class PickleOpcodes {

	private static final int MOST_OPCODES = 1 << 15;

	private static final int MOST_TEXT = 1 << 24;

	private static final int LONGEST_NAME = 256;

	/**
	 * Below this number of opcodes, text that goes on after a STOP is more likely, such
	 * as {@code N.Y.}
	 */
	private static final int FEWEST_OPCODES = 8;

	private static final Pattern MODULE = Pattern.compile("[\\w.\\-\\x80-\\xff]+");

	private static final Pattern ATTRIBUTE = Pattern.compile("[^\\s\\p{Cntrl}]+");

	/** Python's C unpickler reads a line that begins with NUL as zero. */
	private static final String NUL = "\0";

	private static final Pattern INTEGER = Pattern.compile("\\s*[+-]?\\d.*", Pattern.DOTALL);

	private static final Pattern FLOAT = Pattern.compile("\\s*[+-]?(?:[\\d.]|inf|nan).*",
			Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

	private static final Pattern QUOTED = Pattern.compile("'.*'\\s*|\".*\"\\s*", Pattern.DOTALL);

	private final HeaderReader in;

	/** The number of values below each mark. */
	private int[] marks = new int[16];

	private int markCount;

	/** The number of values above the last mark. */
	private int values;

	private boolean imported;

	/** How many bytes follow the present frame, if there is one. */
	private long afterFrame = Long.MAX_VALUE;

	private int opcodes;

	private int text;

	private PickleOpcodes(HeaderReader in) {
		this.in = in;
	}

	/**
	 * Returns whether there is a pickle: whether its opcodes lead to a call, or to its
	 * end. Several may follow each other, as in what {@code torch.save} once wrote.
	 * @param in positioned at the beginning
	 * @return whether it is one
	 * @throws IOException if the file cannot be read
	 */
	static boolean isPickle(HeaderReader in) throws IOException {
		PickleOpcodes opcodes = new PickleOpcodes(in);
		while (opcodes.opcodes < MOST_OPCODES && opcodes.text < MOST_TEXT) {
			long start = in.remaining();
			// The opcode may begin another frame.
			long afterFrame = opcodes.afterFrame;
			try {
				if (opcodes.next() || opcodes.leaves(afterFrame, start)) {
					return true;
				}
			}
			catch (NoPickleException | FormatException ex) {
				return opcodes.text >= MOST_TEXT || opcodes.leaves(afterFrame, start);
			}
		}
		return true;
	}

	/** Follows one opcode, and returns whether it shows that this is a pickle. */
	private boolean next() throws IOException {
		int opcode = this.in.uint8();
		this.opcodes++;
		switch (opcode) {
			case 0x80 -> check(this.in.uint8() <= 5);
			case 0x95 -> {
				return frame(this.in.int64());
			}
			case '(' -> mark();
			case '0' -> pop();
			case '1' -> popMark();
			case '2' -> replace(1, 2);
			case '.' -> {
				return stop();
			}
			case 'N', ')', ']', '}', 0x88, 0x89, 0x8f, 0x97 -> this.values++;
			case 'I' -> {
				String line = line();
				push(line.startsWith(NUL) || isNumber(INTEGER, line));
			}
			case 'L', 'g' -> push(isNumber(INTEGER, line()));
			case 'F' -> push(isNumber(FLOAT, line()));
			case 'S' -> push(QUOTED.matcher(line()).matches());
			case 'V', 'P' -> push(line() != null);
			case 'K', 'h' -> push(1);
			case 'M' -> push(Short.BYTES);
			case 'J', 'j' -> push(Integer.BYTES);
			case 'G' -> push(Double.BYTES);
			case 'U', 'C', 0x8a, 0x8c -> push(this.in.uint8());
			case 'T', 0x8b -> push(this.in.int32());
			case 'X', 'B' -> push(this.in.uint32());
			case 0x8d, 0x8e, 0x96 -> push(this.in.int64());
			case 'p' -> {
				replace(1, 1);
				check(isNumber(INTEGER, line()));
			}
			case 'q' -> put(1);
			case 'r' -> put(Integer.BYTES);
			case 0x94, 0x98, 'Q', 0x85 -> replace(1, 1);
			case 0x86 -> replace(2, 1);
			case 0x87 -> replace(3, 1);
			case 'a' -> replace(2, 1);
			case 's' -> replace(3, 1);
			case 't', 'l', 'd', 0x91 -> {
				popMark();
				this.values++;
			}
			case 'e', 'u', 0x90 -> {
				popMark();
				replace(1, 1);
			}
			case 'c' -> {
				readImport();
				this.imported = true;
				this.values++;
			}
			case 0x93 -> {
				replace(2, 1);
				this.imported = true;
			}
			case 0x82, 0x83, 0x84 -> {
				push(1 << (opcode - 0x82));
				this.imported = true;
			}
			case 'i' -> {
				check(this.markCount > 0);
				readImport();
				return true;
			}
			case 'b' -> {
				replace(2, 1);
				return this.imported;
			}
			case 'R', 0x81 -> {
				replace(2, 1);
				return call();
			}
			case 0x92 -> {
				replace(3, 1);
				return call();
			}
			case 'o' -> {
				check(this.markCount > 0 && this.values > 0);
				return call();
			}
			default -> throw new NoPickleException();
		}
		return false;
	}

	/**
	 * Enters a frame, which has no effect unless it is left early. A frame within another
	 * one adds nothing if it ends there too.
	 * @return whether it ends behind the frame that it is in, of which Python may drop
	 * the rest
	 */
	private boolean frame(long length) {
		long after = this.in.remaining() - length;
		if (length < 0 || after < 0) {
			return false;
		}
		boolean within = this.in.remaining() > this.afterFrame;
		if (!within) {
			this.afterFrame = after;
		}
		return within && after < this.afterFrame;
	}

	/**
	 * Returns whether a frame ends within an opcode or its argument. Python's C unpickler
	 * may drop what it has read of the argument and read all of it again behind the
	 * frame, so what follows cannot be followed.
	 * @param afterFrame the number of bytes that follow the frame
	 * @param start the number of bytes that were left where the opcode begins
	 */
	private boolean leaves(long afterFrame, long start) {
		return start > afterFrame && this.in.remaining() < afterFrame;
	}

	private boolean call() throws NoPickleException {
		check(this.imported);
		return true;
	}

	private boolean stop() throws NoPickleException {
		check(this.values > 0);
		// The next pickle is read from behind the frame.
		boolean inFrame = this.in.remaining() > this.afterFrame;
		if (this.imported || inFrame || this.in.remaining() == 0 || this.opcodes >= FEWEST_OPCODES) {
			return true;
		}
		this.markCount = 0;
		this.values = 0;
		return false;
	}

	private void mark() {
		if (this.markCount == this.marks.length) {
			this.marks = Arrays.copyOf(this.marks, 2 * this.markCount);
		}
		this.marks[this.markCount++] = this.values;
		this.values = 0;
	}

	private void popMark() throws NoPickleException {
		check(this.markCount > 0);
		this.values = this.marks[--this.markCount];
	}

	private void pop() throws NoPickleException {
		if (this.values > 0) {
			this.values--;
		}
		else {
			popMark();
		}
	}

	private void push(boolean valid) throws NoPickleException {
		check(valid);
		this.values++;
	}

	private void push(long argument) throws IOException {
		this.in.skip(argument);
		this.values++;
	}

	private void put(int argument) throws IOException {
		replace(1, 1);
		this.in.skip(argument);
	}

	private void replace(int taken, int given) throws NoPickleException {
		check(this.values >= taken);
		this.values += given - taken;
	}

	private void readImport() throws IOException {
		check(MODULE.matcher(line().stripTrailing()).matches() & ATTRIBUTE.matcher(line().stripTrailing()).matches());
	}

	/**
	 * Reads to the end of the line or of the file, where Python's own ends a line too.
	 */
	private String line() throws IOException {
		byte[] beginning = new byte[LONGEST_NAME];
		int length = 0;
		int last = 0;
		while (this.in.remaining() > 0) {
			int next = this.in.uint8();
			if (next == '\n') {
				break;
			}
			if (++this.text >= MOST_TEXT) {
				throw new NoPickleException();
			}
			last = next;
			if (length < LONGEST_NAME) {
				beginning[length] = (byte) next;
			}
			length++;
		}
		if (length > LONGEST_NAME) {
			// The quote at the end of a long string is what is looked for.
			beginning[LONGEST_NAME - 1] = (byte) last;
		}
		return new String(beginning, 0, Math.min(length, LONGEST_NAME), StandardCharsets.ISO_8859_1);
	}

	/** A long line may have blanks before its number. */
	private static boolean isNumber(Pattern number, String line) {
		return line.length() == LONGEST_NAME || number.matcher(line).matches();
	}

	private static void check(boolean valid) throws NoPickleException {
		if (!valid) {
			throw new NoPickleException();
		}
	}

	/** Python's unpickler stops here. */
	private static final class NoPickleException extends IOException {

		@Override
		public synchronized Throwable fillInStackTrace() {
			return this;
		}

	}

}
