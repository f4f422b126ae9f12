/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.Arrays;
import java.util.List;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * An application without a server that asks for models, whose ids and properties are its
 * arguments: for all hostile ones at the same time, and then for the good one.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class SmallHeapApplication {

	/** Printed with the id, the code and the message of each failure. */
	static final String FAILED = "failed ";

	/** Printed with the outcome of the good model. */
	static final String READY = "ready ";

	/** The id of the model that can be had. */
	static final String GOOD = "good";

	/**
	 * Starts the application.
	 * @param arguments its properties, as options
	 */
	public static void main(String[] arguments) {
		new SpringApplicationBuilder(SmallHeapApplication.class).web(WebApplicationType.NONE)
			.properties("spring.main.banner-mode=off", "spring.jmx.enabled=false", "hooks.llm.startup.mode=none")
			.run(arguments);
	}

	@Bean
	ApplicationRunner askForAll(ModelCache cache, ModelCacheProperties properties) {
		List<String> hostile = properties.getModels().keySet().stream().filter((id) -> !id.equals(GOOD)).toList();
		return (arguments) -> {
			Mono<Void> failures = Flux.fromIterable(hostile)
				.flatMap(
						(id) -> cache.get(id).doOnNext((model) -> print(READY + id)).then().onErrorResume((failure) -> {
							print(FAILED + id + " " + described(failure));
							return Mono.empty();
						}), hostile.size())
				.then();
			BlockingBridge.await(failures);
			CachedModel model = BlockingBridge.await(cache.get(GOOD));
			print(READY + GOOD + " " + model.outcome());
		};
	}

	private static String described(Throwable failure) {
		return (failure instanceof ModelCacheException known) ? known.code() + " " + known.problem()
				: failure + " " + Arrays.toString(failure.getStackTrace());
	}

	private static void print(String line) {
		System.out.println(line);
	}

}
