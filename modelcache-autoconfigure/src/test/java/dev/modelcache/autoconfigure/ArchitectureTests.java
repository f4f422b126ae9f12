package dev.modelcache.autoconfigure;

import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.CopyOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.springframework.core.io.buffer.DataBufferUtils;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

/**
 * The rooms, who may use whom, and what only one of them may do.
 */
@AnalyzeClasses(packages = ArchitectureTests.BASE, importOptions = DoNotIncludeTests.class)
class ArchitectureTests {

	static final String BASE = "dev.modelcache";

	@ArchTest
	static final ArchRule packagesAreFreeOfCycles = slices().matching("(**)").should().beFreeOfCycles();

	@ArchTest
	static final ArchRule roomsDependOneWay = layeredArchitecture().consideringOnlyDependenciesInLayers()
		.layer("base")
		.definedBy(BASE)
		.layer("source")
		.definedBy(BASE + ".source..")
		.layer("lock")
		.definedBy(BASE + ".lock..")
		.layer("content")
		.definedBy(BASE + ".content..")
		.layer("store")
		.definedBy(BASE + ".store..")
		.layer("transfer")
		.definedBy(BASE + ".transfer..")
		.layer("engine")
		.definedBy(BASE + ".engine..")
		.layer("runtime")
		.definedBy(BASE + ".runtime..")
		.layer("actuate")
		.definedBy(BASE + ".actuate..")
		.layer("autoconfigure")
		.definedBy(BASE + ".autoconfigure..")
		.whereLayer("base")
		.mayNotAccessAnyLayer()
		.whereLayer("source")
		.mayOnlyAccessLayers("base")
		.whereLayer("lock")
		.mayOnlyAccessLayers("base")
		.whereLayer("content")
		.mayOnlyAccessLayers("base")
		.whereLayer("store")
		.mayOnlyAccessLayers("base", "lock")
		.whereLayer("transfer")
		.mayOnlyAccessLayers("base", "source", "content", "store")
		.whereLayer("engine")
		.mayOnlyAccessLayers("base", "source", "lock", "content", "store", "transfer")
		.whereLayer("runtime")
		.mayOnlyAccessLayers("base")
		.whereLayer("actuate")
		.mayOnlyAccessLayers("base")
		.whereLayer("autoconfigure")
		.mayNotBeAccessedByAnyLayer();

	@ArchTest
	static final ArchRule onlyTheGlueKnowsSpringBoot = noClasses().that()
		.resideOutsideOfPackages(BASE + ".autoconfigure..", BASE + ".actuate..")
		.should()
		.dependOnClassesThat()
		.resideInAPackage("org.springframework.boot..");

	@ArchTest
	static final ArchRule onlyTheStoreMovesAndForcesFiles = noClasses().that()
		.resideOutsideOfPackage(BASE + ".store..")
		.should()
		.callMethod(Files.class, "move", Path.class, Path.class, CopyOption[].class)
		.orShould()
		.callMethod(FileChannel.class, "force", boolean.class)
		.orShould()
		.callMethod(AsynchronousFileChannel.class, "force", boolean.class);

	@ArchTest
	static final ArchRule onlyTheLockRoomLocksFiles = noClasses().that()
		.resideOutsideOfPackage(BASE + ".lock..")
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

	@ArchTest
	static final ArchRule theClockComesFromTheGlue = noClasses().that()
		.resideOutsideOfPackage(BASE + ".autoconfigure..")
		.should()
		.callMethod(Clock.class, "systemUTC");

}
