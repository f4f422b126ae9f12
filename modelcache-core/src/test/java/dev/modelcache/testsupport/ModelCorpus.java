/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

import dev.modelcache.testsupport.GgufParts.Tensor;

/**
 * Makes files in the legal and illegal forms of each format. Those of GGUF are made from
 * a model that llama.cpp loads; {@link Sample#loaded} says whether version b4916 does.
 */
public final class ModelCorpus {

	/** Ends the names of files whose weights llama.cpp reads, but does not map. */
	public static final String UNMAPPED = ", unmapped";

	private static final byte[] MODEL = TinyLlama.random(1);

	private final List<Sample> samples = new ArrayList<>();

	private ModelCorpus() {
	}

	/** Returns GGUF files. */
	public static List<Sample> gguf() {
		ModelCorpus corpus = new ModelCorpus();
		corpus.legalGguf();
		corpus.foreignGguf();
		corpus.illegalEntries();
		corpus.illegalTensors();
		corpus.illegalGguf();
		return corpus.samples;
	}

	/** Returns safetensors files. */
	public static List<Sample> safetensors() {
		ModelCorpus corpus = new ModelCorpus();
		corpus.legalSafetensors();
		corpus.illegalSafetensors();
		return corpus.samples;
	}

	/** Returns ONNX files. */
	public static List<Sample> onnx() {
		ModelCorpus corpus = new ModelCorpus();
		corpus.legalOnnx();
		corpus.illegalOnnx();
		return corpus.samples;
	}

