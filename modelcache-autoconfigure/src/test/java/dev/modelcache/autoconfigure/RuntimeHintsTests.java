/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroups;
import org.springframework.context.annotation.AnnotatedBeanDefinitionReader;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.javapoet.ClassName;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What an application that is processed ahead of time needs at run time.
 */
class RuntimeHintsTests {

	private static RuntimeHints hints() {
		GenericApplicationContext context = new GenericApplicationContext();
		new AnnotatedBeanDefinitionReader(context).register(ModelCacheAutoConfiguration.class,
				ModelCacheHealthAutoConfiguration.ReadinessConfiguration.class);
		DefaultGenerationContext generation = new DefaultGenerationContext(
				new ClassNameGenerator(ClassName.get("dev.modelcache.autoconfigure", "Application")),
				new InMemoryGeneratedFiles());
		System.setProperty("spring.aot.processing", "true");
		try {
			new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
		}
		finally {
			System.clearProperty("spring.aot.processing");
		}
		SpringFactoriesLoader.forResourceLocation("META-INF/spring/aot.factories")
			.load(RuntimeHintsRegistrar.class)
			.forEach((registrar) -> registrar.registerHints(generation.getRuntimeHints(),
					RuntimeHintsTests.class.getClassLoader()));
		return generation.getRuntimeHints();
	}

	@Test
	void propertiesCanBeBound() throws NoSuchMethodException {
		RuntimeHints hints = hints();
		for (Class<?> type : List.of(ModelCacheProperties.class, DownloadProperties.class, CatalogProperties.class,
				ClassifierProperties.class, ModelProperties.class, ModelSourceProperties.class,
				ModelCacheProperties.Startup.class)) {
			assertThat(RuntimeHintsPredicates.reflection().onType(type)).as(type.getName()).accepts(hints);
		}
		assertThat(RuntimeHintsPredicates.reflection()
			.onMethodInvocation(ModelSourceProperties.class.getMethod("setUrl", String.class))).accepts(hints);
	}

	@Test
	void builtInCatalogIsAResource() {
		assertThat(
				RuntimeHintsPredicates.resource().forResource("dev/modelcache/internal/source/catalog/built-in.json"))
			.accepts(hints());
		assertThat(RuntimeHintsTests.class.getResource("/dev/modelcache/internal/source/catalog/built-in.json"))
			.isNotNull();
	}

	@Test
	void groupsOfHealthAreProxiesThatAreKnown(@TempDir Path directory) {
		RuntimeHints hints = hints();
		try (RunningApplication application = RunningApplication.start(WebApplicationType.REACTIVE,
				List.of("hooks.llm.cache.directory=" + directory))) {
			HealthEndpointGroups groups = application.bean(HealthEndpointGroups.class);
			for (Object proxy : List.of(groups, groups.get("readiness"))) {
				assertThat(Proxy.isProxyClass(proxy.getClass())).isTrue();
				assertThat(RuntimeHintsPredicates.proxies().forInterfaces(proxy.getClass().getInterfaces()))
					.as(List.of(proxy.getClass().getInterfaces()).toString())
					.accepts(hints);
			}
		}
	}

}
