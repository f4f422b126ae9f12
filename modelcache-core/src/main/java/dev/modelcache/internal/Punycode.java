/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

/**
 * Encodes labels of host names as ASCII (RFC 3492), without a mapping of any character.
 */
final class Punycode {

	private static final int BASE = 36;

	private static final int FIRST_BIAS = 72;

	private static final int FIRST = 0x80;

	private Punycode() {
	}

	/**
	 * Encodes a label (section 6.3).
	 * @param label the label, with characters beyond ASCII
	 * @return its form without the prefix {@code xn--}
	 * @throws IllegalArgumentException if the label is too long for a name
	 */
	static String encode(String label) {
		int[] points = label.codePoints().toArray();
		if (points.length > 63) {
			throw new IllegalArgumentException("a label of more than 63 characters");
		}
		StringBuilder out = new StringBuilder();
		label.codePoints().filter((point) -> point < FIRST).forEach(out::appendCodePoint);
		int basic = out.length();
		if (basic > 0) {
			out.append('-');
		}
		int bias = FIRST_BIAS;
		int delta = 0;
		int next = FIRST;
		for (int done = basic; done < points.length; next++, delta++) {
			int from = next;
			int least = label.codePoints().filter((point) -> point >= from).min().orElseThrow();
			delta += (least - next) * (done + 1);
			next = least;
			for (int point : points) {
				if (point < next) {
					delta++;
				}
				else if (point == next) {
					append(out, delta, bias);
					bias = adapt(delta, done + 1, done == basic);
					delta = 0;
					done++;
				}
			}
		}
		return out.toString();
	}

	private static void append(StringBuilder out, int delta, int bias) {
		int rest = delta;
		for (int k = BASE;; k += BASE) {
			int threshold = Math.max(1, Math.min(26, k - bias));
			if (rest < threshold) {
				out.append(digit(rest));
				return;
			}
			out.append(digit(threshold + (rest - threshold) % (BASE - threshold)));
			rest = (rest - threshold) / (BASE - threshold);
		}
	}

	/** The letters first, then the digits (section 5). */
	private static char digit(int value) {
		return (char) ((value < 26) ? 'a' + value : '0' + value - 26);
	}

	/** Section 6.1. */
	private static int adapt(int delta, int points, boolean first) {
		int rest = first ? delta / 700 : delta / 2;
		rest += rest / points;
		int k = 0;
		while (rest > 35 * 26 / 2) {
			rest /= 35;
			k += BASE;
		}
		return k + 36 * rest / (rest + 38);
	}

}
