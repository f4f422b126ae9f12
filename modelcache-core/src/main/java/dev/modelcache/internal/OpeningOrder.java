/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import dev.modelcache.ModelFileName;

/**
 * The order of the files of a model, by their names: what a runtime opens first comes
 * first. Weights come before data beside them, then parts of other models, then files of
 * unknown formats, then configuration, then documentation. Of the weights, GGUF comes
 * before safetensors and ONNX, directories come last, and a file called "model" or
 * "config" comes before others.
 */
public final class OpeningOrder {

	/** Formats of weights, the preferred one first. */
	private static final List<Pattern> FORMATS = List.of(Pattern.compile("(?i)\\.gguf$"),
			Pattern.compile("(?i)\\.safetensors$"), Pattern.compile("(?i)\\.onnx$"),
			Pattern.compile("(?i)^(?=.*\\.xml$).*openvino"),
			Pattern.compile("(?i)(?<!training_args|optimizer|scheduler|rng_state)\\.(bin|pt|pth|ckpt)$"),
			Pattern.compile("(?i)\\.(h5|tflite|msgpack|ot|npz|pkl)$"));

	private static final Pattern DATA = Pattern.compile("(?i)\\.onnx[._]data(_?\\d+)?$");

	/** Configuration, vocabularies, programs and states of a training. */
	private static final Pattern CONFIGURATION = Pattern
		.compile("(?i)^(training_args|optimizer|scheduler|rng_state).*|\\.(json|jsonl|txt|ya?ml|toml|cfg|ini|csv|tsv"
				+ "|model|spm|vocab|bpe|tiktoken|jinja2?|py|sh|ipynb|lock|log)$");

	/** What XGBoost and LightGBM call their models. */
	private static final Pattern TEXT_MODEL = Pattern.compile("(?i)^model\\.(json|txt)$");

	private static final Pattern DOCUMENTATION = Pattern
		.compile("(?i)^(\\..*|readme.*|licen[cs]e.*|notice.*|use_policy.*|.*\\.(md|png|jpe?g|gif|svg|webp|pdf))$");

	private static final Pattern MODEL = Pattern.compile("(?i)^(model(-\\d{5}-of-\\d{5})?|config)\\.[^.]+$");

	/** Names of GGUF files that are parts of other models. */
	private static final Pattern PARTS = Pattern.compile("(?i)mmproj|imatrix");

	/**
	 * Names of drafters. "MTP-" within the name of a model says that it has such layers
	 * itself; llama.cpp keeps its drafters apart by the case, too.
	 */
	private static final Pattern DRAFTERS = Pattern.compile("(?i:^mtp-|eagle3-|dflash-|dspark-)|mtp-");

	private static final Set<String> PARTS_DIRECTORIES = Set.of("mmproj", "imatrix");

	private static final Set<String> DRAFTERS_DIRECTORIES = Set.of("mtp", "eagle3", "dflash", "dspark", "draft",
			"drafter", "drafters");

	private OpeningOrder() {
	}

	/**
	 * Returns files in this order. Equal ones keep theirs, and the data of an ONNX model
	 * stands behind it.
	 * @param files the files
	 * @param name returns the name of a file
	 * @param <T> the type of the files
	 * @return the sorted files
	 */
	public static <T> List<T> sorted(List<T> files, Function<T, ModelFileName> name) {
		Map<String, List<T>> byModel = new LinkedHashMap<>();
		files.stream()
			.map((file) -> Ranked.of(file, name.apply(file)))
			.sorted(Comparator.<Ranked<T>>comparingInt(Ranked::kind)
				.thenComparingInt(Ranked::format)
				.thenComparingInt(Ranked::depth)
				.thenComparing(Ranked::other))
			.forEach((ranked) -> byModel.computeIfAbsent(ranked.model(), (model) -> new ArrayList<>())
				.add(ranked.file()));
		return byModel.values().stream().flatMap(List::stream).toList();
	}

	private static int kind(ModelFileName name) {
		if (isPart(name) || isDrafter(name)) {
			return 2;
		}
		if (format(name) < FORMATS.size()) {
			return 0;
		}
		if (DATA.matcher(name.last()).find()) {
			return 1;
		}
		if (DOCUMENTATION.matcher(name.last()).find()) {
			return 5;
		}
		return CONFIGURATION.matcher(name.last()).find() && !TEXT_MODEL.matcher(name.last()).find() ? 4 : 3;
	}

	private static int format(ModelFileName name) {
		return IntStream.range(0, FORMATS.size())
			.filter((index) -> FORMATS.get(index).matcher(name.last()).find())
			.findFirst()
			.orElse(FORMATS.size());
	}

	/**
	 * Returns whether a GGUF file is a part of a model, which is not a model by itself.
	 * @param name the name of the file
	 * @return {@code true} for projectors and importance matrices
	 */
	public static boolean isPart(ModelFileName name) {
		return PARTS.matcher(name.last()).find() || isBelow(name, PARTS_DIRECTORIES);
	}

	/**
	 * Returns whether a GGUF file is a model that drafts tokens for another one.
	 * @param name the name of the file
	 * @return {@code true} if its name or a directory says that
	 */
	public static boolean isDrafter(ModelFileName name) {
		return DRAFTERS.matcher(name.last()).find() || isBelow(name, DRAFTERS_DIRECTORIES);
	}

	private static boolean isBelow(ModelFileName name, Set<String> directories) {
		String[] segments = name.text().toLowerCase(Locale.ROOT).split("/");
		return Arrays.stream(segments, 0, segments.length - 1).anyMatch(directories::contains);
	}

	/**
	 * A file with what decides about its place. Names are untrusted, and there may be
	 * many: each is looked at once.
	 *
	 * @param file the file
	 * @param kind the number of its kind
	 * @param format the number of its format
	 * @param depth the number of segments of its name
	 * @param other whether it is called neither "model" nor "config"
	 * @param model the name of the ONNX model whose data it is, else its own
	 */
	private record Ranked<T>(T file, int kind, int format, int depth, boolean other, String model) {

		static <T> Ranked<T> of(T file, ModelFileName name) {
			return new Ranked<>(file, OpeningOrder.kind(name), OpeningOrder.format(name), name.text().split("/").length,
					!MODEL.matcher(name.last()).find(), DATA.matcher(name.text()).replaceFirst(".onnx"));
		}

	}

}
