package dev.modelcache.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;

import org.springframework.core.io.ClassPathResource;
import org.springframework.util.DigestUtils;

/**
 * The file that the sample brings along: a language model of 500 kB that tells commands
 * that create, read, update and delete apart. {@code sample-app/model} has the script
 * that made it. Immutable; the whole file is held in memory.
 */
final class DemoModel {

	static final String FILE = "commands.gguf";

	private final byte[] content = content();

	/** Names the bytes; nothing is proved with it. */
	private final String etag = "\"" + DigestUtils.md5DigestAsHex(this.content) + "\"";

	/**
	 * Returns the size of the file.
	 * @return the size in bytes
	 */
	long size() {
		return this.content.length;
	}

	/**
	 * Returns the validator of these bytes.
	 * @return a strong entity tag (RFC 9110, 8.8.3)
	 */
	String etag() {
		return this.etag;
	}

	/**
	 * Copies a part of the file.
	 * @param offset where the part begins
	 * @param length its length in bytes
	 * @return the bytes
	 */
	byte[] bytes(long offset, int length) {
		int from = Math.toIntExact(offset);
		return Arrays.copyOfRange(this.content, from, from + length);
	}

	private static byte[] content() {
		try {
			return new ClassPathResource("models/" + FILE).getContentAsByteArray();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
