/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.neighbours;

import java.lang.reflect.InvocationTargetException;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * An application with the starter, and with what else the class path has. It prints its
 * ports when it is up.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import(NeighbourApplication.Greeting.class)
public class NeighbourApplication {

	static final String STARTED = "started ";

	/**
	 * Starts the application.
	 * @param args its arguments
	 */
	public static void main(String[] args) {
		SpringApplication.run(NeighbourApplication.class, args);
	}

	/**
	 * Prints how often the application started in this JVM, and its ports.
	 * @param environment knows the ports
	 * @return the listener
	 */
	@Bean
	static ApplicationListener<ApplicationReadyEvent> announcement(Environment environment) {
		return (event) -> {
			int starts = Integer.getInteger("starts", 0) + 1;
			System.setProperty("starts", String.valueOf(starts));
			String port = environment.getProperty("local.server.port");
			System.out.println(STARTED + starts + " " + port + " "
					+ environment.getProperty("local.management.port", String.valueOf(port)));
		};
	}

	/**
	 * Answers requests.
	 */
	@RestController
	public static class Greeting {

		/**
		 * Greets.
		 * @return the greeting
		 */
		@GetMapping("/")
		public String hello() {
			return "hello";
		}

		/**
		 * Restarts the application, where DevTools are there.
		 * @throws ReflectiveOperationException without them
		 */
		@GetMapping("/restart")
		public void restart() throws ReflectiveOperationException {
			Class<?> type = Class.forName("org.springframework.boot.devtools.restart.Restarter");
			Object restarter = type.getMethod("getInstance").invoke(null);
			new Thread(() -> {
				try {
					type.getMethod("restart").invoke(restarter);
				}
				catch (IllegalAccessException | InvocationTargetException | NoSuchMethodException ex) {
					throw new IllegalStateException(ex);
				}
			}).start();
		}

	}

}
