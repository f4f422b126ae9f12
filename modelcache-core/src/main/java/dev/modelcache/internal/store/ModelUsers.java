/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.modelcache.Digest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.DiskStep;
import dev.modelcache.internal.lock.ExclusiveFile;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.internal.lock.FilesInUse;
import dev.modelcache.internal.lock.HostName;
import dev.modelcache.internal.lock.ProcessIdentity;
import dev.modelcache.internal.lock.ProcessIdentity.State;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which models the applications of this machine use, so that none of them removes one
 * that another one uses, or puts another file in its place. This application has two
 * marks for a place that it uses: one says that the file is in use ({@link FilesInUse}),
 * and the time of its receipt when it last was; the other one says which file is expected
 * there. The latter is a file of its own for each of the things that are expected, beside
 * one that is kept locked. Both count until {@link #leave}, {@link #close()} or the end
 * of the process.
 * <p>
 * Models that are configured keep their marks; of the others, those that were used last
 * do, so that an application that requests ever new ones does not run out of files.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: all methods; {@link #use} for a
 * few system calls the first time, then almost never. <em>Errors</em>: none; what cannot
 * be marked is not protected.
 */
final class ModelUsers implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(ModelUsers.class);

	/** How many models that are not configured have marks. */
	static final int MOST_OTHERS = 1000;

	private static final Duration BETWEEN_NOTES = Duration.ofMinutes(5);

	private static final String ENDING = ".user";

	/** Whoever reads the mark of its own process must not open what is locked. */
	private static final String LOCKED = ".held";

	private static final Pattern NAME = Pattern.compile("[^.]+\\." + ProcessIdentity.NAME + "\\" + ENDING);

	private final CacheLayout layout;

	private final ExclusiveFiles files;

	private final Clock clock;

	private final FilesInUse inUse;

	/** The files that are noted to be used, by their receipts; guarded by itself. */
	private final Map<Path, Noted> noted = new LinkedHashMap<>(16, 0.75f, true);

	/** What each model is to be, those that were requested last at the end. */
	private final Map<User, Use> uses = new LinkedHashMap<>(16, 0.75f, true);

	/** One mark for all models that are to be the same at a place. */
	private final Map<Served, Mark> marks = new HashMap<>();

	private volatile Set<String> configured = Set.of();

	private boolean closed;

	ModelUsers(CacheLayout layout, ExclusiveFiles files, Clock clock) {
		this.layout = layout;
		this.files = files;
		this.clock = clock;
		this.inUse = new FilesInUse(layout.access());
	}

	/** Sets the ids of the models that keep their marks. */
	void keep(Set<String> configured) {
		this.configured = configured;
	}

	/**
	 * Notes that this application uses a file, if the cache chose its place.
	 * @param modelId the model's id
	 * @param place the file's place
	 */
	void use(String modelId, ModelPlace place) {
		Path receipt = place.receipt();
		Instant now = this.clock.instant();
		boolean configured = this.configured.contains(modelId);
		Noted last;
		synchronized (this.noted) {
			last = this.noted.get(receipt);
		}
		if (last != null && now.isBefore(last.at().plus(BETWEEN_NOTES)) && (last.configured() || !configured)) {
			return;
		}
		if (last == null && this.layout.isChosen(place.target())) {
			try {
				if (!this.inUse.use(mark(receipt))) {
					return;
				}
			}
			catch (IOException ex) {
				logger.debug("Other processes cannot be told that {} is in use", place.target(), ex);
			}
		}
		touch(receipt, now);
		Path forgotten;
		synchronized (this.noted) {
			this.noted.put(receipt, new Noted(now, configured || (last != null && last.configured())));
			forgotten = eldest(this.noted, (one, noted) -> noted.configured());
		}
		if (forgotten != null) {
			leave(forgotten, true);
		}
	}

	/** Returns the entry that was used least recently, if there are too many others. */
	private static <K, V> @Nullable K eldest(Map<K, V> entries, BiPredicate<K, V> configured) {
		if (entries.size() <= MOST_OTHERS) {
			return null;
		}
		List<K> others = entries.entrySet()
			.stream()
			.filter((entry) -> !configured.test(entry.getKey(), entry.getValue()))
			.map(Map.Entry::getKey)
			.toList();
		return (others.size() > MOST_OTHERS) ? others.get(0) : null;
	}

	private Path mark(Path receipt) throws IOException {
		Path mark = this.layout.mark(receipt);
		Path directory = mark.resolveSibling("");
		this.layout.access().createDirectories(directory);
		return directory.toRealPath().resolve(mark.getFileName());
	}

	/** Whoever uses it in between marks it again, because it is not noted any more. */
	private void leave(Path receipt, boolean marked) {
		if (marked) {
			try {
				this.inUse.leave(mark(receipt));
			}
			catch (IOException ex) {
				logger.debug("The mark of {} cannot be found", receipt, ex);
			}
		}
		synchronized (this.noted) {
			this.noted.remove(receipt);
		}
	}

	private static void touch(Path receipt, Instant now) {
		try {
			Files.setLastModifiedTime(receipt, FileTime.from(now));
		}
		catch (NoSuchFileException ex) {
			logger.trace("No receipt {} yet", receipt);
		}
		catch (IOException ex) {
			logger.debug("The time of the receipt {} cannot be set", receipt, ex);
		}
	}

	/**
	 * Removes a file if no application uses it.
	 * @return whether the removal was run
	 */
	boolean ifUnused(Path receipt, DiskStep removal) throws IOException {
		return this.inUse.ifUnused(mark(receipt), removal);
	}

	/**
	 * Says what a model of this application is to be, which is served from a path.
	 * @param modelId the model's id
	 * @param place the path
	 * @param use what is served and expected there
	 */
	synchronized void serve(String modelId, ModelPlace place, Use use) {
		User user = new User(modelId, place.receipt());
		Use before = this.uses.get(user);
		if (this.closed || use.equals(before)) {
			return;
		}
		try {
			Served served = new Served(place.receipt(), use);
			Mark mark = this.marks.get(served);
			if (mark == null) {
				mark = create(modelId, place, use);
				this.marks.put(served, mark);
			}
			mark.users++;
			this.uses.put(user, use);
		}
		catch (IOException ex) {
			logger.debug("Other processes cannot be told that {} is served", place.target(), ex);
			this.uses.remove(user);
		}
		if (before != null) {
			release(new Served(place.receipt(), before));
		}
		User eldest = eldest(this.uses, (one, expected) -> this.configured.contains(one.modelId()));
		Use forgotten = (eldest != null) ? this.uses.remove(eldest) : null;
		if (eldest != null && forgotten != null) {
			release(new Served(eldest.receipt(), forgotten));
		}
	}

	private void release(Served served) {
		Mark mark = this.marks.get(served);
		if (mark != null && --mark.users == 0) {
			this.marks.remove(served);
			delete(mark);
		}
	}

	private Mark create(String modelId, ModelPlace place, Use use) throws IOException {
		this.layout.access().createDirectories(this.layout.locks());
		others(modelId, place);
		String name = key(place) + "." + ProcessIdentity.newName() + ENDING;
		Path path = this.layout.locks().toRealPath().resolve(name);
		ExclusiveFile file = this.files.tryCreate(locked(path), this.layout.access().forFile(path));
		if (file == null) {
			throw new IOException(path + " was taken at once");
		}
		Mark mark = new Mark(path, file);
		boolean written = false;
		try {
			this.layout.access().applyTo(locked(path));
			try (FileChannel channel = this.layout.access().create(path)) {
				ByteBuffer lines = StandardCharsets.UTF_8.encode(String.join("\n", use.toLines(modelId, place)) + "\n");
				while (lines.hasRemaining()) {
					channel.write(lines);
				}
			}
			written = true;
			return mark;
		}
		finally {
			if (!written) {
				// A mark that says nothing would be taken for one that was written.
				delete(mark);
			}
		}
	}

	private static Path locked(Path mark) {
		return mark.resolveSibling(mark.getFileName() + LOCKED);
	}

	/**
	 * Says that this application uses nothing at a path any more.
	 * @param place the path
	 */
	void leave(ModelPlace place) {
		synchronized (this) {
			this.uses.keySet().removeIf((user) -> user.receipt().equals(place.receipt()));
			this.marks.entrySet().removeIf((mark) -> {
				boolean left = mark.getKey().receipt().equals(place.receipt());
				if (left) {
					delete(mark.getValue());
				}
				return left;
			});
		}
		leave(place.receipt(), this.layout.isChosen(place.target()));
	}

	/**
	 * Requires that a file may come to a path: nothing else is served from there, by
	 * another process or for another model, that it does not agree with.
	 * @param modelId the model's id
	 * @param place the path
	 * @param coming the file
	 * @throws ModelStorageException if another model is served there; says by whom
	 */
	void requireAgreement(String modelId, ModelPlace place, Use coming) {
		others(modelId, place).forEach((mark, process) -> requireAgreement(modelId, place, coming, process, mark));
	}

	/** Returns the marks of other users, and deletes those that ended processes left. */
	private Map<Path, ProcessIdentity> others(String modelId, ModelPlace place) {
		Map<Path, ProcessIdentity> others = new LinkedHashMap<>();
		try (DirectoryStream<Path> marks = Files.newDirectoryStream(this.layout.locks(), key(place) + ".*" + ENDING)) {
			for (Path path : marks) {
				Matcher name = NAME.matcher(path.getFileName().toString());
				ProcessIdentity process = name.matches() ? ProcessIdentity.parse(name.group(1)) : null;
				if (process != null && !isOwn(modelId, place, path) && isInUse(path, process)) {
					others.put(path, process);
				}
			}
		}
		catch (IOException | DirectoryIteratorException ex) {
			logger.trace("The users of {} are not known", place.target(), ex);
		}
		return others;
	}

	private static void requireAgreement(String modelId, ModelPlace place, Use coming, ProcessIdentity process,
			Path path) {
		Properties mark = PropertiesFiles.read(path);
		Use use = (mark != null) ? Use.of(mark) : null;
		if (mark == null || use == null || use.agreesWith(coming)) {
			return;
		}
		throw new ModelStorageException(modelId, place.directory(),
				place.target() + " is in use: process " + process.pid() + " on " + mark.getProperty("host") + " ("
						+ mark.getProperty("application") + ") serves it as model '" + mark.getProperty("model")
						+ "' with "
						+ ((use.expected() != null) ? "the expected digest " + use.expected()
								: "the digest " + use.digest())
						+ ", and this application expects another file there",
				"Configure the same file and expected-checksum for both, or another model-path or "
						+ "hooks.llm.cache.directory for one of them. If this application is to replace that process, end "
						+ "it first (in Kubernetes, strategy Recreate), or put the version into the model-path, or into "
						+ "the URL if there is no model-path",
				null);
	}

	/** One that another model of this application has as well is not its own. */
	private synchronized boolean isOwn(String modelId, ModelPlace place, Path path) {
		Use use = this.uses.get(new User(modelId, place.receipt()));
		Mark mark = (use != null) ? this.marks.get(new Served(place.receipt(), use)) : null;
		return mark != null && mark.users == 1 && mark.path.getFileName().equals(path.getFileName());
	}

	/** Of a process elsewhere, where there are no locks, nothing is known. */
	private boolean isInUse(Path path, ProcessIdentity process) {
		try {
			Path locked = locked(path.toRealPath());
			State state = process.state();
			if (state == State.RUNNING || (state == State.UNKNOWN && this.files.isHeld(locked))) {
				return true;
			}
			if (state == State.GONE || isFree(locked)) {
				delete(locked);
				delete(path);
			}
		}
		catch (IOException ex) {
			// Its user may just have deleted it: the other marks count.
			logger.trace("The attributes of {} cannot be read", path, ex);
		}
		return false;
	}

	private boolean isFree(Path locked) throws IOException {
		try (ExclusiveFile free = this.files.tryOpen(locked)) {
			return free != null && free.locked();
		}
	}

	private static String key(ModelPlace place) {
		String name = place.receipt().getFileName().toString();
		return name.substring(0, name.length() - CacheLayout.RECEIPT.length());
	}

	private static void delete(Mark mark) {
		try (ExclusiveFile file = mark.file) {
			delete(mark.path);
			delete(locked(mark.path));
		}
		catch (IOException ex) {
			logger.debug("The mark {} cannot be closed", mark.path, ex);
		}
	}

	/** What another user left stays. */
	private static void delete(Path file) {
		try {
			Files.deleteIfExists(file);
		}
		catch (IOException ex) {
			logger.debug("{} cannot be deleted", file, ex);
		}
	}

	@Override
	public void close() {
		List<Path> used;
		synchronized (this.noted) {
			used = List.copyOf(this.noted.keySet());
			this.noted.clear();
		}
		Instant now = this.clock.instant();
		used.forEach((receipt) -> touch(receipt, now));
		this.inUse.close();
		synchronized (this) {
			this.closed = true;
			this.marks.values().forEach(ModelUsers::delete);
			this.marks.clear();
			this.uses.clear();
		}
	}

	/** Returns how many marks there are of what is expected at a place. */
	synchronized int marks() {
		return this.marks.size();
	}

	/**
	 * A file that is noted to be used.
	 *
	 * @param at when it last was
	 * @param configured whether it is that of a configured model
	 */
	private record Noted(Instant at, boolean configured) {

	}

	/**
	 * What is served from a path, or is about to be.
	 *
	 * @param expected the digest that is expected, or {@code null}
	 * @param digest the SHA-256 of the file, or {@code null} before it is known
	 * @param sourceDigest the digest of the file as its source has it, or {@code null}
	 * @param sourceKeys the keys of all sources that it may come from
	 */
	record Use(@Nullable String expected, @Nullable String digest, @Nullable String sourceDigest,
			Set<String> sourceKeys) {

		static Use of(Receipt receipt) {
			return new Use(text(receipt.expected()), text(receipt.digest()), text(receipt.sourceDigest()),
					keys(receipt.sourceKey()));
		}

		static Set<String> keys(@Nullable String sourceKey) {
			return (sourceKey != null) ? Set.of(sourceKey) : Set.of();
		}

		private static @Nullable String text(@Nullable Digest digest) {
			return (digest != null) ? digest.toString() : null;
		}

		/** Returns null for a mark that is being written. */
		private static @Nullable Use of(Properties mark) {
			return (mark.getProperty("end") == null) ? null
					: new Use(mark.getProperty("expected"), mark.getProperty("digest"),
							mark.getProperty("sourceDigest"),
							Set.copyOf(List.of(mark.getProperty("sourceKeys", "").split(" "))));
		}

		private List<String> toLines(String modelId, ModelPlace place) {
			Map<String, @Nullable String> properties = new LinkedHashMap<>();
			properties.put("host", HostName.current());
			properties.put("application", application());
			properties.put("model", modelId);
			properties.put("target", place.target().toString());
			properties.put("expected", this.expected);
			properties.put("digest", this.digest);
			properties.put("sourceDigest", this.sourceDigest);
			properties.put("sourceKeys", String.join(" ", this.sourceKeys));
			properties.put("end", "1");
			return properties.entrySet()
				.stream()
				.filter((property) -> property.getValue() != null)
				.map((property) -> property.getKey() + "=" + escaped(property.getValue()))
				.toList();
		}

		private static String escaped(@Nullable String value) {
			return String.valueOf(value).replace("\\", "\\\\").replaceAll("[\r\n]", " ");
		}

		/** The arguments may be secrets. */
		private static String application() {
			return Objects.requireNonNullElse(System.getProperty("sun.java.command"), "").split(" ", 2)[0];
		}

		/**
		 * Returns whether the user of this file can go on with another one: it has the
		 * same content, or the one that is expected, or is the next one of one of its
		 * sources where nothing is expected.
		 */
		boolean agreesWith(Use coming) {
			if (this.digest != null && (this.digest.equals(coming.digest) || this.digest.equals(coming.expected))) {
				return true;
			}
			if (this.expected == null) {
				return !Collections.disjoint(this.sourceKeys, coming.sourceKeys);
			}
			return this.expected.equals(coming.digest) || this.expected.equals(coming.sourceDigest)
					|| this.expected.equals(coming.expected);
		}

	}

	/**
	 * A model at a path.
	 *
	 * @param modelId the model's id
	 * @param receipt the receipt of the path
	 */
	private record User(String modelId, Path receipt) {

	}

	/**
	 * What is expected at a path.
	 *
	 * @param receipt the receipt of the path
	 * @param use what is expected
	 */
	private record Served(Path receipt, Use use) {

	}

	/** A mark, for as many models as expect the same. */
	private static final class Mark {

		private final Path path;

		private final ExclusiveFile file;

		private int users;

		Mark(Path path, ExclusiveFile file) {
			this.path = path;
			this.file = file;
		}

	}

}
