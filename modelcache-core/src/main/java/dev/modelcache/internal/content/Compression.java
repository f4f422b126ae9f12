/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.IOException;
import java.util.HexFormat;
import java.util.Locale;

import dev.modelcache.ModelConfigurationException;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;

/**
 * The formats that a model may be compressed in, told by the suffix of its file name.
 */
public enum Compression {

	/** RFC 1952; the platform reads it. */
	GZIP(".gz", "gzip", "1f8b", "java.util.zip.Inflater", "java.base"),

	/** RFC 8878; zstd-jni reads it. */
	ZSTD(".zst", "Zstandard", "28b52ffd", "com.github.luben.zstd.ZstdDecompressCtx", "com.github.luben:zstd-jni"),

	/** The .xz file format, version 1.2.1; XZ for Java reads it. */
	XZ(".xz", "xz", "fd377a585a00", "org.tukaani.xz.XZInputStream", "org.tukaani:xz");

	/** RFC 8878, section 3.1.2: the low half of the first byte is free. */
	private static final byte[] SKIPPABLE_FRAME = { 0x50, 0x2a, 0x4d, 0x18 };

	private static final int SKIPPABLE_FRAME_MASK = 0xf0;

	private final String suffix;

	private final String label;

	private final byte[] magic;

	private final String reader;

	private final String library;

	Compression(String suffix, String label, String magic, String reader, String library) {
		this.suffix = suffix;
		this.label = label;
		this.magic = HexFormat.of().parseHex(magic);
		this.reader = reader;
		this.library = library;
	}

	/**
	 * Returns how a file must be decompressed to become another one.
	 * @param sourceName the file name at the source
	 * @param targetName the name of the published file
	 * @return the format whose suffix the source's name has and the target's has not, or
	 * {@code null} where the bytes are published as they are
	 */
	public static @Nullable Compression between(String sourceName, String targetName) {
		Compression compression = of(sourceName);
		return (compression != null && !compression.isSuffixOf(targetName)) ? compression : null;
	}

	/**
	 * Returns the name of what is inside a file.
	 * @param sourceName the file name at the source
	 * @return the name without the suffix of a compression, if it has one
	 */
	public static String contentName(String sourceName) {
		Compression compression = of(sourceName);
		return (compression != null) ? sourceName.substring(0, sourceName.length() - compression.suffix.length())
				: sourceName;
	}

	/** A name that is nothing but a suffix is a name. */
	private static @Nullable Compression of(String name) {
		for (Compression compression : values()) {
			if (compression.isSuffixOf(name) && name.length() > compression.suffix.length()) {
				return compression;
			}
		}
		return null;
	}

	private boolean isSuffixOf(String name) {
		return name.toLowerCase(Locale.ROOT).endsWith(this.suffix);
	}

	/**
	 * Returns the suffix of its file names.
	 * @return the suffix, such as {@code .gz}
	 */
	public String suffix() {
		return this.suffix;
	}

	/**
	 * Checks that this application can decompress the format.
	 * @param modelId the model's id
	 * @throws ModelConfigurationException if a library is missing; says which
	 */
	public void requireReader(String modelId) {
		requireReader(modelId, false, Compression.class.getClassLoader());
	}

	/**
	 * Checks that this application can decompress the format.
	 * @param modelId the model's id
	 * @param archive whether it is the format of an archive, not that of a file
	 * @throws ModelConfigurationException if a library is missing; says which
	 */
	public void requireReader(String modelId, boolean archive) {
		requireReader(modelId, archive, Compression.class.getClassLoader());
	}

	void requireReader(String modelId, ClassLoader classes) {
		requireReader(modelId, false, classes);
	}

	void requireReader(String modelId, boolean archive, ClassLoader classes) {
		if (!ClassUtils.isPresent(this.reader, classes)) {
			throw new ModelConfigurationException(modelId, "hooks.llm.url",
					"refers to " + what(archive) + ", but no library on the class path can decompress " + this.label,
					"Add the dependency " + this.library
							+ (archive ? ", or use a model that is packed otherwise"
									: ", use an uncompressed file, or end model-path with " + this.suffix
											+ " to store the file as it is"));
		}
	}

	/** Returns what a source has, as part of a sentence. */
	private String what(boolean archive) {
		return archive ? "a " + packing() + " archive" : "a " + this.suffix + " file";
	}

	/** Returns how an archive in this format is called in media types. */
	String packing() {
		return "tar+" + name().toLowerCase(Locale.ROOT);
	}

	/** Returns the format that bytes begin with, or {@code null}. */
	static @Nullable Compression beginning(CompressedInput input) throws IOException {
		for (Compression compression : values()) {
			if (compression.begins(input)) {
				return compression;
			}
		}
		return null;
	}

	/** What a library that is there, but does not work here, means. */
	ModelConfigurationException unusable(String modelId, boolean archive, LinkageError failure) {
		ModelConfigurationException unusable = new ModelConfigurationException(modelId, "hooks.llm.url",
				"refers to " + what(archive) + ", but " + this.library + " does not work on this machine: " + ""
						+ failure,
				"Set java.io.tmpdir to a directory from which native libraries can be loaded, or use an "
						+ "uncompressed file");
		unusable.addSuppressed(failure);
		return unusable;
	}

	private boolean begins(CompressedInput input) throws IOException {
		return input.startsWith(this.magic, 0xff)
				|| (this == ZSTD && input.startsWith(SKIPPABLE_FRAME, SKIPPABLE_FRAME_MASK));
	}

	/** Returns the format's name, as part of a sentence. */
	String label() {
		return this.label;
	}

	/**
	 * Starts decompressing.
	 * @throws DecompressionException if the bytes do not begin as this format does
	 */
	Decompressor open(CompressedInput input) throws IOException {
		if (!begins(input)) {
			Compression other = beginning(input);
			throw new DecompressionException(DecompressionException.Reason.ANOTHER_FORMAT,
					(other != null) ? "it is " + other.label + " data" : "its first bytes are others", null);
		}
		return switch (this) {
			case GZIP -> new GzipDecompressor(input);
			case ZSTD -> new ZstdDecompressor(input);
			case XZ -> new XzDecompressor(input);
		};
	}

}
