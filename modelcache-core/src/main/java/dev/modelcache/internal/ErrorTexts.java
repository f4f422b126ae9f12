/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.util.function.SingletonSupplier;

/**
 * The texts of the operating system's errors, in English. Java has types for some errors
 * ({@code ENOENT}, {@code EACCES}, {@code EEXIST}), and only a text for all others: that
 * of {@code strerror} in the language of {@code LC_MESSAGES}. Where glibc has
 * translations installed, its own catalogs say what they are translations of (GNU gettext
 * manual, "The Format of GNU MO Files"). musl and macOS have English alone; on Windows,
 * only English texts are known.
 * <p>
 * <em>Blocking</em>: reads the catalogs of the process's language, if it has one, with
 * the first error that has a text.
 */
public final class ErrorTexts {

	private static final Logger logger = LoggerFactory.getLogger(ErrorTexts.class);

	private static final int MAGIC = 0x950412de;

	private static final Pattern CHARSET = Pattern.compile("charset=([\\w-]+)");

	/** The catalogs of glibc have up to 200 KB. */
	private static final long LARGEST = 4 << 20;

	/** Those of Ubuntu's language packs are in the second one. */
	private static final List<Path> DIRECTORIES = List.of(Path.of("/usr/share/locale"),
			Path.of("/usr/share/locale-langpack"));

	private static final SingletonSupplier<ErrorTexts> SYSTEM = SingletonSupplier
		.of(() -> new ErrorTexts(System::getenv, DIRECTORIES));

	private final Map<String, String> english = new HashMap<>();

	/**
	 * Reads the catalogs of a language.
	 * @param environment returns environment variables
	 * @param directories where the catalogs of all languages are
	 */
	ErrorTexts(Function<String, @Nullable String> environment, List<Path> directories) {
		for (String language : languages(environment)) {
			for (Path directory : directories) {
				read(directory.resolve(language).resolve("LC_MESSAGES/libc.mo"));
			}
		}
	}

	/**
	 * Returns why something failed, as the operating system says it in English.
	 * @param failure the failure
	 * @return the text, in another language if its English is not known; {@code null} if
	 * there is none
	 */
	public static @Nullable String of(IOException failure) {
		String text = (failure instanceof FileSystemException ex) ? ex.getReason() : failure.getMessage();
		return (text != null) ? Objects.requireNonNull(SYSTEM.get()).english(text) : null;
	}

	String english(String text) {
		return this.english.getOrDefault(text, text);
	}

	/** The languages that glibc looks for, first those with a country. */
	private static Set<String> languages(Function<String, @Nullable String> environment) {
		String locale = Stream.of("LC_ALL", "LC_MESSAGES", "LANG")
			.map((name) -> Objects.requireNonNullElse(environment.apply(name), ""))
			.filter((value) -> !value.isEmpty())
			.findFirst()
			.orElse("C");
		String preferred = Objects.requireNonNullElse(environment.apply("LANGUAGE"), "");
		Set<String> languages = new LinkedHashSet<>();
		if (!locale.equals("C") && !locale.equals("POSIX")) {
			for (String name : (preferred.isEmpty() ? locale : preferred).split(":")) {
				String plain = name.replaceFirst("[.@].*", "");
				if (plain.matches("\\w+")) {
					languages.add(plain);
					languages.add(plain.replaceFirst("_.*", ""));
				}
			}
		}
		return languages;
	}

	private void read(Path catalog) {
		try {
			if (Files.isRegularFile(catalog) && Files.size(catalog) <= LARGEST) {
				read(ByteBuffer.wrap(Files.readAllBytes(catalog)));
			}
		}
		catch (IOException | RuntimeException ex) {
			logger.debug("{} cannot be read", catalog, ex);
		}
	}

	private void read(ByteBuffer catalog) {
		catalog.order((catalog.getInt(0) == MAGIC) ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
		if (catalog.getInt(0) != MAGIC) {
			return;
		}
		int originals = catalog.getInt(12);
		int translations = catalog.getInt(16);
		// The first text is the empty one, whose translation describes the catalog.
		Matcher charset = CHARSET.matcher(text(catalog, translations, StandardCharsets.ISO_8859_1));
		Charset encoding = charset.find() ? Charset.forName(charset.group(1)) : StandardCharsets.UTF_8;
		for (int i = 1; i < catalog.getInt(8); i++) {
			this.english.putIfAbsent(text(catalog, translations + 8 * i, encoding),
					text(catalog, originals + 8 * i, encoding));
		}
	}

	private static String text(ByteBuffer catalog, int entry, Charset encoding) {
		return new String(catalog.array(), catalog.getInt(entry + 4), catalog.getInt(entry), encoding);
	}

}
