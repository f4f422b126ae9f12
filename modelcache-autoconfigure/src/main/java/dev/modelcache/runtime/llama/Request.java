package dev.modelcache.runtime.llama;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What the application sends to the process of a model: a question, or, without answers
 * to choose from, that nobody waits for it any more.
 *
 * @param id the question's number, from 1
 * @param prompt the text that the model continues
 * @param answers the answers to choose from
 * @param temperature the sampling temperature
 */
record Request(int id, String prompt, List<String> answers, double temperature) {

	/** The number of what is not asked for: whether the model is loaded. */
	static final int LOADING = 0;

	static Request cancellationOf(int id) {
		return new Request(id, "", List.of(), 0);
	}

	boolean isCancellation() {
		return this.answers.isEmpty();
	}

	void write(DataOutputStream out) throws IOException {
		out.writeInt(this.id);
		writeText(out, this.prompt);
		out.writeInt(this.answers.size());
		for (String answer : this.answers) {
			writeText(out, answer);
		}
		out.writeDouble(this.temperature);
		out.flush();
	}

	static Request read(DataInputStream in) throws IOException {
		int id = in.readInt();
		String prompt = readText(in);
		int count = in.readInt();
		List<String> answers = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			answers.add(readText(in));
		}
		return new Request(id, prompt, answers, in.readDouble());
	}

	private static void writeText(DataOutputStream out, String text) throws IOException {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		out.writeInt(bytes.length);
		out.write(bytes);
	}

	private static String readText(DataInputStream in) throws IOException {
		byte[] bytes = new byte[in.readInt()];
		in.readFully(bytes);
		return new String(bytes, StandardCharsets.UTF_8);
	}

	/**
	 * What the process answers.
	 *
	 * @param id the question's number, or {@link #LOADING}
	 * @param succeeded whether there is an answer
	 * @param text the answer, or why there is none
	 */
	record Reply(int id, boolean succeeded, String text) {

		void write(DataOutputStream out) throws IOException {
			out.writeInt(this.id);
			out.writeBoolean(this.succeeded);
			writeText(out, this.text);
			out.flush();
		}

		/**
		 * Reads a reply.
		 * @param in where it is read from
		 * @throws EOFException if there is none
		 */
		static Reply read(DataInputStream in) throws IOException {
			return new Reply(in.readInt(), in.readBoolean(), readText(in));
		}

	}

}
