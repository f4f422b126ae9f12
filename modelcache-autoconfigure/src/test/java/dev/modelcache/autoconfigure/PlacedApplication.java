/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.ArrayList;
import java.util.List;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCacheOperations;
import dev.modelcache.ModelRequest;

import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * An application without a server that gets its configured models one after the other and
 * ends, perhaps followed by others in the same process.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class PlacedApplication {

	/** Printed with the id and the path of each model. */
	static final String READY = "ready ";

	/** Printed with the id, the code, the problem and the action of each failure. */
	static final String FAILED = "failed ";

	/** Printed at the end of each application. */
	static final String END = "end of the models";

	/** Stands between the properties of two applications. */
	static final String NEXT = "--next";

	/**
	 * Starts applications, one after the other.
	 * @param arguments the properties of each, as options
	 */
	public static void main(String[] arguments) {
		List<String> properties = new ArrayList<>();
		for (String argument : arguments) {
			if (argument.equals(NEXT)) {
				start(properties);
				properties.clear();
			}
			else {
				properties.add(argument);
			}
		}
		start(properties);
	}

	private static void start(List<String> properties) {
		try {
			new SpringApplicationBuilder(PlacedApplication.class).web(WebApplicationType.NONE)
				.properties("spring.main.banner-mode=off", "spring.jmx.enabled=false", "hooks.llm.startup.mode=none")
				.run(properties.toArray(String[]::new))
				.close();
		}
		catch (RuntimeException ex) {
			// The reason why it does not start has been printed.
		}
		finally {
			System.out.println(END);
		}
	}

	@Bean
	ApplicationRunner getAll(ModelCache cache, ModelCacheOperations operations) {
		return (arguments) -> {
			for (ModelRequest request : operations.models()) {
				get(cache, request.id());
			}
		};
	}

	private static void get(ModelCache cache, String id) {
		try {
			CachedModel model = BlockingBridge.await(cache.get(id));
			System.out.println(READY + id + " " + ((model != null) ? model.path() : ""));
		}
		catch (ModelCacheException ex) {
			System.out.println(FAILED + id + " " + ex.code() + ": " + ex.problem() + ". " + ex.action() + ".");
		}
	}

}
