/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.util.List;

/**
 * A version of a model of which files may be seen.
 *
 * @param manifest what makes it up
 * @param files the places of its files, in the order of the manifest
 */
public record SeenVersion(ModelManifest manifest, List<ModelPlace> files) {

}
