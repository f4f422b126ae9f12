/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.util.Properties;

import dev.modelcache.ModelFormat;
import org.jspecify.annotations.Nullable;

/**
 * The facts of a header as lines of a receipt.
 */
final class FormatProperties {

	private static final String PREFIX = "format.";

	private FormatProperties() {
	}

	static void write(ModelFormat format, Properties to) {
		set(to, "type", format.type());
		set(to, "architecture", format.architecture());
		set(to, "name", format.name());
		set(to, "quantization", format.quantization());
		set(to, "parameters", format.parameters());
		set(to, "context-length", format.contextLength());
		set(to, "vocabulary-size", format.vocabularySize());
		set(to, "license", format.license());
	}

	static @Nullable ModelFormat read(Properties from) {
		String type = text(from, "type");
		if (type == null) {
			return null;
		}
		return ModelFormat.of(type)
			.withArchitecture(text(from, "architecture"))
			.withName(text(from, "name"))
			.withQuantization(text(from, "quantization"))
			.withParameters(number(from, "parameters"))
			.withContextLength(number(from, "context-length"))
			.withVocabularySize(number(from, "vocabulary-size"))
			.withLicense(text(from, "license"));
	}

	private static void set(Properties to, String key, @Nullable Object value) {
		if (value != null) {
			to.setProperty(PREFIX + key, value.toString());
		}
	}

	private static @Nullable String text(Properties from, String key) {
		return from.getProperty(PREFIX + key);
	}

	private static @Nullable Long number(Properties from, String key) {
		String value = text(from, key);
		return (value != null) ? Long.valueOf(value) : null;
	}

}
