/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.modelcache.ModelFileName;
import org.jspecify.annotations.Nullable;

/**
 * Finds the file of a quantization among those of a repository, as llama.cpp does: the
 * first GGUF file whose path has the tag in any case, followed by a dot or a dash.
 */
final class Quantizations {

	/** What is taken where nothing is said, before the first model of the repository. */
	private static final List<String> DEFAULTS = List.of("Q4_K_M", "Q8_0");

	/** Parts of names of GGUF files that are no language models by themselves. */
	private static final List<String> COMPANIONS = List.of("mmproj", "imatrix", "mtp-", "eagle3-", "dflash-",
			"dspark-");

	private static final Pattern TAG = Pattern.compile(
			"(?i)(?<=^|[./-])((?:UD-)?(?:I?Q\\d[A-Z0-9_]*|TQ\\d[A-Z0-9_]*|BF16|FP?16|FP?32|MXFP4[A-Z0-9_]*))(?=[.-])");

	private static final int MOST_SHOWN = 50;

	private Quantizations() {
	}

	/**
	 * Finds the file of a quantization.
	 * @param names the names of all files, in the repository's order
	 * @param quantization the quantization in any case, or {@code null} for the usual one
	 * @return the name of the file, or of one of its parts
	 */
	static Optional<ModelFileName> find(List<ModelFileName> names, @Nullable String quantization) {
		List<ModelFileName> models = names.stream().filter(Quantizations::isModel).toList();
		List<String> tags = (quantization != null) ? List.of(quantization) : DEFAULTS;
		for (String tag : tags) {
			Pattern pattern = Pattern.compile(Pattern.quote(tag) + "[.-]", Pattern.CASE_INSENSITIVE);
			Optional<ModelFileName> found = models.stream()
				.filter((name) -> pattern.matcher(name.text()).find())
				.findFirst();
			if (found.isPresent()) {
				return found;
			}
		}
		return (quantization == null) ? models.stream().findFirst() : Optional.empty();
	}

	/**
	 * Returns which quantizations there are, for people to choose from.
	 * @param names the names of all files
	 * @return the tags in alphabetical order; the names of the models where they have
	 * none
	 */
	static List<String> of(List<ModelFileName> names) {
		TreeSet<String> tags = new TreeSet<>();
		for (ModelFileName name : names) {
			Matcher tag = TAG.matcher(name.text());
			if (isModel(name) && tag.find()) {
				tags.add(tag.group(1).toUpperCase(Locale.ROOT));
			}
		}
		return !tags.isEmpty() ? tags.stream().limit(MOST_SHOWN).toList()
				: names.stream().filter(Quantizations::isModel).map(ModelFileName::text).limit(MOST_SHOWN).toList();
	}

	private static boolean isModel(ModelFileName name) {
		String file = name.last().toLowerCase(Locale.ROOT);
		return file.endsWith(".gguf") && COMPANIONS.stream().noneMatch(file::contains);
	}

}
