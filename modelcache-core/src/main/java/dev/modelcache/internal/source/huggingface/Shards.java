/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import dev.modelcache.ModelFileName;

/**
 * The parts of a file that was split, named {@code x-00001-of-00003.gguf}.
 */
final class Shards {

	private static final Pattern SHARD = Pattern.compile("(.+-)(\\d{5})-of-(\\d{5})(\\.[A-Za-z0-9]+)");

	private static final int MOST = 1000;

	private Shards() {
	}

	/**
	 * Returns the name of the file that one is a part of.
	 * @param name the name of a part, or of a file that was not split
	 * @return the name without the number of the part
	 */
	static String withoutNumber(ModelFileName name) {
		return name.text().replaceFirst("-\\d{5}-of-\\d{5}(?=\\.[A-Za-z0-9]+$)", "");
	}

	/**
	 * Returns all parts of the file that one is a part of.
	 * @param name the name of a part, or of a file that was not split
	 * @return the names of all parts in order, whether they exist or not, this one among
	 * them; the name itself where the file was not split
	 */
	static List<ModelFileName> all(ModelFileName name) {
		Matcher shard = SHARD.matcher(name.text());
		int count = shard.matches() ? Integer.parseInt(shard.group(3)) : 0;
		int own = (count > 0) ? Integer.parseInt(shard.group(2)) : 0;
		if (own < 1 || own > count || count > MOST) {
			return List.of(name);
		}
		return IntStream.rangeClosed(1, count)
			.mapToObj((number) -> new ModelFileName(shard.group(1) + String.format(Locale.ROOT, "%05d", number) + "-of-"
					+ shard.group(3) + shard.group(4)))
			.toList();
	}

}
