/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Actuator support: health, endpoint and progress displays.
 */
@NullMarked
package dev.modelcache.actuate;

import org.jspecify.annotations.NullMarked;
