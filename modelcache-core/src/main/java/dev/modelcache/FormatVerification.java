/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

/**
 * What to do with a file whose header is not that of a valid model.
 */
public enum FormatVerification {

	/** Reject the file. */
	STRICT,

	/** Log a warning. */
	WARN,

	/** Do not check headers. */
	OFF

}
