/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;

import dev.modelcache.CachedModel;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.springframework.util.FileSystemUtils;

/**
 * How long it takes to be told that a model is there, with {@code expected-checksum}
 * configured, in a whole application.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LookUpBenchmark {

	private Path directory = Path.of("");

	private @Nullable ModelUnderTest model;

	/**
	 * Starts the application and lets it have its model.
	 * @throws IOException if the model cannot be written
	 * @throws NoSuchAlgorithmException never
	 */
	@Setup
	public void start() throws IOException, NoSuchAlgorithmException {
		byte[] content = new byte[1 << 20];
		new Random(2026).nextBytes(content);
		String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
		this.directory = Scratch.directory("look-up");
		Path source = Files.write(this.directory.resolve("model"), content);
		this.model = ModelUnderTest.start(this.directory.resolve("cache"), digest, List.of(source.toUri()), 0);
		this.model.download();
	}

	/**
	 * Ends the application and deletes the model.
	 * @throws IOException if it cannot be deleted
	 */
	@TearDown
	public void stop() throws IOException {
		Objects.requireNonNull(this.model).close();
		FileSystemUtils.deleteRecursively(this.directory);
	}

	/**
	 * Asks for the model that is there.
	 * @return the model
	 */
	@Benchmark
	public CachedModel lookUp() {
		return Objects.requireNonNull(this.model).get();
	}

}
