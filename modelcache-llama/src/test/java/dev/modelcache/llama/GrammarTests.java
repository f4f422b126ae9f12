/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class GrammarTests {

	@Test
	void theTextsAreTheOnlyChoices() {
		assertThat(Grammar.of(List.of("READ", "DELETE"))).isEqualTo("root ::= \" \"? (\"READ\" | \"DELETE\")");
	}

	@Test
	void quotesAndBackslashesAreEscaped() {
		assertThat(Grammar.of(List.of("a\"b\\c"))).isEqualTo("root ::= \" \"? (\"a\\\"b\\\\c\")");
	}

}
