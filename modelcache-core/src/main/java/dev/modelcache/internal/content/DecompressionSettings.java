/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

/**
 * How far compressed models may unfold.
 *
 * @param maxExpansion the most decompressed bytes for each compressed byte, at least 1;
 * what stays below 1 MiB is always allowed
 */
public record DecompressionSettings(int maxExpansion) {

	/**
	 * Returns the settings of an application that configures nothing.
	 * @return the defaults
	 */
	public static DecompressionSettings defaults() {
		return new DecompressionSettings(20);
	}

}
