/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.CopyOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.Callable;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.runtime.LlmClassifierBuilder;
import dev.modelcache.runtime.ModelManagerBuilder;
import dev.modelcache.runtime.ModelRuntimeMeters;
import org.springframework.core.io.buffer.DataBufferUtils;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

/**
 * The packages, which of them may use which, and what only one of them may do.
 */
@AnalyzeClasses(packages = ArchitectureTests.BASE, importOptions = DoNotIncludeTests.class)
class ArchitectureTests {

	static final String BASE = "dev.modelcache";

	static final String INTERNAL = BASE + ".internal";

	/** The only classes of the API that use the internals: they put them together. */
	private static final DescribedPredicate<JavaClass> BUILDERS = belongTo(
			equivalentTo(ModelCacheBuilder.class).or(equivalentTo(ModelCacheMeters.class))
				.or(equivalentTo(ModelCacheObservations.class))
				.or(equivalentTo(ModelManagerBuilder.class))
				.or(equivalentTo(LlmClassifierBuilder.class))
				.or(equivalentTo(ModelRuntimeMeters.class)));

	@ArchTest
	static final ArchRule onlyBuildersUseTheInternals = noClasses().that()
		.resideInAnyPackage(BASE, BASE + ".lock", BASE + ".runtime")
		.and(not(BUILDERS))
		.should()
		.dependOnClassesThat()
		.resideInAPackage(INTERNAL + "..");

	@ArchTest
	static final ArchRule packagesAreFreeOfCycles = slices().matching("(**)")
		.should()
		.beFreeOfCycles()
		.ignoreDependency(BUILDERS, alwaysTrue());

	@ArchTest
	static final ArchRule packagesDependOneWay = layeredArchitecture().consideringOnlyDependenciesInLayers()
		.layer("api")
		.definedBy(BASE)
		.layer("lock api")
		.definedBy(BASE + ".lock")
		.layer("source api")
		.definedBy(BASE + ".source")
		.layer("runtime api")
		.definedBy(BASE + ".runtime")
		.layer("shared")
		.definedBy(INTERNAL)
		.layer("acquire")
		.definedBy(INTERNAL + ".acquire")
		.layer("assembly")
		.definedBy(INTERNAL + ".assembly")
		.layer("source")
		.definedBy(INTERNAL + ".source..")
		.layer("lock")
		.definedBy(INTERNAL + ".lock")
		.layer("store")
		.definedBy(INTERNAL + ".store")
		.layer("transfer")
		.definedBy(INTERNAL + ".transfer..")
		.layer("http")
		.definedBy(INTERNAL + ".http")
		.layer("content")
		.definedBy(INTERNAL + ".content..")
		.layer("runtime")
		.definedBy(INTERNAL + ".runtime")
		.whereLayer("api")
		.mayNotAccessAnyLayer()
		.whereLayer("lock api")
		.mayOnlyAccessLayers("api")
		.whereLayer("source api")
		.mayOnlyAccessLayers("api", "shared")
		.whereLayer("runtime api")
		.mayOnlyAccessLayers("api")
		.whereLayer("shared")
		.mayOnlyAccessLayers("api")
		.whereLayer("content")
		.mayOnlyAccessLayers("api", "shared")
		.whereLayer("http")
		.mayOnlyAccessLayers("api", "source api", "shared")
		.whereLayer("lock")
		.mayOnlyAccessLayers("api", "lock api", "shared")
		.whereLayer("store")
		.mayOnlyAccessLayers("api", "lock api", "shared", "lock")
		.whereLayer("source")
		.mayOnlyAccessLayers("api", "source api", "shared", "http")
		.whereLayer("transfer")
		.mayOnlyAccessLayers("api", "source api", "shared", "http", "content", "store")
		.whereLayer("runtime")
		.mayOnlyAccessLayers("api", "runtime api", "shared")
		.whereLayer("acquire")
		.mayNotBeAccessedByAnyLayer()
		.whereLayer("assembly")
		.mayNotBeAccessedByAnyLayer()
		.ignoreDependency(BUILDERS, alwaysTrue());

	@ArchTest
	static final ArchRule coreKnowsNoSpringBoot = noClasses().should()
		.dependOnClassesThat()
		.resideInAnyPackage("org.springframework.boot..", "org.springframework.context..");

	/** The note of a lock is no file of a model: others read it on their machines. */
	@ArchTest
	static final ArchRule onlyTheStoreMovesAndForcesFiles = noClasses().that()
		.resideOutsideOfPackage(INTERNAL + ".store")
		.and()
		.doNotHaveSimpleName("OwnerNote")
		.and()
		.doNotHaveSimpleName("ForcedChannel")
		.should()
		.callMethod(Files.class, "move", Path.class, Path.class, CopyOption[].class)
		.orShould()
		.callMethod(FileChannel.class, "force", boolean.class)
		.orShould()
		.callMethod(AsynchronousFileChannel.class, "force", boolean.class);

	@ArchTest
	static final ArchRule onlyTheLockRoomLocksFiles = noClasses().that()
		.resideOutsideOfPackage(INTERNAL + ".lock")
		.should()
		.dependOnClassesThat()
		.areAssignableTo(FileLock.class);

	@ArchTest
	static final ArchRule nobodyDeletesOnClose = noClasses().should()
		.accessField(StandardOpenOption.class, "DELETE_ON_CLOSE");

	@ArchTest
	static final ArchRule nobodyJoinsABodyInMemory = noClasses().should()
		.callMethodWhere(DescribedPredicate.<JavaCall<?>>describe("DataBufferUtils.join",
				(call) -> call.getTargetOwner().isEquivalentTo(DataBufferUtils.class)
						&& call.getTarget().getName().equals("join")));

	@ArchTest
	static final ArchRule nobodyBlocks = noClasses().should()
		.callMethod(Mono.class, "block")
		.orShould()
		.callMethod(Flux.class, "blockLast")
		.orShould()
		.callMethod(Flux.class, "blockFirst");

	@ArchTest
	static final ArchRule errorsOfOtherThreadsAreSignalled = noClasses().that()
		.resideInAPackage("dev.modelcache.internal..")
		.and()
		.doNotHaveFullyQualifiedName(FailureBoundary.class.getName())
		.should()
		.callMethod(Mono.class, "fromCallable", Callable.class)
		.because("an Error that is thrown on another thread is lost without a FailureBoundary.on");

	@ArchTest
	static final ArchRule timeIsInjected = noClasses().should()
		.callMethod(Instant.class, "now")
		.orShould()
		.callMethod(System.class, "currentTimeMillis")
		.orShould()
		.callMethod(System.class, "nanoTime");

	@ArchTest
	static final ArchRule theClockComesFromOutside = noClasses().that(not(BUILDERS))
		.should()
		.callMethod(Clock.class, "systemUTC");

}
