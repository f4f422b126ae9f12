/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.benchmarks.start;

import java.lang.management.ManagementFactory;

import com.sun.management.OperatingSystemMXBean;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * A WebFlux application that prints how long its start took, how many classes it has
 * loaded and how much processor time it has used, and the same when it ends.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class StartApplication {

	/**
	 * Starts the application.
	 * @param args properties
	 */
	public static void main(String[] args) {
		Runtime.getRuntime().addShutdownHook(new Thread(() -> print("ended")));
		SpringApplication.run(StartApplication.class, args);
	}

	@Bean
	static ApplicationListener<ApplicationReadyEvent> announcement() {
		return (event) -> print("started");
	}

	static void print(String what) {
		long millis = System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
		long classes = ManagementFactory.getClassLoadingMXBean().getTotalLoadedClassCount();
		long processor = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
		System.out.println("start: " + what + " " + millis + " " + classes + " " + processor / 1_000_000);
	}

}
