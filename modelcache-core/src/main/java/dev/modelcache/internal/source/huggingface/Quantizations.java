/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.modelcache.ModelFileName;
import dev.modelcache.internal.OpeningOrder;
import org.jspecify.annotations.Nullable;

/**
 * Finds the file of a quantization among those of a repository. The order of tags is that
 * of llama.cpp; a tag has a border on both sides, so that F16 is not found in BF16.
 */
final class Quantizations {

	/** What is taken where nothing is said, before the first model of the repository. */
	private static final List<String> DEFAULTS = List.of("Q4_K_M", "Q8_0");

	private static final Pattern MTP = Pattern.compile("(?i)(?<![a-z0-9])mtp(?![a-z0-9])");

	/** What stands before the tag of a model that was quantized in another way. */
	private static final Pattern OTHER_WAY = Pattern.compile("(?i)(?:^|[._/-])(?:UD|i1|imat)[._-]$");

	private static final Pattern TAG = Pattern.compile(
			"(?i)(?<=^|[._/-])((?:UD-)?(?:I?Q\\d[A-Z0-9_]*|TQ\\d[A-Z0-9_]*|BF16|FP?16|FP?32|(?:MX|NV)FP4[A-Z0-9_]*|I2_S|TL[12]))(?=[./-])");

	/** A tag whose beginning cannot be the end of another one. */
	private static final Pattern WHOLE_TAG = Pattern.compile("(?i)(?:UD-)?(?:[A-Z]{0,3}\\d).*");

	private static final int MOST_SHOWN = 50;

	private Quantizations() {
	}

	/**
	 * Finds the model of a quantization. Of several models that have its tag, those are
	 * left out whose name goes on behind it, that were quantized in another way than the
	 * tag says, or that have layers for drafts.
	 * @param files all files, in the repository's order
	 * @param quantization the quantization in any case, or {@code null} for the usual one
	 * @return the file, or one of its parts; several files if they are different models,
	 * and nothing if there is none
	 */
	static List<HubFile> find(List<HubFile> files, @Nullable String quantization) {
		List<HubFile> models = models(files);
		for (String tag : (quantization != null) ? List.of(quantization) : DEFAULTS) {
			String quoted = (WHOLE_TAG.matcher(tag).matches() ? "(?<![A-Za-z0-9])" : "(?<![A-Za-z0-9_])")
					+ Pattern.quote(tag);
			Pattern pattern = Pattern.compile(quoted + "(?=[./-]|$)", Pattern.CASE_INSENSITIVE);
			Pattern atEnd = Pattern.compile(quoted + "(\\.gguf)?$", Pattern.CASE_INSENSITIVE);
			List<HubFile> found = models.stream().filter((file) -> pattern.matcher(file.name().text()).find()).toList();
			found = preferred(found, (file) -> atEnd.matcher(Shards.withoutNumber(file.name())).find());
			found = preferred(found, (file) -> !isOtherWay(file, pattern));
			found = preferred(found, (file) -> !MTP.matcher(file.name().last()).find());
			if (!found.isEmpty()) {
				return different(found);
			}
		}
		return (quantization == null) ? models.stream().limit(1).toList() : List.of();
	}

	/** A repository that has nothing but drafters has them for their own sake. */
	private static List<HubFile> models(List<HubFile> files) {
		List<HubFile> gguf = files.stream().filter((file) -> isWhole(file.name())).toList();
		return preferred(gguf, (file) -> !OpeningOrder.isDrafter(file.name()));
	}

	private static List<HubFile> preferred(List<HubFile> files, Predicate<HubFile> better) {
		List<HubFile> preferred = files.stream().filter(better).toList();
		return preferred.isEmpty() ? files : preferred;
	}

	private static boolean isOtherWay(HubFile file, Pattern tag) {
		Matcher matcher = tag.matcher(file.name().text());
		return matcher.find() && OTHER_WAY.matcher(file.name().text().substring(0, matcher.start())).find();
	}

	/** The parts of a file are one model, and so are files with the same bytes. */
	private static List<HubFile> different(List<HubFile> files) {
		Set<Object> known = new HashSet<>();
		return files.stream().filter((file) -> {
			boolean another = known.add(Shards.withoutNumber(file.name()));
			return another && (file.digest() == null || known.add(file.digest()));
		}).toList();
	}

	/**
	 * Returns which quantizations there are, for people to choose from.
	 * @param files all files
	 * @return the tags in alphabetical order; the names of the models where they have
	 * none
	 */
	static List<String> of(List<HubFile> files) {
		TreeSet<String> tags = new TreeSet<>();
		for (HubFile file : models(files)) {
			Matcher tag = TAG.matcher(file.name().text());
			if (tag.find()) {
				tags.add(tag.group(1).toUpperCase(Locale.ROOT));
			}
		}
		return !tags.isEmpty() ? tags.stream().limit(MOST_SHOWN).toList()
				: models(files).stream().map((file) -> file.name().text()).limit(MOST_SHOWN).toList();
	}

	private static boolean isWhole(ModelFileName name) {
		return name.last().toLowerCase(Locale.ROOT).endsWith(".gguf") && !OpeningOrder.isPart(name);
	}

}
