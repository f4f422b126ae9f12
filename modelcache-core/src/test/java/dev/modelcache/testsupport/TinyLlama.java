/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;

/**
 * A GGUF file that llama.cpp really loads: one layer of 32 dimensions, and a vocabulary
 * of bytes and four words. It either answers at random, or always the same.
 */
public final class TinyLlama {

	/** The words of the vocabulary. */
	public static final List<String> LABELS = List.of("CREATE", "READ", "UPDATE", "DELETE");

	/** The longest context, in tokens; a character of a text is one. */
	public static final int CONTEXT = 512;

	private static final int WIDTH = 32;

	private static final int INNER = 64;

	private static final int FIRST_LABEL = 260;

	private static final int VOCABULARY = FIRST_LABEL + LABELS.size();

	private static final int ALIGNMENT = 32;

	private final ByteArrayOutputStream entries = new ByteArrayOutputStream();

	private final ByteArrayOutputStream tensors = new ByteArrayOutputStream();

	private final ByteArrayOutputStream weights = new ByteArrayOutputStream();

	private int entryCount;

	private int tensorCount;

	private TinyLlama() {
		text("general.architecture", "llama");
		text("general.name", "tiny");
		number("general.file_type", 0);
		number("llama.context_length", CONTEXT);
		number("llama.embedding_length", WIDTH);
		number("llama.block_count", 1);
		number("llama.feed_forward_length", INNER);
		number("llama.attention.head_count", 2);
		number("llama.attention.head_count_kv", 2);
		entry("llama.attention.layer_norm_rms_epsilon", 6, buffer(4).putFloat(1e-5f).array());
		number("llama.rope.dimension_count", WIDTH / 2);
		number("llama.vocab_size", VOCABULARY);
		vocabulary();
	}

	/** Returns a model of random weights. */
	public static byte[] random(long seed) {
		Random random = new Random(seed);
		return new TinyLlama().file((index) -> random.nextGaussian() * 0.2, (index) -> random.nextGaussian() * 0.2,
				(index) -> random.nextGaussian());
	}

	/** Returns a model that always answers the same. */
	public static byte[] answering(String label) {
		int token = FIRST_LABEL + LABELS.indexOf(label);
		return new TinyLlama().file((index) -> 0, (index) -> 1, (index) -> (index / WIDTH == token) ? 1 : 0);
	}

	/** Writes a model to a file. */
	public static Path write(Path file, byte[] model) {
		try {
			return Files.write(file, model);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private byte[] file(IntToDoubleFunction layer, IntToDoubleFunction embedding, IntToDoubleFunction output) {
		tensor("token_embd.weight", embedding, WIDTH, VOCABULARY);
		tensor("output_norm.weight", (index) -> 1, WIDTH);
		tensor("output.weight", output, WIDTH, VOCABULARY);
		for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
			tensor("blk.0." + name + ".weight", layer, WIDTH, WIDTH);
		}
		tensor("blk.0.ffn_gate.weight", layer, WIDTH, INNER);
		tensor("blk.0.ffn_up.weight", layer, WIDTH, INNER);
		tensor("blk.0.ffn_down.weight", layer, INNER, WIDTH);
		tensor("blk.0.attn_norm.weight", (index) -> 1, WIDTH);
		tensor("blk.0.ffn_norm.weight", (index) -> 1, WIDTH);
		ByteArrayOutputStream file = new ByteArrayOutputStream();
		file.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
		file.writeBytes(int32(3));
		file.writeBytes(int64(this.tensorCount));
		file.writeBytes(int64(this.entryCount));
		file.writeBytes(this.entries.toByteArray());
		file.writeBytes(this.tensors.toByteArray());
		file.writeBytes(new byte[(ALIGNMENT - file.size() % ALIGNMENT) % ALIGNMENT]);
		file.writeBytes(this.weights.toByteArray());
		return file.toByteArray();
	}

	private void vocabulary() {
		List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
		List<Integer> types = new ArrayList<>(List.of(2, 3, 3));
		for (int value = 0; value < 256; value++) {
			tokens.add("<0x%02X>".formatted(value));
			types.add(6);
		}
		tokens.add("\u2581");
		types.add(1);
		for (String label : LABELS) {
			tokens.add(label);
			types.add(1);
		}
		text("tokenizer.ggml.model", "llama");
		ByteArrayOutputStream texts = new ByteArrayOutputStream();
		ByteArrayOutputStream kinds = new ByteArrayOutputStream();
		tokens.forEach((token) -> texts.writeBytes(string(token)));
		types.forEach((type) -> kinds.writeBytes(int32(type)));
		entry("tokenizer.ggml.tokens", 9, int32(8), int64(VOCABULARY), texts.toByteArray());
		entry("tokenizer.ggml.scores", 9, int32(6), int64(VOCABULARY), new byte[4 * VOCABULARY]);
		entry("tokenizer.ggml.token_type", 9, int32(5), int64(VOCABULARY), kinds.toByteArray());
		number("tokenizer.ggml.bos_token_id", 1);
		number("tokenizer.ggml.eos_token_id", 2);
		number("tokenizer.ggml.unknown_token_id", 0);
	}

	private void text(String key, String value) {
		entry(key, 8, string(value));
	}

	private void number(String key, int value) {
		entry(key, 4, int32(value));
	}

	private void entry(String key, int type, byte[]... value) {
		this.entryCount++;
		this.entries.writeBytes(string(key));
		this.entries.writeBytes(int32(type));
		for (byte[] part : value) {
			this.entries.writeBytes(part);
		}
	}

	/** Adds a tensor of type F32; its first dimension is the one that is contiguous. */
	private void tensor(String name, IntToDoubleFunction weight, int... dimensions) {
		this.tensorCount++;
		this.tensors.writeBytes(string(name));
		this.tensors.writeBytes(int32(dimensions.length));
		int elements = 1;
		for (int dimension : dimensions) {
			this.tensors.writeBytes(int64(dimension));
			elements *= dimension;
		}
		this.tensors.writeBytes(int32(0));
		this.tensors.writeBytes(int64(this.weights.size()));
		ByteBuffer values = buffer(4 * elements);
		for (int i = 0; i < elements; i++) {
			values.putFloat((float) weight.applyAsDouble(i));
		}
		this.weights.writeBytes(values.array());
	}

	private static byte[] string(String text) {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		return buffer(8 + bytes.length).putLong(bytes.length).put(bytes).array();
	}

	private static byte[] int32(int value) {
		return buffer(4).putInt(value).array();
	}

	private static byte[] int64(long value) {
		return buffer(8).putLong(value).array();
	}

	private static ByteBuffer buffer(int bytes) {
		return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
	}

}