	/**
	 * Returns variants of a model in which one to four bytes of the header are others.
	 * @param seed makes them repeatable
	 * @param count how many
	 */
	public static List<byte[]> mutants(long seed, int count) {
		Random random = new Random(seed);
		int header = MODEL.length - new GgufParts(MODEL).data.length;
		List<byte[]> mutants = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			byte[] mutant = MODEL.clone();
			for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
				// The vocabulary is most of the header, and the dullest part.
				int place = random.nextBoolean() ? 4 + random.nextInt(900) : header - 1 - random.nextInt(800);
				mutant[place] = (byte) switch (random.nextInt(4)) {
					case 0 -> 0;
					case 1 -> mutant[place] ^ 1 << random.nextInt(8);
					case 2 -> 255;
					default -> random.nextInt(256);
				};
			}
			mutants.add(mutant);
		}
		return mutants;
	}

	private void add(String extension, String name, boolean legal, byte[] bytes) {
		this.samples.add(new Sample(extension, name, legal, legal, bytes));
	}

	/** Adds a file that other programs, or other versions of llama.cpp, load. */
	private void foreign(String name, Consumer<GgufParts> change) {
		GgufParts parts = new GgufParts(MODEL);
		change.accept(parts);
		this.samples.add(new Sample("gguf", name, true, false, parts.bytes()));
	}

	private void gguf(String name, boolean legal, Consumer<GgufParts> change) {
		GgufParts parts = new GgufParts(MODEL);
		change.accept(parts);
		add("gguf", name, legal, parts.bytes());
	}

	private void legalGguf() {
		gguf("as it is", true, (parts) -> {
		});
		gguf("version 2", true, (parts) -> parts.version = 2);
		for (int type : new int[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12 }) {
			gguf("a value of type " + type, true, (parts) -> parts.add("x.value", type, GgufParts.zero(type)));
			gguf("an array of type " + type, true, (parts) -> parts.add("x.array", 9, GgufParts.array(type, 3)));
			gguf("an empty array of type " + type, true, (parts) -> parts.add("x.array", 9, GgufParts.array(type, 0)));
		}
		for (int alignment : new int[] { 32, 64, 256, 4096 }) {
			gguf("alignment " + alignment, true, (parts) -> parts.aligned(alignment));
		}
		for (int alignment : new int[] { 1, 2, 4, 8, 16 }) {
			gguf("alignment " + alignment + UNMAPPED, true, (parts) -> {
				parts.aligned(alignment);
				// The weights must not begin at a multiple of 32 by chance.
				while ((parts.bytes().length - parts.data.length) % 32 == 0) {
					parts.add("x" + parts.entries.size(), 0, new byte[1]);
				}
			});
		}
		gguf("integers as scores", true, (parts) -> parts.set("tokenizer.ggml.scores", 9, GgufParts.array(5, 264)));
		gguf("a boolean of 5", true, (parts) -> parts.add("x.boolean", 7, new byte[] { 5 }));
		gguf("keys in another order", true, (parts) -> Collections.reverse(parts.entries));
		gguf("a hundred keys of a kind", true, (parts) -> {
			for (int i = 0; i < 100; i++) {
				parts.entries.add(0, new GgufParts.Entry("x" + i + ".context_length", 4, GgufParts.int32(i)));
			}
		});
		gguf("a long key", true, (parts) -> parts.add("k".repeat(60_000), 4, GgufParts.int32(1)));
		gguf("a long text", true, (parts) -> parts.add("x.text", 8, GgufParts.text("t".repeat(1 << 20))));
		gguf("a text that is no UTF-8", true, (parts) -> parts.add("x.text", 8, GgufParts.text("\u00ff\u00fe")));
		gguf("no types of tokens", true, (parts) -> parts.entries.remove(parts.entry("tokenizer.ggml.token_type")));
		gguf("no name", true, (parts) -> parts.entries.remove(parts.entry("general.name")));
		gguf("bytes behind the weights", true,
				(parts) -> parts.data = Arrays.copyOf(parts.data, parts.data.length + 100));
		gguf("a dimension of one", true, (parts) -> tensor(parts, 1, (tensor) -> tensor.with(32, 1, 1, 1)));
	}

	private void foreignGguf() {
		int last = new GgufParts(MODEL).tensors.size() - 1;
		for (int type : new int[] { 4, 36, 37, 38, 1000 }) {
			foreign("type " + type, (parts) -> tensor(parts, last, (tensor) -> tensor.of(type)));
		}
		foreign("no elements", (parts) -> parts.tensors.add(parts.behind("__index_timestep_zero__", 0)));
		foreign("no columns", (parts) -> parts.tensors.add(parts.behind("x", 0, 32)));
	}

	private void illegalEntries() {
		for (GgufParts.Entry entry : new GgufParts(MODEL).entries) {
			gguf("twice " + entry.key(), false, (parts) -> parts.entries.add(entry));
		}
		for (int type = 0; type < 13; type++) {
			int other = type;
			if (type != 4) {
				gguf("alignment of type " + type, false,
						(parts) -> parts.add("general.alignment", other, GgufParts.zero(other)));
				gguf("file type of type " + type, false,
						(parts) -> parts.set("general.file_type", other, GgufParts.zero(other)));
			}
			if (type != 8 && type != 9) {
				gguf("tokens of type " + type, false,
						(parts) -> parts.set("tokenizer.ggml.tokens", 9, GgufParts.array(other, 264)));
			}
		}
		for (int alignment : new int[] { 0, 3, 24, 33, 48, -1 }) {
			gguf("alignment " + alignment, false,
					(parts) -> parts.add("general.alignment", 4, GgufParts.int32(alignment)));
		}
		for (String key : List.of("", "general.alignment\0", "a\0b")) {
			gguf("key '" + key.replace('\0', '0') + "'", false, (parts) -> parts.add(key, 4, GgufParts.int32(1)));
		}
		gguf("an array of arrays", false,
				(parts) -> parts.add("x.array", 9, GgufParts.int32(9), GgufParts.int64(1), GgufParts.array(4, 1)));
		gguf("an unknown type", false, (parts) -> parts.add("x.value", 13, new byte[8]));
		gguf("an array of an unknown type", false,
				(parts) -> parts.add("x.array", 9, GgufParts.int32(13), GgufParts.int64(1), new byte[8]));
		gguf("texts as scores", false, (parts) -> parts.set("tokenizer.ggml.scores", 9, GgufParts.array(8, 264)));
		gguf("texts as types of tokens", false,
				(parts) -> parts.set("tokenizer.ggml.token_type", 9, GgufParts.array(8, 264)));
		gguf("too few scores", false, (parts) -> parts.set("tokenizer.ggml.scores", 9, GgufParts.array(6, 263)));
		gguf("no tokens", false, (parts) -> parts.set("tokenizer.ggml.tokens", 9, GgufParts.array(8, 0)));
		gguf("no layers", false, (parts) -> parts.set("llama.block_count", 4, GgufParts.int32(0)));
		gguf("a token twice", false, (parts) -> {
			byte[] twice = GgufParts.array(8, 264);
			twice[twice.length - 1] = '2';
			parts.set("tokenizer.ggml.tokens", 9, twice);
		});
	}

	private static void tensor(GgufParts parts, int index, UnaryOperator<Tensor> change) {
		parts.tensors.set(index, change.apply(parts.tensors.get(index)));
	}

	private void tensor(String name, int index, UnaryOperator<Tensor> change) {
		gguf("tensor " + index + " " + name, false, (parts) -> tensor(parts, index, change));
	}

	private void illegalTensors() {
		List<Tensor> all = new GgufParts(MODEL).tensors;
		for (int i = 0; i < all.size(); i++) {
			Tensor one = all.get(i);
			tensor("has no rows", i, (tensor) -> tensor.with(32, 0));
			tensor("overlaps", i, (tensor) -> tensor.at(Math.max(tensor.offset() - 32, -32)));
			tensor("leaves a gap", i, (tensor) -> tensor.at(tensor.offset() + 32));
			gguf("tensor " + i + " twice", false, (parts) -> parts.tensors.add(one));
		}
		for (int type : new int[] { -1, 5, 31, 32, 33, Integer.MIN_VALUE }) {
			tensor("has type " + type, 11, (tensor) -> tensor.of(type));
		}
		for (String name : List.of("x".repeat(64), "x".repeat(65), "x".repeat(1000), "output.weight\0")) {
			tensor("has a name of " + name.length(), 2, (tensor) -> tensor.named(name));
		}
		tensor("has no columns, but bytes", 4, (tensor) -> tensor.with(0, 32));
		tensor("has no blocks", 4, (tensor) -> tensor.with(32, 1, 0));
		tensor("has zeros", 4, (tensor) -> tensor.with(0, 0, 0, 0));
		tensor("has five dimensions", 4, (tensor) -> tensor.with(32, 32, 1, 1, 1));
		tensor("is negative", 4, (tensor) -> tensor.with(32, -32));
		tensor("is too large", 4, (tensor) -> tensor.with(1L << 32, 1L << 32));
		tensor("is larger than the file", 11, (tensor) -> tensor.with(1 << 20));
		tensor("has half a block", 4, (tensor) -> tensor.of(2).with(33, 32));
		tensor("is not aligned", 4, (tensor) -> tensor.at(tensor.offset() + 1));
		gguf("tensors in another order", false, (parts) -> Collections.reverse(parts.tensors));
	}

	private void illegalGguf() {
		for (int version : new int[] { 0, 1, 4, 0x03000000 }) {
			gguf("version " + version, false, (parts) -> parts.version = version);
		}
		for (long count : new long[] { -1, 20, 1L << 40, Long.MAX_VALUE }) {
			gguf(count + " keys", false, (parts) -> parts.entryCount = count);
			gguf(count + " tensors", false, (parts) -> parts.tensorCount = count);
		}
		for (int length : new int[] { 5, 23, 24, 100, 3000, 8000, MODEL.length / 2, MODEL.length - 1 }) {
			add("gguf", "cut off after " + length, false, Arrays.copyOf(MODEL, length));
		}
	}

	private void safetensors(String name, boolean legal, int bytes, String header) {
		add("safetensors", name, legal, ModelFiles.safetensors(header.replace('\'', '"'), bytes));
	}

	private static String tensor(String name, String type, String shape, int start, int end) {
		return "'%s':{'dtype':'%s','shape':%s,'data_offsets':[%d,%d]}".formatted(name, type, shape, start, end);
	}

	private void legalSafetensors() {
		add("safetensors", "two tensors", true, ModelFiles.safetensors());
		safetensors("no tensor", true, 0, "{}");
		safetensors("white space", true, 0, " \n{ \t} ");
		safetensors("no metadata", true, 1, "{'__metadata__':null," + tensor("a", "U8", "[1]", 0, 1) + "}");
		for (String type : List.of("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ")) {
			safetensors("type " + type, true, 8, "{" + tensor("a", type, "[2,4]", 0, 8) + "}");
			safetensors("type " + type + " with too many bytes", false, 9,
					"{" + tensor("a", type, "[2,4]", 0, 9) + "}");
		}
		for (String type : List.of("I16", "U16", "F16", "BF16")) {
			safetensors("type " + type, true, 16, "{" + tensor("a", type, "[8]", 0, 16) + "}");
			safetensors("type " + type + " with half the bytes", false, 8, "{" + tensor("a", type, "[8]", 0, 8) + "}");
		}
		for (String type : List.of("C64", "F64", "I64", "U64")) {
			safetensors("type " + type, true, 8, "{" + tensor("a", type, "[]", 0, 8) + "}");
			safetensors("type " + type + " with half the bytes", false, 4, "{" + tensor("a", type, "[]", 0, 4) + "}");
		}
		safetensors("type F4", true, 3, "{" + tensor("a", "F4", "[2,3]", 0, 3) + "}");
		safetensors("type F6", true, 3, "{" + tensor("a", "F6_E2M3", "[4]", 0, 3) + "}");
		safetensors("empty tensors", true, 1, "{" + tensor("a", "U8", "[0]", 0, 0) + ","
				+ tensor("b", "U8", "[1]", 0, 1) + "," + tensor("c", "F32", "[3,0]", 1, 1) + "}");
		safetensors("offsets in another order", true, 3,
				"{" + tensor("a", "U8", "[2]", 1, 3) + "," + tensor("b", "U8", "[1]", 0, 1) + "}");
		safetensors("an unknown field", true, 1,
				"{'a':{'x':[{'y':null}],'dtype':'U8','shape':[1],'data_offsets':[0,1]}}");
	}

	private void illegalSafetensors() {
		for (String type : List.of("F2", "f32", "I4", "")) {
			safetensors("type " + type, false, 1, "{" + tensor("a", type, "[1]", 0, 1) + "}");
		}
		safetensors("half a byte", false, 2, "{" + tensor("a", "F4", "[3]", 0, 2) + "}");
		safetensors("half a byte and too few", false, 1, "{" + tensor("a", "F4", "[3]", 0, 1) + "}");
		safetensors("three quarters of a byte", false, 3, "{" + tensor("a", "F6_E3M2", "[3]", 0, 3) + "}");
		safetensors("a name twice", false, 2,
				"{" + tensor("a", "U8", "[1]", 0, 1) + "," + tensor("a", "U8", "[1]", 1, 2) + "}");
		safetensors("metadata twice", false, 0, "{'__metadata__':{},'__metadata__':{}}");
		safetensors("an overlap with an equal gap", false, 10, "{" + tensor("a", "U8", "[4]", 0, 4) + ","
				+ tensor("b", "U8", "[4]", 2, 6) + "," + tensor("c", "U8", "[2]", 8, 10) + "}");
		safetensors("a gap", false, 3,
				"{" + tensor("a", "U8", "[1]", 0, 1) + "," + tensor("b", "U8", "[1]", 2, 3) + "}");
		safetensors("a byte in front", false, 2, "{" + tensor("a", "U8", "[1]", 1, 2) + "}");
		safetensors("a byte at the end", false, 2, "{" + tensor("a", "U8", "[1]", 0, 1) + "}");
		safetensors("a tensor beyond the end", false, 1, "{" + tensor("a", "U8", "[2]", 0, 2) + "}");
		safetensors("a negative length", false, 0, "{" + tensor("a", "U8", "[-1]", 0, 0) + "}");
		for (String header : List.of("", "[]", "{", "{}x", "{'a':null}", "{'a':1}", "{'__metadata__':[]}",
				"{'__metadata__':{'a':1}}", "{'__metadata__':{'a':null}}", "{'a':{}}", "{,}", "{'\\ud800':{}}",
				"{'__metadata__':{'a':'\\udc00'}}", "{/**/}", "null", "{'a':{'dtype':'U8','shape':[0]}}")) {
			safetensors("header " + header, false, 0, header);
		}
		byte[] sound = ModelFiles.safetensors();
		for (int place : new int[] { 8, 9, 20, 30, 90 }) {
			byte[] damaged = sound.clone();
			damaged[place] = (byte) 0xff;
			add("safetensors", "no UTF-8 at " + place, false, damaged);
		}
		for (int length : new int[] { 0, 7, 8, 20, sound.length - 1 }) {
			add("safetensors", "cut off after " + length, false, Arrays.copyOf(sound, length));
		}
	}

	private void legalOnnx() {
		byte[] sound = ModelFiles.onnx();
		byte[] version = { 0x08, 8 };
		byte[] rest = Arrays.copyOfRange(sound, 2, sound.length);
		add("onnx", "as it is", true, sound);
		add("onnx", "version last", true, ModelFiles.joined(rest, version));
		add("onnx", "an unknown field", true, ModelFiles.joined(sound, ModelFiles.field(90, new byte[3])));
		add("onnx", "an empty graph", true, ModelFiles.joined(version, ModelFiles.field(7, new byte[0])));
		for (int field : new int[] { 8, 14, 20, 25, 26 }) {
			add("onnx", "an empty field " + field, true,
					ModelFiles.joined(sound, ModelFiles.field(field, new byte[0])));
			add("onnx", "damage in field " + field, false,
					ModelFiles.joined(ModelFiles.field(field, new byte[] { 0x0a, 9 }), sound));
		}
	}

	private void illegalOnnx() {
		byte[] sound = ModelFiles.onnx();
		for (int length = 1; length < sound.length; length += 3) {
			add("onnx", "cut off after " + length, false, Arrays.copyOf(sound, length));
		}
		add("onnx", "no graph", false, new byte[] { 0x08, 8, 0x12, 1, 'x' });
		add("onnx", "no version", false, Arrays.copyOfRange(sound, 2, sound.length));
		for (int[] places : new int[][] { { 1 }, { 5, 1 }, { 6, 5, 1 }, { 1, 6, 5, 1 }, { 5 }, { 11 }, { 2, 11 },
				{ 14 }, { 15 } }) {
			byte[] damage = { 0x0a, 9, 'x' };
			for (int field : places) {
				damage = ModelFiles.field(field, damage);
			}
			add("onnx", "damage in " + Arrays.toString(places), false,
					ModelFiles.joined(new byte[] { 0x08, 8 }, ModelFiles.field(7, damage)));
		}
		add("onnx", "bytes that do not fit the shape", false, ModelFiles.onnx(ModelFiles.tensor(new byte[4], 2)));
	}

	/**
	 * A file.
	 *
	 * @param extension the extension of its name
	 * @param name what is special about it
	 * @param legal whether it is a model
	 * @param loaded whether it is one for version b4916 of llama.cpp, if it is a GGUF
	 * file
	 * @param bytes its content
	 */
	public record Sample(String extension, String name, boolean legal, boolean loaded, byte[] bytes) {

		@Override
		public String toString() {
			return this.extension + ": " + (this.legal ? "" : "not ") + this.name;
		}

	}

}
