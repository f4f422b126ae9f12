/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Sources that are registries: Ollama's, and those of the OCI distribution specification.
 */
@NullMarked
package dev.modelcache.internal.source.oci;

import org.jspecify.annotations.NullMarked;
