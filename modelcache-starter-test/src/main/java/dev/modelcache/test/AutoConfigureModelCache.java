/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;

/**
 * Annotation for a test class whose application downloads its models from a
 * {@link ModelOrigin} on the loopback interface, which is a bean of the application
 * context. All web requests of the model cache go to it, whatever URLs the configuration
 * names, so the configuration of the application can be used as it is. What a test does
 * not {@linkplain ModelOrigin#serve serve} is one of the {@link TinyModels}.
 * <p>
 * The start of the application acquires nothing, and each test begins with an empty cache
 * and an origin without files, faults and requests of other tests.
 * <p>
 * The cache has a temporary directory for each application context; configured
 * {@code model-path}s are moved into it. Configured digests, the lock file,
 * {@code offline} and the stores of other tools are not used.
 * <p>
 * Slice tests such as {@code @WebFluxTest} get the auto-configuration of the cache by
 * this annotation. Without it, nothing is downloaded in tests: see docs/testing.md.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ImportAutoConfiguration
public @interface AutoConfigureModelCache {

	/**
	 * Whether the start of the application acquires models, as
	 * {@code hooks.llm.startup.mode} says. Cache and origin are then shared by the tests
	 * of the application context.
	 * @return {@code true} to acquire them
	 */
	boolean startup() default false;

}
