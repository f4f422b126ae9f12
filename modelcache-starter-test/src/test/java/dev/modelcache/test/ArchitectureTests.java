/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

/**
 * What this module may use.
 */
@AnalyzeClasses(packages = "dev.modelcache.test", importOptions = DoNotIncludeTests.class)
class ArchitectureTests {

	@ArchTest
	static final ArchRule onlyTheApiOfTheOtherModulesIsUsed = noClasses().that()
		.resideInAPackage("dev.modelcache.test")
		.should()
		.dependOnClassesThat()
		.resideInAnyPackage("dev.modelcache.internal..", "dev.modelcache.autoconfigure..",
				"dev.modelcache.testsupport..");

}
