package dev.modelcache.llama;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Grammars in llama.cpp's notation, GBNF, that let a model say nothing but one of some
 * texts. One blank may come before it: many vocabularies hold words only with a blank.
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
