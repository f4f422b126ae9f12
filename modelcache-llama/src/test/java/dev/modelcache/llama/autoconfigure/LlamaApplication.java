/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama.autoconfigure;

import dev.modelcache.runtime.LlmClassifier;
import dev.modelcache.runtime.ModelManager;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * An application without a server that classifies one text and ends as it is told.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class LlamaApplication {

	/** Printed with the label. */
	static final String LABEL = "label ";

	/**
	 * Starts the application.
	 * @param arguments the model's URL, the cache's directory, and what to do then:
	 * {@code return}, {@code close}, {@code fail} or {@code stay}
	 */
	public static void main(String[] arguments) throws InterruptedException {
		var context = new SpringApplicationBuilder(LlamaApplication.class).web(WebApplicationType.NONE)
			.properties("hooks.llm.url=" + arguments[0], "hooks.llm.cache.directory=" + arguments[1],
					"hooks.llm.cache.min-free-space=1MB", "hooks.llm.classifier.enabled=true",
					"hooks.llm.inference-timeout-ms=60000", "spring.main.banner-mode=off", "spring.jmx.enabled=false",
					"spring.main.keep-alive=" + arguments[2].equals("stay"))
			.run(arguments);
		if (arguments[2].equals("close")) {
			context.close();
		}
	}

	@Bean
	ApplicationRunner classifyOnce(ModelManager manager, LlmClassifier classifier) {
		return (arguments) -> {
			manager.loadModel().block();
			System.out.println(LABEL + classifier.classifyBlocking("ls").label());
			if (arguments.getNonOptionArgs().contains("fail")) {
				throw new IllegalStateException("told to fail");
			}
		};
	}

}
