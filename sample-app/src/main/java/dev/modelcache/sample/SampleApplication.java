/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.event.EventListener;

/**
 * The sample: open {@code http://localhost:8080} and watch its models arrive.
 */
@SpringBootApplication
public class SampleApplication {

	private static final Logger logger = LoggerFactory.getLogger(SampleApplication.class);

	/**
	 * Starts the servers of the models, then the application.
	 * @param args Spring Boot's arguments, such as
	 * {@code --spring.profiles.active=tinyllama}
	 */
	public static void main(String[] args) {
		SpringApplication application = new SpringApplication(SampleApplication.class);
		application.addInitializers(new OriginInitializer());
		ConfigurableApplicationContext context = application.run(args);
		String parent = context.getEnvironment().getProperty(SecondProcess.PARENT);
		if (parent != null) {
			SecondProcess.endWith(parent);
		}
	}

	@EventListener
	void announce(WebServerInitializedEvent event) {
		logger.info("Open http://localhost:{} (Ctrl-C ends the application)", event.getWebServer().getPort());
	}

}
