/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
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
	private static final Pattern ADAPTER = Pattern.compile("(?i)(?<![a-z])loras?(?![a-z])");

	/** Where there is a choice, it is more likely than "exploration". */
	private static final Pattern MAYBE_ADAPTER = Pattern
		.compile("(?i:(?<![a-z])q?loras?(?![a-z]))|(?<=[a-z])L(?:ora|oRA|ORA)s?(?![a-z])");

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
			.filter(ModelFiles::isWhole)
			.sorted(Comparator.comparing((layer) -> layer.name().text()))
			.toList();
		List<ModelLayer> gguf = preferred(whole, (layer) -> !OpeningOrder.isDrafter(layer.name()));
		if (gguf.isEmpty()) {
			return Stream.concat(OpeningOrder.sorted(weights, ModelLayer::name).stream(), companions.stream()).toList();
		}
		if (isOneModel(gguf)) {
			return gguf;
		}
		gguf = preferred(gguf, (layer) -> !MAYBE_ADAPTER.matcher(layer.name().text()).find());
		if (!isOneModel(gguf)) {
			throw new IllegalArgumentException("contains several models; select one with hooks.llm.files: " + String
				.join(", ", gguf.stream().limit(MOST_NAMES_SHOWN).map((layer) -> layer.name().text()).toList()));
		}
		return gguf;
	}

	/**
	 * Returns whether the name of a file is that of a model.
	 * @param layer the file
	 * @return {@code false} for parts of models, adapters and drafters, and other formats
	 */
	static boolean isModel(ModelLayer layer) {
		return isWhole(layer) && !OpeningOrder.isDrafter(layer.name());
	}

	private static boolean isWhole(ModelLayer layer) {
		return layer.packing() == Packing.NONE && layer.name().endsWith(".gguf") && !OpeningOrder.isPart(layer.name())
				&& !ADAPTER.matcher(layer.name().text()).find();
	}

	private static List<ModelLayer> preferred(List<ModelLayer> layers, Predicate<ModelLayer> condition) {
		List<ModelLayer> preferred = layers.stream().filter(condition).toList();
		return preferred.isEmpty() ? layers : preferred;
	}

	private static boolean isOneModel(List<ModelLayer> layers) {
		return layers.stream().map(ModelFiles::family).distinct().count() == 1;
	}

	private static String family(ModelLayer layer) {
		Matcher shard = SHARD.matcher(lowerCase(layer));
		return shard.matches() ? shard.group(1) + " of " + shard.group(3) : lowerCase(layer);
	}

	private static String lowerCase(ModelLayer layer) {
		return layer.name().text().toLowerCase(Locale.ROOT);
	}

}
