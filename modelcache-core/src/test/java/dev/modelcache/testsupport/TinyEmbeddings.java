/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.nio.charset.StandardCharsets;

import static dev.modelcache.testsupport.ModelFiles.joined;

/**
 * The smallest model that computes embeddings, and its tokenizer: the vector of each
 * token is its number.
 */
public final class TinyEmbeddings {

	private static final int FLOAT = 1;

	private static final int INT64 = 7;

	private TinyEmbeddings() {
	}

	/**
	 * Returns the model: {@code last_hidden_state = Unsqueeze(Cast(input_ids))}, in ONNX'
	 * operator set 11. It takes an attention mask, as others do, and does not use it.
	 */
	public static byte[] onnx() {
		byte[] cast = joined(text(1, "input_ids"), text(2, "numbers"), text(4, "Cast"),
				field(5, joined(text(1, "to"), number(3, FLOAT), attributeType(2))));
		byte[] unsqueeze = joined(text(1, "numbers"), text(2, "last_hidden_state"), text(4, "Unsqueeze"),
				field(5, joined(text(1, "axes"), number(8, 2), attributeType(7))));
		byte[] graph = joined(field(1, cast), field(1, unsqueeze), text(2, "tiny"),
				field(11, tensor("input_ids", INT64, 2)), field(11, tensor("attention_mask", INT64, 2)),
				field(12, tensor("last_hidden_state", FLOAT, 3)));
		return joined(number(1, 6), field(7, graph), field(8, joined(text(1, ""), number(2, 11))));
	}

	/**
	 * Returns the tokenizer: the words "a", "tiny" and "model" are 1, 2 and 3, between 4
	 * and 5, the marks that BERT has at both ends.
	 */
	public static String tokenizer() {
		return """
				{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,
				"pre_tokenizer":{"type":"Whitespace"},"decoder":null,
				"post_processor":{"type":"BertProcessing","cls":["[CLS]",4],"sep":["[SEP]",5]},
				"model":{"type":"WordLevel","unk_token":"?",
				"vocab":{"?":0,"a":1,"tiny":2,"model":3,"[CLS]":4,"[SEP]":5}}}
				""";
	}

	/** Of a tensor, the number of dimensions is told, and not how long they are. */
	private static byte[] tensor(String name, int type, int dimensions) {
		byte[] shape = new byte[0];
		for (int i = 0; i < dimensions; i++) {
			shape = joined(shape, field(1, new byte[0]));
		}
		return joined(text(1, name), field(2, field(1, joined(number(1, type), field(2, shape)))));
	}

	private static byte[] attributeType(int type) {
		return new byte[] { (byte) 0xa0, 1, (byte) type };
	}

	private static byte[] text(int number, String text) {
		return field(number, text.getBytes(StandardCharsets.UTF_8));
	}

	private static byte[] number(int number, int value) {
		return new byte[] { (byte) (number << 3), (byte) value };
	}

	/** A field of less than 16384 bytes; the length may be in two bytes always. */
	private static byte[] field(int number, byte[] content) {
		return joined(new byte[] { (byte) (number << 3 | 2), (byte) (content.length & 0x7f | 0x80),
				(byte) (content.length >> 7) }, content);
	}

}
