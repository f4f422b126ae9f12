/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.extending;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.function.BooleanSupplier;

import dev.modelcache.CachedModel;
import dev.modelcache.runtime.LoadedModel;
import dev.modelcache.runtime.ModelLoadException;
import dev.modelcache.runtime.ModelLoader;
import dev.modelcache.runtime.Question;
import org.springframework.stereotype.Component;

// tag::loader[]
/**
 * Loads lists of words and their labels, such as {@code rm DELETE}.
 */
@Component
class WordListLoader implements ModelLoader {

	@Override
	public LoadedModel load(CachedModel model) {
		try {
			return new WordList(Files.readAllLines(model.path()));
		}
		catch (IOException ex) {
			throw ModelLoadException.fileRefused(model.id(), "its words cannot be read", "Fetch it again", ex);
		}
	}

	private record WordList(List<String> lines) implements LoadedModel {

		@Override
		public String answer(Question question, BooleanSupplier abandoned) {
			List<String> words = List.of(question.prompt().split("\\s+"));
			return this.lines.stream()
				.map((line) -> line.split(" "))
				.filter((line) -> words.contains(line[0]) && question.answers().contains(line[1]))
				.map((line) -> line[1])
				.findFirst()
				.orElse(question.answers().get(0));
		}

		@Override
		public void close() {
		}

	}

}
// end::loader[]
