/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import dev.modelcache.internal.OpeningOrder;
import dev.modelcache.source.Packing;

/**
 * Finds the model among files that only their names tell apart.
 */
final class ModelFiles {

	private static final Pattern SHARD = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

	/** The word in a name, and not a part of "exploration". */
	private static final Pattern ADAPTER = Pattern.compile("(?i)(?<![a-z])lora(?![a-z])");

	private static final int MOST_NAMES_SHOWN = 10;

	private ModelFiles() {
	}

	/**
	 * Chooses files.
	 * @param weights the files among which the model is
	 * @param companions further files, for a model that is not a GGUF alone
	 * @return the only GGUF model, with all its shards; without a GGUF, all files and
	 * archives
	 * @throws IllegalArgumentException if there are several GGUF models
	 */
	static List<ModelLayer> choose(List<ModelLayer> weights, List<ModelLayer> companions) {
		List<ModelLayer> whole = weights.stream()
			.filter((layer) -> layer.packing() == Packing.NONE && layer.name().endsWith(".gguf"))
			.filter((layer) -> !OpeningOrder.isPart(layer.name()) && !ADAPTER.matcher(layer.name().text()).find())
			.sorted(Comparator.comparing((layer) -> layer.name().text()))
			.toList();
		List<ModelLayer> models = whole.stream().filter((layer) -> !OpeningOrder.isDrafter(layer.name())).toList();
		List<ModelLayer> gguf = models.isEmpty() ? whole : models;
		if (gguf.isEmpty()) {
			return Stream.concat(OpeningOrder.sorted(weights, ModelLayer::name).stream(), companions.stream()).toList();
		}
		if (gguf.stream().map(ModelFiles::family).distinct().count() > 1) {
			throw new IllegalArgumentException("contains several models; select one with hooks.llm.files: " + String
				.join(", ", gguf.stream().limit(MOST_NAMES_SHOWN).map((layer) -> layer.name().text()).toList()));
		}
		return gguf;
	}

	private static String family(ModelLayer layer) {
		Matcher shard = SHARD.matcher(lowerCase(layer));
		return shard.matches() ? shard.group(1) + " of " + shard.group(3) : lowerCase(layer);
	}

	private static String lowerCase(ModelLayer layer) {
		return layer.name().text().toLowerCase(Locale.ROOT);
	}

}
