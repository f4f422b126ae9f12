/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Creates grammars in GBNF, the notation of llama.cpp, that restrict a model to a set of
 * answers. An answer may start with a space, because many vocabularies contain words only
 * with a leading space.
 */
final class Grammar {

	private Grammar() {
	}

	static String of(List<String> texts) {
		return texts.stream().map(Grammar::literal).collect(Collectors.joining(" | ", "root ::= \" \"? (", ")"));
	}

	private static String literal(String text) {
		return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
	}

}
