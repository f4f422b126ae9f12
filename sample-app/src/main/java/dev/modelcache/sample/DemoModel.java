package dev.modelcache.sample;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A small GGUF file (version 3) that exists only as a rule: a header that describes one
 * transformer block, and weights that are computed from their offset. The header is
 * valid; the weights are noise and there is no tokenizer, so that it is good for
 * downloading only. Always the same bytes, 48 MB of them; immutable.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">GGUF</a>
 */
final class DemoModel {

	private static final int ALIGNMENT = 32;

	private static final int EMBEDDING = 512;

	private static final int FEED_FORWARD = 4096;

	private static final int VOCABULARY = 16384;

	private static final int TYPE_UINT32 = 4;

	private static final int TYPE_FLOAT32 = 6;

	private static final int TYPE_STRING = 8;

	/** Keeps every half and single precision number below 2, so that none is NaN. */
	private static final long EXPONENT_MASK = 0xBFFF_BFFF_BFFF_BFFFL;

	private static final long SEED = 0x6d6f_6465_6c63_6163L;

	private static final List<Tensor> TENSORS = List.of(Tensor.f16("token_embd.weight", EMBEDDING, VOCABULARY),
			Tensor.f32("blk.0.attn_norm.weight", EMBEDDING), Tensor.f16("blk.0.attn_q.weight", EMBEDDING, EMBEDDING),
			Tensor.f16("blk.0.attn_k.weight", EMBEDDING, EMBEDDING),
			Tensor.f16("blk.0.attn_v.weight", EMBEDDING, EMBEDDING),
			Tensor.f16("blk.0.attn_output.weight", EMBEDDING, EMBEDDING),
			Tensor.f32("blk.0.ffn_norm.weight", EMBEDDING),
			Tensor.f16("blk.0.ffn_gate.weight", EMBEDDING, FEED_FORWARD),
			Tensor.f16("blk.0.ffn_up.weight", EMBEDDING, FEED_FORWARD),
			Tensor.f16("blk.0.ffn_down.weight", FEED_FORWARD, EMBEDDING), Tensor.f32("output_norm.weight", EMBEDDING),
			Tensor.f16("output.weight", EMBEDDING, VOCABULARY));

	private final byte[] header = header();

	/**
	 * Returns the size of the file.
	 * @return the size in bytes
	 */
	long size() {
		return this.header.length + TENSORS.stream().mapToLong(Tensor::paddedSize).sum();
	}

	/**
	 * Returns the validator of these bytes.
	 * @return a strong entity tag (RFC 9110, 8.8.3)
	 */
	String etag() {
		return "\"demo-%x-%d\"".formatted(SEED, size());
	}

	/**
	 * Computes a part of the file.
	 * @param offset where the part begins
	 * @param length its length in bytes
	 * @return the bytes
	 */
	byte[] bytes(long offset, int length) {
		byte[] bytes = new byte[length];
		for (int i = 0; i < length; i++) {
			long position = offset + i;
			if (position < this.header.length) {
				bytes[i] = this.header[(int) position];
			}
			else {
				bytes[i] = (byte) (word(position >>> 3) >>> (8 * (position & 7)));
			}
		}
		return bytes;
	}

	/** SplitMix64 (Steele, Lea, Flood 2014), which can start anywhere. */
	private static long word(long index) {
		long z = SEED + index * 0x9E3779B97F4A7C15L;
		z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
		z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
		return (z ^ (z >>> 31)) & EXPONENT_MASK;
	}

	private static byte[] header() {
		ByteBuffer out = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
		out.put("GGUF".getBytes(StandardCharsets.US_ASCII)).putInt(3);
		out.putLong(TENSORS.size()).putLong(10);
		string(key(out, "general.architecture", TYPE_STRING), "llama");
		string(key(out, "general.name", TYPE_STRING), "modelcache demo");
		key(out, "general.alignment", TYPE_UINT32).putInt(ALIGNMENT);
		key(out, "general.file_type", TYPE_UINT32).putInt(1);
		key(out, "llama.context_length", TYPE_UINT32).putInt(EMBEDDING);
		key(out, "llama.embedding_length", TYPE_UINT32).putInt(EMBEDDING);
		key(out, "llama.block_count", TYPE_UINT32).putInt(1);
		key(out, "llama.feed_forward_length", TYPE_UINT32).putInt(FEED_FORWARD);
		key(out, "llama.attention.head_count", TYPE_UINT32).putInt(8);
		key(out, "llama.attention.layer_norm_rms_epsilon", TYPE_FLOAT32).putFloat(1e-5f);
		long offset = 0;
		for (Tensor tensor : TENSORS) {
			string(out, tensor.name()).putInt(tensor.dimensions().size());
			tensor.dimensions().forEach(out::putLong);
			out.putInt(tensor.type()).putLong(offset);
			offset += tensor.paddedSize();
		}
		byte[] header = new byte[(int) pad(out.position())];
		out.flip().get(header, 0, out.limit());
		return header;
	}

	private static ByteBuffer key(ByteBuffer out, String key, int type) {
		return string(out, key).putInt(type);
	}

	private static ByteBuffer string(ByteBuffer out, String text) {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		return out.putLong(bytes.length).put(bytes);
	}

	private static long pad(long size) {
		return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	}

	/**
	 * A tensor: its elements are 2 bytes (type 1, F16) or 4 bytes (type 0, F32).
	 */
	private record Tensor(String name, int type, List<Long> dimensions) {

		static Tensor f16(String name, long columns, long rows) {
			return new Tensor(name, 1, List.of(columns, rows));
		}

		static Tensor f32(String name, long length) {
			return new Tensor(name, 0, List.of(length));
		}

		long paddedSize() {
			long elements = this.dimensions.stream().reduce(1L, Math::multiplyExact);
			return pad(elements * ((this.type == 0) ? 4 : 2));
		}

	}

}
