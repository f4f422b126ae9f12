/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import org.jspecify.annotations.Nullable;

/**
 * How the elements of a tensor of a GGUF file are stored: in blocks of some elements,
 * each of some bytes.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">GGUF</a>
 */
enum GgmlType {

	F32(0, 1, 4), F16(1, 1, 2), Q4_0(2, 32, 18), Q4_1(3, 32, 20), Q5_0(6, 32, 22), Q5_1(7, 32, 24), Q8_0(8, 32, 34),
	Q8_1(9, 32, 36), Q2_K(10, 256, 84), Q3_K(11, 256, 110), Q4_K(12, 256, 144), Q5_K(13, 256, 176), Q6_K(14, 256, 210),
	Q8_K(15, 256, 292), IQ2_XXS(16, 256, 66), IQ2_XS(17, 256, 74), IQ3_XXS(18, 256, 98), IQ1_S(19, 256, 50),
	IQ4_NL(20, 32, 18), IQ3_S(21, 256, 110), IQ2_S(22, 256, 82), IQ4_XS(23, 256, 136), I8(24, 1, 1), I16(25, 1, 2),
	I32(26, 1, 4), I64(27, 1, 8), F64(28, 1, 8), IQ1_M(29, 256, 56), BF16(30, 1, 2), TQ1_0(34, 256, 54),
	TQ2_0(35, 256, 66), MXFP4(39, 32, 17), NVFP4(40, 64, 36), Q1_0(41, 128, 18);

	private final int number;

	private final int blockElements;

	private final int blockBytes;

	GgmlType(int number, int blockElements, int blockBytes) {
		this.number = number;
		this.blockElements = blockElements;
		this.blockBytes = blockBytes;
	}

	/**
	 * Returns a type, or {@code null} for one that is newer than this list, or that other
	 * programs than llama.cpp use: Ollama has MXFP4 as 4, too, and bitnet.cpp its types
	 * from 36 to 38.
	 */
	static @Nullable GgmlType of(int number) {
		for (GgmlType type : values()) {
			if (type.number == number) {
				return type;
			}
		}
		return null;
	}

	/**
	 * Returns whether it is a number of a type that was given up and has no other use.
	 */
	static boolean isRemoved(int number) {
		return number == 5 || (number >= 31 && number <= 33);
	}

	/** Returns whether rows of this length can be stored. */
	boolean fits(long row) {
		return row % this.blockElements == 0;
	}

	/** Returns the bytes that elements take. */
	long bytes(long elements) {
		return Math.multiplyExact(elements / this.blockElements, (long) this.blockBytes);
	}

	/**
	 * Returns the name of a {@code general.file_type}: what most tensors of a file are.
	 * @param number the value, as llama.cpp counts
	 * @return the name, or {@code null} for one that is newer than this list
	 */
	static @Nullable String fileType(long number) {
		return switch (Math.toIntExact(Math.min(number, Integer.MAX_VALUE))) {
			case 0 -> "F32";
			case 1 -> "F16";
			case 2 -> "Q4_0";
			case 3 -> "Q4_1";
			case 7 -> "Q8_0";
			case 8 -> "Q5_0";
			case 9 -> "Q5_1";
			case 10 -> "Q2_K";
			case 11 -> "Q3_K_S";
			case 12 -> "Q3_K_M";
			case 13 -> "Q3_K_L";
			case 14 -> "Q4_K_S";
			case 15 -> "Q4_K_M";
			case 16 -> "Q5_K_S";
			case 17 -> "Q5_K_M";
			case 18 -> "Q6_K";
			case 19 -> "IQ2_XXS";
			case 20 -> "IQ2_XS";
			case 21 -> "Q2_K_S";
			case 22 -> "IQ3_XS";
			case 23 -> "IQ3_XXS";
			case 24 -> "IQ1_S";
			case 25 -> "IQ4_NL";
			case 26 -> "IQ3_S";
			case 27 -> "IQ3_M";
			case 28 -> "IQ2_S";
			case 29 -> "IQ2_M";
			case 30 -> "IQ4_XS";
			case 31 -> "IQ1_M";
			case 32 -> "BF16";
			case 36 -> "TQ1_0";
			case 37 -> "TQ2_0";
			case 38 -> "MXFP4";
			case 39 -> "NVFP4";
			case 40 -> "Q1_0";
			default -> null;
		};
	}

}
