/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.modelcache.Digest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.lock.ExclusiveFile;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.internal.lock.HostName;
import dev.modelcache.internal.lock.ProcessIdentity;
import dev.modelcache.internal.lock.ProcessIdentity.State;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which processes serve a model from a path, and what they expect there, so that none of
 * them finds another file under its model. Each user of a path has a mark of its own, and
 * beside it a file that it keeps locked until {@link #close()} or the end of the process.
 * A mark whose process is gone does not count.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: all methods. <em>Errors</em>:
 * where no marks can be made, nothing is known of users.
 */
final class ModelUsers implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(ModelUsers.class);

	private static final String ENDING = ".user";

	/** Whoever reads the mark of its own process must not open what is locked. */
	private static final String LOCKED = ".held";

	private static final Pattern NAME = Pattern.compile("[^.]+\\." + ProcessIdentity.NAME + "\\" + ENDING);

	private final CacheLayout layout;

	private final ExclusiveFiles files;

	private final Map<User, Mark> own = new HashMap<>();

	private boolean closed;

	ModelUsers(CacheLayout layout, ExclusiveFiles files) {
		this.layout = layout;
		this.files = files;
	}

	/**
	 * Says that a model of this application is served from a path.
	 * @param modelId the model's id
	 * @param place the path
	 * @param use what is served and expected there
	 */
	synchronized void use(String modelId, ModelPlace place, Use use) {
		User user = new User(modelId, place.receipt());
		Mark known = this.own.get(user);
		if (this.closed || (known != null && known.use().equals(use))) {
			return;
		}
		Mark mark = null;
		try {
			mark = (known != null) ? new Mark(known.path(), known.file(), use) : create(modelId, place, use);
			Files.write(mark.path(), mark.use().toLines(modelId, place));
			this.own.put(user, mark);
		}
		catch (IOException ex) {
			logger.debug("Other processes cannot be told that {} is served", place.target(), ex);
			// A mark that says nothing would be taken for one that was written.
			this.own.remove(user);
			if (mark != null) {
				delete(mark);
			}
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
		Mark mark = new Mark(path, file, use);
		try {
			this.layout.access().applyTo(locked(path));
			this.layout.access().create(path).close();
			return mark;
		}
		catch (IOException ex) {
			delete(mark);
			throw ex;
		}
	}

	private static Path locked(Path mark) {
		return mark.resolveSibling(mark.getFileName() + LOCKED);
	}

	/**
	 * Says that this application serves nothing from a path any more.
	 * @param place the path
	 */
	synchronized void leave(ModelPlace place) {
		this.own.entrySet().removeIf((mark) -> {
			boolean left = mark.getKey().receipt().equals(place.receipt());
			if (left) {
				delete(mark.getValue());
			}
			return left;
		});
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

	private synchronized boolean isOwn(String modelId, ModelPlace place, Path path) {
		Mark mark = this.own.get(new User(modelId, place.receipt()));
		return mark != null && mark.path().getFileName().equals(path.getFileName());
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
		try (ExclusiveFile file = mark.file()) {
			delete(mark.path());
			delete(locked(mark.path()));
		}
		catch (IOException ex) {
			logger.debug("The mark {} cannot be closed", mark.path(), ex);
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
	public synchronized void close() {
		this.closed = true;
		this.own.values().forEach(ModelUsers::delete);
		this.own.clear();
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
	 * Who has a mark.
	 *
	 * @param modelId the model's id
	 * @param receipt the receipt of the path
	 */
	private record User(String modelId, Path receipt) {

	}

	/**
	 * A mark.
	 *
	 * @param path where it is
	 * @param file the open file
	 * @param use what it says
	 */
	private record Mark(Path path, ExclusiveFile file, Use use) {

	}

}
