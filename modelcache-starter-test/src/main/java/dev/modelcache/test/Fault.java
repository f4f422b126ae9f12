/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.time.Duration;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * Misbehaviour of a {@link ModelOrigin} in its answer to one request. Immutable.
 */
public final class Fault {

	/** The answer of an origin that behaves well. */
	static final Fault NONE = new Fault("none");

	private final String name;

	/** The status of an answer without the content, or 0. */
	int status;

	@Nullable Duration retryAfter;

	/** The number of bytes after which the connection is closed, or -1. */
	long breakAfter = -1;

	/** The number of bytes after which the answer waits to be released, or -1. */
	long holdAfter = -1;

	boolean wrongBytes;

	boolean withoutRanges;

	@Nullable DataSize perSecond;

	@Nullable String page;

	private Fault(String name) {
		this.name = name;
	}

	/**
	 * Answers with a status code and no content.
	 * @param status the status code, such as 404
	 * @return the fault
	 */
	public static Fault status(int status) {
		if (status < 400 || status > 599) {
			throw new IllegalArgumentException("The status of a fault is 400 to 599, not " + status);
		}
		Fault fault = new Fault("status " + status);
		fault.status = status;
		return fault;
	}

	/**
	 * Answers with the status 503 and {@code Retry-After}.
	 * @param retryAfter the pause to ask for, in whole seconds
	 * @return the fault
	 */
	public static Fault unavailable(Duration retryAfter) {
		Fault fault = status(503);
		fault.retryAfter = retryAfter;
		return fault;
	}

	/**
	 * Closes the connection in the middle of the content.
	 * @param bytes the number of bytes to send before
	 * @return the fault
	 */
	public static Fault breakAfter(long bytes) {
		Fault fault = new Fault("break after " + bytes + " bytes");
		fault.breakAfter = bytes;
		return fault;
	}

	/**
	 * Sends a part of the content, and the rest when {@link ModelOrigin#release()} is
	 * called: in between, the model is being downloaded for as long as a test needs.
	 * @param bytes the number of bytes to send before
	 * @return the fault
	 */
	public static Fault holdAfter(long bytes) {
		Fault fault = new Fault("hold after " + bytes + " bytes");
		fault.holdAfter = bytes;
		return fault;
	}

	/**
	 * Sends content that differs from what is served in its last byte. The digest of the
	 * served content is stated in the answer as always.
	 * @return the fault
	 */
	public static Fault wrongBytes() {
		Fault fault = new Fault("wrong bytes");
		fault.wrongBytes = true;
		return fault;
	}

	/**
	 * Sends the content slowly.
	 * @param perSecond the number of bytes per second
	 * @return the fault
	 */
	public static Fault slow(DataSize perSecond) {
		Fault fault = new Fault(perSecond + " per second");
		fault.perSecond = perSecond;
		return fault;
	}

	/**
	 * Ignores the range of the request and sends the whole content.
	 * @return the fault
	 */
	public static Fault withoutRanges() {
		Fault fault = new Fault("without ranges");
		fault.withoutRanges = true;
		return fault;
	}

	/**
	 * Answers with the web page of a login, as some networks do, and the status 200.
	 * @return the fault
	 */
	public static Fault loginPage() {
		Fault fault = new Fault("login page");
		fault.page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>\n";
		return fault;
	}

	@Override
	public String toString() {
		return this.name;
	}

}
