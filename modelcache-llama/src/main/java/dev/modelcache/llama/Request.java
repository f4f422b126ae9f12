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
 * What the application sends to the process of a model: a question, or that nobody waits
 * for the answer to it any more. The process answers one question after the other, and
 * first of all whether the model is loaded; there is never more than one to answer.
 *
 * @param id the question's number
 * @param cancelled whether nobody waits any more
 * @param prompt the text that the model continues
 * @param answers the answers to choose from
 * @param temperature the sampling temperature
 */
record Request(int id, boolean cancelled, String prompt, List<String> answers, double temperature) {

	/** At the beginning of each message; anything else is none of ours. */
	private static final int MARK = 0x6d6f646c;

	private static final int LARGEST_TEXT = 16 << 20;

	static Request cancellationOf(int id) {
		return new Request(id, true, "", List.of(), 0);
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
		to.write(bytes.toByteArray());
		to.flush();
	}

	/**
	 * Reads a request.
	 * @param in where it is read from
	 * @throws IOException if there is none, or something else
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
		return new Request(id, cancelled, prompt, answers, in.readDouble());
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
	 * What the process answers.
	 *
	 * @param succeeded whether there is an answer
	 * @param text the answer, or why there is none
	 */
	record Reply(boolean succeeded, String text) {

		static Reply failure(Throwable failure) {
			String message = failure.getMessage();
			return new Reply(false,
					(message != null && failure instanceof RuntimeException) ? message : failure.toString());
		}

		void write(OutputStream to) throws IOException {
			ByteArrayOutputStream bytes = new ByteArrayOutputStream();
			DataOutputStream out = new DataOutputStream(bytes);
			out.writeInt(MARK);
			out.writeBoolean(this.succeeded);
			writeText(out, this.text);
			to.write(bytes.toByteArray());
			to.flush();
		}

		/**
		 * Reads a reply.
		 * @param in where it is read from
		 * @throws IOException if there is none, or something else: a JVM that crashes
		 * tells so on its standard output
		 */
		static Reply read(DataInputStream in) throws IOException {
			readMark(in);
			return new Reply(in.readBoolean(), readText(in));
		}

	}

}
