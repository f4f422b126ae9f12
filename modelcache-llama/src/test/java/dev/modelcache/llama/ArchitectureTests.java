/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.net.URI;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What this module may use, and how the packages of all modules are divided among jars.
 */
class ArchitectureTests {

	private static final JavaClasses ALL = new ClassFileImporter()
		.withImportOption((location) -> !location.contains("test-classes") && !location.contains("-tests.jar"))
		.importPackages("dev.modelcache");

	@Test
	void llamaKnowsNoInternals() {
		noClasses().that()
			.resideInAPackage("dev.modelcache.llama..")
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage("dev.modelcache.internal..", "dev.modelcache.autoconfigure..",
					"dev.modelcache.actuate..")
			.check(ALL);
	}

	@Test
	void onlyTheAutoConfigurationKnowsSpringBoot() {
		noClasses().that()
			.resideInAPackage("dev.modelcache.llama")
			.should()
			.dependOnClassesThat()
			.resideInAPackage("org.springframework..")
			.check(ALL);
	}

	@Test
	void noPackageIsInTwoJars() {
		Map<String, TreeSet<String>> jars = new TreeMap<>();
		ALL.forEach((type) -> jars.computeIfAbsent(type.getPackageName(), (name) -> new TreeSet<>())
			.add(jar(type.getSource().orElseThrow().getUri(), type.getName())));
		assertThat(jars).containsKeys("dev.modelcache", "dev.modelcache.autoconfigure", "dev.modelcache.llama");
		assertThat(jars).allSatisfy((name, all) -> assertThat(all).as(name).hasSize(1));
	}

	private static String jar(URI file, String type) {
		String outer = type.replace('.', '/');
		String text = file.toString();
		return text.substring(0, text.length() - outer.length() - ".class".length());
	}

}
