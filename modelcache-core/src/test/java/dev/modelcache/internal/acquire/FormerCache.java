/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.modelcache.testsupport.MisbehavingServer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A cache that a former version of the library left. The templates are what that version
 * wrote, with paths, keys, sizes and times replaced by placeholders. The rule for the
 * keys is the one of the first version, written out here, so that a change of the present
 * rule is noticed. All files consist of zeros, so that reading one to check it fails.
 * <p>
 * A template has these entries: <pre>
 * &#64;file path size           a file of zeros
 * &#64;link path target         a symbolic link
 * &#64;line path text           a file of one line, which does not end
 * &#64;text path                a text, on the lines that follow
 * &#64;properties path          the same, with the escapes of properties
 * &#64;record ending path file  properties with the key of the path as their name, about the
 *                          file, or the path where no file is named
 * </pre>
 */
final class FormerCache {

	private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([a-z-]+)(?::([^}]*))?\\}");

	private final Path directory;

	private final String server;

	/**
	 * Creates the writer of former caches.
	 * @param directory the cache's directory; exists
	 * @param server the server that the models came from
	 */
	FormerCache(Path directory, MisbehavingServer server) throws IOException {
		this.directory = directory.toRealPath();
		this.server = "http://127.0.0.1:" + server.port();
	}

	/** Writes the files of a template. */
	void write(String template) throws IOException {
		write(template, UnaryOperator.identity());
	}

	/** Writes the files of a template that is edited before. */
	void write(String template, UnaryOperator<String> edit) throws IOException {
		for (String entry : edit.apply(read(template)).split("(?m)^@")) {
			if (!entry.isEmpty()) {
				String[] parts = entry.split("\n", 2);
				write(fill(parts[0], Map.of(), UnaryOperator.identity()).split(" "), parts[1]);
			}
		}
	}

	private void write(String[] head, String body) throws IOException {
		switch (head[0]) {
			case "file" -> makePrivate(Files.write(created(head[1]), new byte[Integer.parseInt(head[2])]));
			case "link" -> {
				Path link = created(head[1]);
				Files.deleteIfExists(link);
				Files.createSymbolicLink(link, Path.of(head[2]));
			}
			case "line" -> Files.writeString(created(head[1]), head[2]);
			case "text" ->
				makePrivate(Files.writeString(created(head[1]), fill(body, Map.of(), UnaryOperator.identity())));
			case "properties" -> Files.writeString(created(head[1]), fill(body, Map.of(), FormerCache::escaped));
			case "record" -> Files.writeString(created(record(head[1], head[2])),
					fill(body, fingerprint(file(head[head.length - 1])), FormerCache::escaped));
			default -> throw new IllegalArgumentException(head[0]);
		}
	}

	/**
	 * Checks that a former version would find what it wrote itself: each file, link and
	 * record of a template is there, and says the same. When a file was verified is
	 * another matter, and so is the address of the Hub.
	 */
	void assertIsThere(String template) throws IOException {
		for (String entry : read(template).split("(?m)^@")) {
			if (!entry.isEmpty()) {
				String[] parts = entry.split("\n", 2);
				assertIsThere(fill(parts[0], Map.of(), UnaryOperator.identity()).split(" "), parts[1]);
			}
		}
	}

	private void assertIsThere(String[] head, String body) throws IOException {
		switch (head[0]) {
			case "file" -> assertThat(file(head[1])).hasSize(Long.parseLong(head[2]));
			case "link" -> assertThat(Files.readSymbolicLink(file(head[1]))).isEqualTo(Path.of(head[2]));
			case "line" -> assertThat(file(head[1])).hasContent(head[2]);
			case "text" -> assertThat(file(head[1])).hasContent(fill(body, Map.of(), UnaryOperator.identity()).strip());
			case "properties" -> assertSaysTheSame(file(head[1]), fill(body, Map.of(), FormerCache::escaped));
			default -> {
				Path record = this.directory.resolve(record(head[1], head[2]));
				assertSaysTheSame(record, fill(body, fingerprint(file(head[head.length - 1])), FormerCache::escaped));
			}
		}
	}

	private static void assertSaysTheSame(Path record, String former) throws IOException {
		Properties expected = properties(former);
		expected.remove("verified-at");
		if (expected.getProperty("source", "").contains("/org/repo/resolve/")) {
			expected.remove("source");
		}
		assertThat(properties(Files.readString(record))).as(record.toString()).containsAllEntriesOf(expected);
	}

	/** A file of the Hub's cache may be named by the link that leads to it. */
	private static Properties properties(String text) throws IOException {
		Properties properties = new Properties();
		properties.load(new StringReader(text));
		String target = properties.getProperty("target");
		if (target != null) {
			properties.setProperty("target", Path.of(target).toRealPath().toString());
		}
		return properties;
	}

	private Path file(String path) {
		return this.directory.resolve(path);
	}

	private String record(String ending, String path) {
		return "receipts/" + key(file(path).toString()) + ending;
	}

	private Path created(String path) throws IOException {
		Path file = this.directory.resolve(path);
		Files.createDirectories(Objects.requireNonNull(file.getParent()));
		return file;
	}

	private static void makePrivate(Path file) throws IOException {
		if (Files.getFileAttributeView(file, PosixFileAttributeView.class) != null) {
			Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
		}
	}

	/** Returns what the former versions recorded of a file. */
	private static Map<String, String> fingerprint(Path file) {
		if (!Files.exists(file)) {
			return Map.of();
		}
		try {
			BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
			boolean unix = file.getFileSystem().supportedFileAttributeViews().contains("unix");
			return Map.of("target", file.toString(), "size", Long.toString(attributes.size()), "modified",
					attributes.lastModifiedTime().toString(), "file-key", Objects.toString(attributes.fileKey(), ""),
					"changed", unix ? Files.getAttribute(file, "unix:ctime").toString() : "");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private String fill(String text, Map<String, String> values, UnaryOperator<String> escape) {
		Function<MatchResult, String> value = (placeholder) -> switch (placeholder.group(1)) {
			case "cache" -> this.directory.toString();
			case "server" -> this.server;
			case "key" -> key(this.server + placeholder.group(2));
			case "place" -> key(this.server + placeholder.group(2)).substring(0, 16);
			default -> Objects.requireNonNull(values.get(placeholder.group(1)), placeholder.group());
		};
		return PLACEHOLDER.matcher(text)
			.replaceAll((placeholder) -> Matcher.quoteReplacement(escape.apply(value.apply(placeholder))));
	}

	private static String escaped(String value) {
		return value.replaceAll("[\\\\:=#!]", "\\\\$0");
	}

	/** Returns the key of a path or a URL, by the rule of the first version. */
	private static String key(String text) {
		try {
			byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
			return HexFormat.of().formatHex(hash, 0, 16);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static String read(String template) throws IOException {
		try (InputStream in = Objects
			.requireNonNull(FormerCache.class.getResourceAsStream("/former-caches/" + template + ".txt"), template)) {
			return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
		}
	}

}
