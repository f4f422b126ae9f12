/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import dev.modelcache.internal.content.Compression;
import org.jspecify.annotations.Nullable;

/**
 * What is said about the format of a file: the name at its source, the name under which
 * it is published, the media type that its source states. The bytes decide what the file
 * is; a hint that names another format is a reason to refuse it.
 *
 * @param names the names of the file, without the suffix of a compression
 * @param mediaType the media type, or {@code null} if the source states none
 * @param proved whether something else tells what the file is, such as a digest or the
 * other files of its model
 */
public record FormatHints(List<String> names, @Nullable String mediaType, boolean proved) {

	/** A number alone is that of a version. */
	private static final Pattern EXTENSION = Pattern.compile(".*[^.]\\.(?=[\\w-]*\\p{Alpha})[\\w-]+");

	private static final int LONGEST_NAME = 255;

	/** Parts of media types that describe something beside or around the weights. */
	private static final Set<String> NO_WEIGHTS = Set.of("config", "gzip", "index", "json", "tar", "zstd");

	/**
	 * Creates hints.
	 */
	public FormatHints {
		names = names.stream().distinct().toList();
	}

	/**
	 * Creates hints for a file that need not be of a known format.
	 * @param names the names of the file
	 * @param mediaType the media type, or {@code null}
	 */
	public FormatHints(List<String> names, @Nullable String mediaType) {
		this(names, mediaType, true);
	}

	/**
	 * Returns the same hints for a file of which nothing else is known.
	 * @return hints without which the bytes must tell the format
	 */
	public FormatHints unproved() {
		return new FormatHints(this.names, this.mediaType, false);
	}

	/**
	 * Returns these hints, and what a server calls the file if none of its names says
	 * more. Such a name may be anything, also what the server was sent: nothing but its
	 * extension counts, and is shown.
	 * @param name the name, or {@code null}
	 * @return the hints
	 */
	public FormatHints orNamed(@Nullable String name) {
		String text = (name != null) ? name.strip() : "";
		boolean usable = !haveExtension() && text.length() <= LONGEST_NAME && EXTENSION.matcher(text).matches()
				&& Compression.contentName(text).equals(text);
		if (!usable) {
			return this;
		}
		String named = "…" + text.substring(text.lastIndexOf('.'));
		return new FormatHints(Stream.concat(this.names.stream(), Stream.of(named)).toList(), this.mediaType,
				this.proved);
	}

	private boolean haveExtension() {
		return this.names.stream().anyMatch((name) -> EXTENSION.matcher(name).matches());
	}

	/** Returns whether the bytes alone can tell what the file is. */
	boolean tellNothing() {
		return !this.proved && this.mediaType == null && !haveExtension();
	}

	/**
	 * Creates the hint of a single name.
	 * @param name the name
	 * @return the hint
	 */
	public static FormatHints ofName(String name) {
		return new FormatHints(List.of(name), null);
	}

	/** Returns the extensions of the names, in lower case. */
	Set<String> extensions() {
		Set<String> extensions = new TreeSet<>();
		this.names.forEach((name) -> extensions.add(extension(name)));
		return extensions;
	}

	/** Returns the hints that name a format. */
	List<Hint> known() {
		List<Hint> hints = new ArrayList<>();
		for (String name : this.names) {
			Kind kind = Kind.of(extension(name));
			if (kind != null) {
				// A single name is the one that the user knows.
				boolean only = this.names.size() == 1 && this.mediaType == null;
				hints.add(new Hint(kind, only ? "" : ", which its name '" + name + "' promises"));
			}
		}
		Kind stated = (this.mediaType != null) ? ofMediaType(this.mediaType) : null;
		if (stated != null) {
			hints.add(new Hint(stated, ", which its media type promises"));
		}
		return hints;
	}

	/** Media types have no registered names for models, but say the format in a part. */
	private static @Nullable Kind ofMediaType(String mediaType) {
		List<String> parts = List.of(mediaType.toLowerCase(Locale.ROOT).split("[^a-z0-9]+"));
		if (parts.stream().anyMatch(NO_WEIGHTS::contains)) {
			return null;
		}
		return parts.stream().map(Kind::of).filter((kind) -> kind != null).findFirst().orElse(null);
	}

	private static String extension(String name) {
		return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
	}

	/** A format whose header is read. */
	enum Kind {

		GGUF("a GGUF file"), SAFETENSORS("a safetensors file"), ONNX("an ONNX file");

		private final String label;

		Kind(String label) {
			this.label = label;
		}

		private static @Nullable Kind of(String extension) {
			return switch (extension) {
				case "gguf" -> GGUF;
				case "safetensors" -> SAFETENSORS;
				case "onnx" -> ONNX;
				default -> null;
			};
		}

		/** Returns the name of such a file, with its article. */
		String label() {
			return this.label;
		}

	}

	/**
	 * A hint that names a format.
	 *
	 * @param kind the format
	 * @param reason what names it, as the end of a sentence; empty for the only name
	 */
	record Hint(Kind kind, String reason) {

		String expected() {
			return this.kind.label() + this.reason;
		}

	}

}
