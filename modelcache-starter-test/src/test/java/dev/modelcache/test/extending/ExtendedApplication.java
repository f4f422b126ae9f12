/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.extending;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * The application of the examples in docs/extending.md.
 */
@SpringBootApplication
class ExtendedApplication {

}
