/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

import dev.modelcache.Digest;
import dev.modelcache.internal.store.CacheLayout;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;

/**
 * What the journal of a staged file says: how large the file is, which of its blocks are
 * there, who sent them, and what proves that they belong together. It is untrusted input:
 * a line that cannot be read, or has a number that cannot be, is ignored, and the blocks
 * are checked before they are used. <pre>
 * modelcache-journal 1 1048576          version, size of a block
 * file &lt;size&gt; &lt;expected digest, or -&gt; &lt;suffix of its compression, or nothing&gt;
 * origin &lt;number&gt; &lt;key of the URL&gt; &lt;validator, or -&gt;
 * block &lt;index&gt; &lt;number of the origin&gt; &lt;CRC-32C, hexadecimal&gt;
 * </pre>
 *
 * @param size the size of the file, or {@code null}
 * @param expected its expected digest when it was written, or {@code null}
 * @param compression the suffix of the format that it is to be decompressed from; empty
 * for a file that is wanted as it is
 * @param origins who sent blocks, by number
 * @param blocks the blocks by their index; of several lines for one block the last counts
 */
record JournalContents(@Nullable Long size, @Nullable Digest expected, String compression, Map<Integer, Source> origins,
		NavigableMap<Long, Block> blocks) {

	static final String FIRST_LINE = "modelcache-journal 1 " + WorkMap.BLOCK;

	/** In the place of an origin's number: several sent parts of the block. */
	static final int SEVERAL = -1;

	private static final String NONE = "-";

	/** A pebibyte. Further numbers may be added to it. */
	private static final long LARGEST_FILE = 1L << 50;

	/** More URLs than any file has. */
	private static final int MOST_ORIGINS = 1000;

	static JournalContents read(List<String> lines) {
		Reader reader = new Reader();
		if (!lines.isEmpty() && lines.get(0).equals(FIRST_LINE)) {
			lines.stream().skip(1).forEach(reader::read);
			reader.dropBlocksBehindTheEnd();
		}
		return new JournalContents(reader.size, reader.expected, reader.compression, reader.origins, reader.blocks);
	}

	/**
	 * Returns how many bytes of the file a transfer may take over: all blocks or none.
	 * With an expected digest the whole will be proved by it; without one, all blocks
	 * must come from one URL that is still asked, whose strong validator will tell
	 * whether the file is still the same.
	 * @param plan the transfer
	 * @return a number of bytes, 0 for none
	 */
	long worthFor(DownloadPlan plan) {
		if (this.size == null || this.blocks.isEmpty() || !agreesOnSize(plan)) {
			return 0;
		}
		ExpectedDigest wanted = plan.file().expected();
		if (!this.compression.equals(compression(plan))) {
			return 0;
		}
		boolean usable = (wanted != null) ? wanted.digest().equals(this.expected) : onlySource(plan) != null;
		return usable ? Math.min(this.size, this.blocks.size() * WorkMap.BLOCK) : 0;
	}

	/** One digest may be expected of a file in two forms. */
	private static String compression(DownloadPlan plan) {
		return (plan.decompression() != null) ? plan.decompression().compression().suffix() : "";
	}

	private boolean agreesOnSize(DownloadPlan plan) {
		return plan.file().size() == null || plan.file().size().equals(this.size);
	}

	/** Returns the mirror that sent every block, if it can be told to still have them. */
	@Nullable Mirror onlySource(DownloadPlan plan) {
		Set<Integer> numbers = this.blocks.values().stream().map(Block::origin).collect(Collectors.toSet());
		Source source = (numbers.size() == 1) ? this.origins.get(numbers.iterator().next()) : null;
		if (source == null || source.validator() == null) {
			return null;
		}
		return plan.mirrors()
			.stream()
			.filter((mirror) -> CacheLayout.sourceKey(mirror.uri()).equals(source.key()))
			.findFirst()
			.orElse(null);
	}

	/** Returns the validator of a mirror's file when its blocks came. */
	@Nullable String validatorOf(Mirror mirror) {
		String key = CacheLayout.sourceKey(mirror.uri());
		return this.origins.values()
			.stream()
			.filter((source) -> source.key().equals(key))
			.map(Source::validator)
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(null);
	}

	/** Returns whether a text can be sent in a header as it is. */
	static boolean isPrintable(String text) {
		return text.chars().allMatch((character) -> character > ' ' && character < 127);
	}

	static String file(long size, DownloadPlan plan) {
		ExpectedDigest expected = plan.file().expected();
		return ("file " + size + " " + ((expected != null) ? expected.digest() : NONE) + " " + compression(plan))
			.stripTrailing();
	}

	static String origin(int number, Source source) {
		return "origin " + number + " " + source.key() + " "
				+ ((source.validator() != null) ? source.validator() : NONE);
	}

	static String block(long index, Block block) {
		return "block " + index + " " + block.origin() + " " + HexFormat.of().toHexDigits(block.checksum());
	}

	/**
	 * Who sent blocks.
	 *
	 * @param key the key of the URL
	 * @param validator its strong validator, or {@code null}
	 */
	record Source(String key, @Nullable String validator) {

		/** The line that said who is lost. */
		static final Source UNKNOWN = new Source("", null);

	}

	/**
	 * A block that is there.
	 *
	 * @param origin the number of who sent it, or {@link #SEVERAL}
	 * @param checksum its CRC-32C
	 */
	record Block(int origin, int checksum) {

	}

	private static final class Reader {

		private final Map<Integer, Source> origins = new HashMap<>();

		private final NavigableMap<Long, Block> blocks = new TreeMap<>();

		private @Nullable Long size;

		private @Nullable Digest expected;

		private String compression = "";

		void read(String line) {
			try {
				String[] words = line.split(" ", 4);
				switch (words[0]) {
					case "file" -> {
						this.size = number(words[1], 1, LARGEST_FILE);
						this.expected = words[2].equals(NONE) ? null : Digest.parse(words[2]);
						this.compression = (words.length > 3) ? words[3] : "";
					}
					case "origin" -> this.origins.put((int) number(words[1], 0, MOST_ORIGINS),
							new Source(words[2], isValidator(words[3]) ? words[3] : null));
					case "block" -> this.blocks.put(number(words[1], 0, LARGEST_FILE / WorkMap.BLOCK), new Block(
							(int) number(words[2], SEVERAL, MOST_ORIGINS), HexFormat.fromHexDigits(words[3])));
					default -> {
						// A line of a later version.
					}
				}
			}
			catch (IllegalArgumentException | IndexOutOfBoundsException ex) {
				// Torn by a crash of the machine, or not ours: what it says is fetched
				// again.
			}
		}

		private static long number(String text, long least, long most) {
			long number = Long.parseLong(text);
			if (number < least || number > most) {
				throw new IllegalArgumentException("not from " + least + " to " + most);
			}
			return number;
		}

		private static boolean isValidator(String text) {
			return !text.equals(NONE) && isPrintable(text);
		}

		private void dropBlocksBehindTheEnd() {
			if (this.size != null) {
				this.blocks.tailMap((this.size - 1) / WorkMap.BLOCK, false).clear();
			}
		}

	}

}
