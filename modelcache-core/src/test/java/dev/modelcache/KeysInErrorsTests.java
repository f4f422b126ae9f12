/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.runtime.LlmClassifierBuilder;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What {@code docs/plain-java.md} says of the keys that errors name: each of them is an
 * option of the builder.
 */
class KeysInErrorsTests {

	private static final Pattern KEY = Pattern
		.compile("hooks\\.llm\\.([a-z]+(?:-[a-z]+)*)(?:\\.([a-z]+(?:-[a-z]+)*))?");

	private static final Map<String, Class<?>> GROUPS = Map.of("cache", CacheOptions.class, "download",
			DownloadOptions.class, "lock", LockOptions.class, "huggingface", HuggingFaceOptions.class, "oci",
			OciOptions.class);

	/** Returns the keys in the texts of the compiled classes. */
	private static Set<String> keys() throws IOException, URISyntaxException {
		Path classes = Path.of(ModelCache.class.getProtectionDomain().getCodeSource().getLocation().toURI());
		Set<String> keys = new TreeSet<>();
		try (Stream<Path> files = Files.walk(classes)) {
			for (Path file : files.filter((path) -> path.toString().endsWith(".class")).toList()) {
				Matcher key = KEY.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
				while (key.find()) {
					keys.add(key.group().substring("hooks.llm.".length()));
				}
			}
		}
		return keys;
	}

	private static Map<String, String> different() throws IOException {
		Path here = Path.of("").toAbsolutePath();
		Path root = Files.isDirectory(here.resolve("docs")) ? here : here.getParent();
		return Files.readAllLines(root.resolve("docs/plain-java.md"))
			.stream()
			.filter((line) -> line.startsWith("| `"))
			.map((line) -> line.split("`"))
			.collect(Collectors.toMap((cells) -> cells[1], (cells) -> cells[3]));
	}

	private static boolean hasMethod(Class<?> type, String name) {
		return Arrays.stream(type.getMethods()).anyMatch((method) -> method.getName().equals(name));
	}

	private static String camelCase(String key) {
		return Pattern.compile("-([a-z])").matcher(key).replaceAll((letter) -> letter.group(1).toUpperCase());
	}

	@Test
	void eachKeyIsAnOptionOfTheBuilder() throws Exception {
		Map<String, String> different = different();
		Predicate<String> isOption = (key) -> {
			String[] parts = key.split("\\.");
			Class<?> group = GROUPS.get(parts[0]);
			if (different.containsKey(key)) {
				return Stream
					.of(ModelCacheBuilder.class, DownloadOptions.class, OciOptions.class, ModelRequest.Builder.class,
							LlmClassifierBuilder.class)
					.anyMatch((type) -> hasMethod(type, different.get(key)));
			}
			return (group != null && parts.length == 2) ? hasMethod(group, camelCase(parts[1]))
					: parts.length == 1 && (hasMethod(ModelCacheBuilder.class, camelCase(key))
							|| hasMethod(ModelRequest.Builder.class, camelCase(key)));
		};
		Set<String> keys = keys();
		assertThat(keys).hasSizeGreaterThan(20).allMatch(isOption);
		assertThat(keys).containsAll(different.keySet());
	}

}
