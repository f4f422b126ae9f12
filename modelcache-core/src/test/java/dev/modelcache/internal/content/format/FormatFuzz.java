/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

import com.sun.management.ThreadMXBean;

/**
 * What the fuzzer calls: inspects its bytes under several names.
 */
public final class FormatFuzz {

	private static final long MOST_MEMORY = 64 << 20;

	private static final String[] NAMES = { "m.gguf", "m.safetensors", "m.onnx", "m.bin" };

	private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

	private static final Path FILE = temporaryFile();

	private FormatFuzz() {
	}

	private static Path temporaryFile() {
		try {
			return Files.createTempFile("fuzz", ".model");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Fails if an inspection takes too much memory or throws what it should not.
	 * @param input the bytes of a file
	 * @throws IOException if the file cannot be written
	 */
	public static void fuzzerTestOneInput(byte[] input) throws IOException {
		Files.write(FILE, input);
		for (String name : NAMES) {
			// The first time, what the instrumentation of new classes takes is counted
			// too.
			if (memory(name) > MOST_MEMORY && memory(name) > MOST_MEMORY) {
				throw new IllegalStateException("as " + name + " it takes more than " + MOST_MEMORY + " bytes");
			}
		}
	}

	private static long memory(String name) throws IOException {
		long before = THREADS.getCurrentThreadAllocatedBytes();
		try {
			FormatInspection.inspect(FILE, name, FormatSettings.defaults());
		}
		catch (FormatException ex) {
			// As it should be.
		}
		return THREADS.getCurrentThreadAllocatedBytes() - before;
	}

}
