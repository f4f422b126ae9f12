/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

import dev.modelcache.ModelFileName;
import dev.modelcache.internal.FilePatterns;
import dev.modelcache.internal.content.ArchiveLimits;
import org.jspecify.annotations.Nullable;

/**
 * The files beside an ONNX file that hold data of its tensors, which {@link OnnxHeader}
 * finds.
 * <p>
 * <em>Errors</em>: {@link FormatException} for a name that leads out of the directory of
 * the file, or is that of no file.
 *
 * @see <a href= "https://github.com/onnx/onnx/blob/main/docs/ExternalData.md">External
 * data</a>
 */
final class OnnxData {

	private static final int LONGEST_TEXT = 4096;

	/** Those of a model are limited, and it has a configuration, too. */
	private static final int MOST_FILES = ArchiveLimits.MOST_FILES / 2;

	/** The location of data that is in another file. */
	static final int EXTERNAL = 1;

	private final HeaderReader in;

	private final ProtobufReader fields;

	private final ModelFileName model;

	private final NavigableMap<ModelFileName, Long> files = new TreeMap<>();

	/** Whether the data must not be looked for. */
	private boolean refused;

	OnnxData(HeaderReader in, ProtobufReader fields, ModelFileName model) {
		this.in = in;
		this.fields = fields;
		this.model = model;
	}

	/** Returns the names of the files, each with the least number of bytes it has. */
	NavigableMap<ModelFileName, Long> files() {
		return this.files;
	}

	/** Returns whether the data must not be looked for. */
	boolean isRefused() {
		return this.refused;
	}

	/** Adds where the data of a tensor is. */
	void add(Map<String, String> entries) throws FormatException {
		this.files.merge(name(entries.get("location")), end(entries), Math::max);
		if (this.files.size() > MOST_FILES) {
			throw refused("its data is in more than " + MOST_FILES + " files");
		}
	}

	/** Reads a part of what a tensor says about its data. */
	void entry(Map<String, String> entries, long end) throws IOException {
		String key = "";
		String value = "";
		while (this.in.position() < end) {
			long tag = this.fields.varint();
			if (tag == ProtobufReader.tag(1, ProtobufReader.LENGTH)) {
				key = text(this.fields.length(end));
			}
			else if (tag == ProtobufReader.tag(2, ProtobufReader.LENGTH)) {
				value = text(this.fields.length(end));
			}
			else {
				this.fields.skip(tag, end);
			}
		}
		this.fields.checkEnd(end);
		entries.put(key, value);
	}

	/** A location is relative to the directory of the file, and stays within. */
	private ModelFileName name(@Nullable String location) throws FormatException {
		if (location == null || location.isEmpty()) {
			throw refused("a tensor does not say which file its data is in");
		}
		String directory = this.model.text().substring(0, this.model.text().lastIndexOf('/') + 1);
		try {
			ModelFileName name = new ModelFileName(directory + new ModelFileName(withoutDots(location)).text());
			if (!FilePatterns.isPath(name)) {
				throw new IllegalArgumentException("such a name would select other files");
			}
			return name;
		}
		catch (IllegalArgumentException ex) {
			throw refused("it has data in '" + HeaderReader.shown(location) + "', but " + ex.getMessage());
		}
	}

	/** A pattern would recurse once for each dot. */
	private static String withoutDots(String location) {
		int start = 0;
		while (location.startsWith("./", start)) {
			start++;
			while (location.startsWith("/", start)) {
				start++;
			}
		}
		return location.substring(start);
	}

	private long end(Map<String, String> entries) throws FormatException {
		try {
			long offset = Long.parseLong(entries.getOrDefault("offset", "0"));
			long length = Long.parseLong(entries.getOrDefault("length", "0"));
			if (offset >= 0 && length >= 0) {
				return Math.addExact(offset, length);
			}
		}
		catch (ArithmeticException ex) {
			throw refused("its data ends beyond the end of any file");
		}
		catch (NumberFormatException ex) {
			// Said below.
		}
		throw refused("a tensor does not say where its data begins and ends");
	}

	private String text(long end) throws IOException {
		long length = end - this.in.position();
		if (length > LONGEST_TEXT) {
			throw refused("the name of a file with its data is too long");
		}
		return new String(this.in.bytes((int) length), StandardCharsets.UTF_8);
	}

	FormatException refused(String what) {
		this.refused = true;
		return this.in.malformed(what);
	}

}
