package dev.modelcache.runtime.llama;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.List;

import dev.modelcache.runtime.llama.Request.Reply;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link Request} and {@link Reply}.
 */
class RequestTests {

	private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

	private final DataOutputStream out = new DataOutputStream(this.bytes);

	private DataInputStream in() {
		return new DataInputStream(new ByteArrayInputStream(this.bytes.toByteArray()));
	}

	@Test
	void whatIsWrittenIsRead() throws IOException {
		List<Request> requests = List.of(
				new Request(7, "l'\u00e9t\u00e9\n".repeat(30_000), List.of("A", "\u4e2d"), 0.1),
				Request.cancellationOf(7));
		for (Request request : requests) {
			request.write(this.out);
		}
		DataInputStream in = in();
		assertThat(List.of(Request.read(in), Request.read(in))).isEqualTo(requests);
		assertThatExceptionOfType(EOFException.class).isThrownBy(() -> Request.read(in));
	}

	@Test
	void repliesAreRead() throws IOException {
		Reply reply = new Reply(3, false, "too long");
		reply.write(this.out);
		assertThat(Reply.read(in())).isEqualTo(reply);
	}

	@Test
	void onlyAQuestionHasAnswers() {
		assertThat(Request.cancellationOf(1).isCancellation()).isTrue();
		assertThat(new Request(1, "", List.of("A"), 0).isCancellation()).isFalse();
	}

}
