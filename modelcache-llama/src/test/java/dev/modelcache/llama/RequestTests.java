/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

import dev.modelcache.llama.Request.Reply;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link Request} and {@link Reply}.
 */
class RequestTests {

	private final ByteArrayOutputStream out = new ByteArrayOutputStream();

	private static DataInputStream in(byte[] bytes) {
		return new DataInputStream(new ByteArrayInputStream(bytes));
	}

	@Test
	void whatIsWrittenIsRead() throws IOException {
		List<Request> requests = List.of(
				new Request(7, false, "l'\u00e9t\u00e9\n".repeat(30_000), List.of("A", "\u4e2d"), 0.1, 42),
				Request.cancellationOf(7));
		for (Request request : requests) {
			request.write(this.out);
		}
		DataInputStream in = in(this.out.toByteArray());
		assertThat(List.of(Request.read(in), Request.read(in))).isEqualTo(requests);
		assertThatExceptionOfType(EOFException.class).isThrownBy(() -> Request.read(in));
	}

	@Test
	void repliesAreRead() throws IOException {
		Reply reply = new Reply(false, true, "too long");
		reply.write(this.out);
		assertThat(Reply.read(in(this.out.toByteArray()))).isEqualTo(reply);
	}

	@Test
	void aLibraryThatIsMissingIsNotBlamedOnTheFile() {
		assertThat(Reply.failure(new UnsatisfiedLinkError("libx")).refused()).isFalse();
		assertThat(Reply.failure(new IllegalStateException("no model")).refused()).isTrue();
	}

	@Test
	void whatACrashingJvmSaysIsNoReply() {
		assertThatIOException()
			.isThrownBy(() -> Reply.read(in("#\n# A fatal error has been detected by the Java Runtime Environment:\n"
				.getBytes(StandardCharsets.US_ASCII))));
	}

	@Test
	void aFailureIsToldByItsMessageWhereThatIsASentence() {
		assertThat(Reply.failure(new IllegalStateException("too long")).text()).isEqualTo("too long");
		assertThat(Reply.failure(new IllegalStateException()).text()).contains("IllegalStateException");
		assertThat(Reply.failure(new UnsatisfiedLinkError("libx")).text()).contains("UnsatisfiedLinkError: libx");
	}

}
