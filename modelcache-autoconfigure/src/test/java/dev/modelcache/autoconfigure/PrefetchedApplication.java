/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * A web application that does not start where it is built: its database is elsewhere.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class PrefetchedApplication {

	/** Printed if beans of the application are created. */
	static final String CREATED = "beans are created";

	/**
	 * Starts the application.
	 * @param arguments its properties, as options, behind the type of the application
	 */
	public static void main(String[] arguments) {
		SpringApplication application = new SpringApplication(PrefetchedApplication.class);
		application.setWebApplicationType(WebApplicationType.valueOf(arguments[0]));
		application.run(arguments);
	}

	@Bean
	Object database() {
		System.out.println(CREATED);
		throw new IllegalStateException("no database");
	}

}
