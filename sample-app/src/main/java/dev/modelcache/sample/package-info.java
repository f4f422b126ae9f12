/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * A WebFlux application that shows its models while they are downloaded. It uses only
 * what {@code dev.modelcache} makes public, and brings the servers of its models along.
 */
@NullMarked
package dev.modelcache.sample;

import org.jspecify.annotations.NullMarked;
