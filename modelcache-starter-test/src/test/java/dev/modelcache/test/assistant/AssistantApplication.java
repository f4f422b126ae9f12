/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.assistant;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * The application of the tests in docs/testing.md.
 */
@SpringBootApplication
class AssistantApplication {

}
