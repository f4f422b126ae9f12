/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import dev.modelcache.ModelCache;
import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.registry.HealthContributorRegistry;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/**
 * A WebFlux application that has the starter and uses no model. It prints what it has of
 * the model cache.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class UnconfiguredApplication {

	/** Begins the name of a thread of the model cache. */
	static final String THREAD = "thread ";

	/** Begins the name of a meter of the model cache. */
	static final String METER = "meter ";

	/** Printed if there is a health contributor of the model cache. */
	static final String HEALTH = "health contributor";

	/** Printed if the model cache has been created. */
	static final String CREATED = "created";

	/** Printed at the end. */
	static final String END = "end of the list";

	/**
	 * Starts the application and prints the list.
	 * @param arguments its properties, as options
	 */
	public static void main(String[] arguments) {
		SpringApplication application = new SpringApplication(UnconfiguredApplication.class);
		application.setWebApplicationType(WebApplicationType.REACTIVE);
		ConfigurableApplicationContext context = application.run(arguments);
		Thread.getAllStackTraces()
			.keySet()
			.stream()
			.map(Thread::getName)
			.filter((name) -> name.startsWith("modelcache"))
			.forEach((name) -> System.out.println(THREAD + name));
		context.getBean(MeterRegistry.class)
			.getMeters()
			.stream()
			.map((meter) -> meter.getId().getName())
			.filter((name) -> name.startsWith("modelcache"))
			.forEach((name) -> System.out.println(METER + name));
		if (context.getBean(HealthContributorRegistry.class).getContributor("modelCache") != null) {
			System.out.println(HEALTH);
		}
		if (context.getBeanFactory().containsSingleton(context.getBeanNamesForType(ModelCache.class)[0])) {
			System.out.println(CREATED);
		}
		System.out.println(END);
	}

}
