/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.neighbours;

import java.io.File;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What an application may have beside the starter, as the files of its class path.
 */
enum Neighbour {

	MVC("spring-webmvc|spring-boot-webmvc|spring-boot-servlet|spring-boot-tomcat|spring-boot-starter-(webmvc|tomcat)"
			+ "|tomcat-embed"),

	WEBFLUX("spring-boot-(webflux|reactor-netty|netty)-|spring-boot-starter-(webflux|reactor-netty)"),

	ACTUATOR("actuator|spring-boot-health|spring-boot-(starter-)?micrometer-(metrics|observation)"
			+ "|micrometer-jakarta9"),

	SECURITY("spring-security-(config|core|web|crypto)|spring-boot-(starter-)?security"),

	ADMIN_CLIENT("spring-boot-admin|spring-boot-(starter-)?restclient"),

	CLOUD_CONTEXT("spring-cloud-context|spring-security-crypto"),

	PROMETHEUS("micrometer-registry-prometheus|prometheus-metrics"),

	TRACING("micrometer-tracing|brave|zipkin|context-propagation"),

	RESILIENCE4J("resilience4j-(spring-boot4|spring6|framework-common|micrometer)"),

	DEVTOOLS("spring-boot-devtools");

	private static final Pattern OF_TESTS = Pattern.compile("junit|mockito|assertj|hamcrest|awaitility|json-path|"
			+ "json-smart|accessors-smart|asm-|byte-buddy|objenesis|xmlunit|jsonassert|android-json|opentest4j|apiguardian|"
			+ "surefire|spring-test|spring-boot-[a-z-]*test|-tests\\.jar");

	private final Pattern files;

	Neighbour(String files) {
		this.files = Pattern.compile("(^|.*-)(" + files + ").*");
	}

	/** Returns a class path without the neighbours that are not wanted. */
	static String classPath(String all, Set<Neighbour> wanted) {
		return Arrays.stream(all.split(File.pathSeparator))
			.filter((entry) -> isWanted(entry, wanted))
			.collect(Collectors.joining(File.pathSeparator));
	}

	private static boolean isWanted(String entry, Set<Neighbour> wanted) {
		File file = new File(entry);
		String name = file.getName();
		if (OF_TESTS.matcher(name).find() || entry.endsWith("modelcache-autoconfigure/target/test-classes")) {
			return false;
		}
		Set<Neighbour> owners = Stream.of(values())
			.filter((neighbour) -> name.endsWith(".jar") && !name.startsWith("modelcache-")
					&& neighbour.files.matcher(name).matches())
			.collect(Collectors.toSet());
		return owners.isEmpty() || owners.stream().anyMatch(wanted::contains);
	}

}
