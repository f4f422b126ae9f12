/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.time.Instant;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

/**
 * What this module's packages may use.
 */
@AnalyzeClasses(packages = { "dev.modelcache.autoconfigure", "dev.modelcache.actuate" },
		importOptions = DoNotIncludeTests.class)
class ArchitectureTests {

	@ArchTest
	static final ArchRule packagesAreFreeOfCycles = slices().matching("(**)").should().beFreeOfCycles();

	@ArchTest
	static final ArchRule onlyTheApiOfTheCoreIsUsed = noClasses().should()
		.dependOnClassesThat()
		.resideInAPackage("dev.modelcache.internal..");

	@ArchTest
	static final ArchRule onlyTheBridgeBlocks = noClasses().that()
		.haveNameNotMatching(".*\\.BlockingBridge")
		.should()
		.callMethod(Mono.class, "block")
		.orShould()
		.callMethod(Flux.class, "blockLast")
		.orShould()
		.callMethod(Flux.class, "blockFirst");

	@ArchTest
	static final ArchRule timeIsInjected = noClasses().should()
		.callMethod(Instant.class, "now")
		.orShould()
		.callMethod(System.class, "currentTimeMillis")
		.orShould()
		.callMethod(System.class, "nanoTime");

}
