/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * JVMs that {@linkplain ForkedJvm#serve serve} tasks, one for each program that starts
 * them, such as one that changes the user. Each is started when it is first wanted.
 */
public final class ForkedJvms implements AutoCloseable {

	private final Class<?> main;

	private final List<String> options;

	private final Map<List<String>, ForkedJvm> started = new HashMap<>();

	/**
	 * Starts none.
	 * @param main the main class of all
	 * @param options options of each JVM
	 */
	public ForkedJvms(Class<?> main, String... options) {
		this.main = main;
		this.options = List.of(options);
	}

	/**
	 * Returns the JVM of a program.
	 * @param wrapper the program and its arguments, to which the command is added
	 * @return the JVM
	 */
	public synchronized ForkedJvm by(List<String> wrapper) {
		return this.started.computeIfAbsent(wrapper, (by) -> ForkedJvm.startBy(by, this.main, this.options));
	}

	@Override
	public synchronized void close() {
		this.started.values().forEach(ForkedJvm::close);
	}

}
