/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.benchmarks.start;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.webflux.test.autoconfigure.WebFluxTest;
import org.springframework.test.context.TestContextManager;

/**
 * Makes the application context of a slice test, and prints what {@link StartApplication}
 * prints of a start.
 */
public final class SliceStart {

	private SliceStart() {
	}

	/**
	 * Makes the context, and waits until the process is ended.
	 * @param args ignored
	 * @throws InterruptedException never
	 */
	public static void main(String[] args) throws InterruptedException {
		new TestContextManager(Slice.class).getTestContext().getApplicationContext();
		StartApplication.print("started");
		Thread.currentThread().join();
	}

	@WebFluxTest
	static class Slice {

		@SpringBootConfiguration
		@EnableAutoConfiguration
		static class Application {

		}

	}

}
