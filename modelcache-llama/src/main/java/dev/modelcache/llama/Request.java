/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Request from the application to the process of a model: a question, or the cancellation
 * of a question. The first reply of the process says whether the model is loaded. There
 * is at most one open question at a time.
 *
 * @param id the number of the question
 * @param cancelled whether the question is cancelled
 * @param prompt the prompt that the model completes
 * @param answers the answers to choose from
 * @param temperature the sampling temperature
 * @param seed the seed of the random numbers
 */
record Request(int id, boolean cancelled, String prompt, List<String> answers, double temperature, int seed) {

	/** Marks the beginning of each message, to detect other output. */
	private static final int MARK = 0x6d6f646c;

	private static final int LARGEST_TEXT = 16 << 20;

	static Request cancellationOf(int id) {
		return new Request(id, true, "", List.of(), 0, 0);
	}

	void write(OutputStream to) throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		DataOutputStream out = new DataOutputStream(bytes);
		out.writeInt(MARK);
		out.writeInt(this.id);
		out.writeBoolean(this.cancelled);
		writeText(out, this.prompt);
		out.writeInt(this.answers.size());
		for (String answer : this.answers) {
			writeText(out, answer);
		}
		out.writeDouble(this.temperature);
		out.writeInt(this.seed);
		to.write(bytes.toByteArray());
		to.flush();
	}

	/**
	 * Reads a request.
	 * @param in the stream to read from
	 * @throws IOException at the end of the stream, or if the stream contains something
	 * else
	 */
	static Request read(DataInputStream in) throws IOException {
		readMark(in);
		int id = in.readInt();
		boolean cancelled = in.readBoolean();
		String prompt = readText(in);
		int count = in.readInt();
		List<String> answers = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			answers.add(readText(in));
		}
		return new Request(id, cancelled, prompt, answers, in.readDouble(), in.readInt());
	}

	private static void readMark(DataInputStream in) throws IOException {
		if (in.readInt() != MARK) {
			throw new IOException("not a message");
		}
	}

	private static void writeText(DataOutputStream out, String text) throws IOException {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		out.writeInt(bytes.length);
		out.write(bytes);
	}

	private static String readText(DataInputStream in) throws IOException {
		int length = in.readInt();
		if (length < 0 || length > LARGEST_TEXT) {
			throw new IOException("not a text");
		}
		byte[] bytes = new byte[length];
		in.readFully(bytes);
		return new String(bytes, StandardCharsets.UTF_8);
	}

	/**
	 * Reply of the process.
	 *
	 * @param succeeded whether the request succeeded
	 * @param refused whether the failure may be that of the file of the model
	 * @param text the answer, or the reason for the failure
	 */
	record Reply(boolean succeeded, boolean refused, String text) {

		static Reply success(String text) {
			return new Reply(true, false, text);
		}

		/** An error is that of a library that is missing or does not fit. */
		static Reply failure(Throwable failure) {
			String message = failure.getMessage();
			return new Reply(false, failure instanceof RuntimeException,
					(message != null && failure instanceof RuntimeException) ? message : failure.toString());
		}

		void write(OutputStream to) throws IOException {
			ByteArrayOutputStream bytes = new ByteArrayOutputStream();
			DataOutputStream out = new DataOutputStream(bytes);
			out.writeInt(MARK);
			out.writeBoolean(this.succeeded);
			out.writeBoolean(this.refused);
			writeText(out, this.text);
			to.write(bytes.toByteArray());
			to.flush();
		}

		/**
		 * Reads a reply.
		 * @param in the stream to read from
		 * @throws IOException at the end of the stream, or if the stream contains
		 * something else, such as the report of a JVM crash
		 */
		static Reply read(DataInputStream in) throws IOException {
			readMark(in);
			return new Reply(in.readBoolean(), in.readBoolean(), readText(in));
		}

	}

}
