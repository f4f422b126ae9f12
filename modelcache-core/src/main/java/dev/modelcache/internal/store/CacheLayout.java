/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.RotatingParameters;
import dev.modelcache.internal.lock.ExclusiveFiles;
import org.jspecify.annotations.Nullable;

/**
 * The private layout: where everything stands, and the only builder of paths. <pre>
 * &lt;directory&gt;/models/&lt;host&gt;/&lt;key of the URL&gt;/&lt;file name&gt;   models without a path of their own
 * &lt;directory&gt;/receipts/&lt;key of the target&gt;.properties   what is known about a published file
 * &lt;directory&gt;/receipts/&lt;key of the target&gt;.adopted      the same of another tool's file that is served instead
 * &lt;directory&gt;/receipts/&lt;key of the target&gt;.elsewhere    what makes up a model that stands in another tool's cache
 * &lt;directory&gt;/receipts/&lt;key of the target&gt;.&lt;key&gt;.elsewhere    what this cache brought there for a version before
 * &lt;directory&gt;/receipts/&lt;key of the target&gt;.history      which revisions of its source a model was
 * &lt;directory&gt;/locks/&lt;key of the target&gt;.lock
 * &lt;directory&gt;/locks/&lt;key of the target&gt;.use              the mark of those who use the file
 * &lt;directory&gt;/staging/&lt;key of the target&gt;            a file that is copied to its place, where it cannot be moved
 * &lt;directory&gt;/locks/&lt;key of the target&gt;.&lt;owner&gt;.user     what one of them serves, and its lock (.held)
 * &lt;model-path&gt;.download.lock                            the lock of a model with a path of its own, where it can be written
.&lt;file name&gt;.versions/&lt;version&gt;/&lt;name&gt;               the files of a model of several, beside the link that leads there
.&lt;file name&gt;.versions/&lt;version&gt;.properties           what makes up that version
 * .&lt;lock-file&gt;.guard                                    the lock of the application's lock file
 * </pre> A key is the first 128 bits of a SHA-256, in hexadecimal, so that applications
 * that share the directory and name different models alike stay out of each other's way.
 */
public final class CacheLayout {

	/** File systems take 255 bytes; a staged file adds its owner to the name. */
	private static final int LONGEST_NAME = 120;

	/** In bytes, on the usual file systems of Linux. */
	private static final int LONGEST_FILE_NAME = 255;

	static final String RECEIPT = ".properties";

	private static final String VERSIONS = ".versions";

	private static final String ADOPTED = ".adopted";

	static final String ELSEWHERE = ".elsewhere";

	private final Path directory;

	private final FileAccess access;

	private final UnaryOperator<URI> names;

	/**
	 * Creates a layout of files that only their owner reads.
	 * @param directory the cache's own directory
	 */
	public CacheLayout(Path directory) {
		this(directory, FileAccess.PRIVATE, UnaryOperator.identity());
	}

	/**
	 * Creates a layout.
	 * @param directory the cache's own directory
	 * @param access who may read the files
	 * @param names returns the URL that stands for all that name the same model
	 */
	CacheLayout(Path directory, FileAccess access, UnaryOperator<URI> names) {
		this.directory = directory.toAbsolutePath().normalize();
		this.access = access;
		this.names = names;
	}

	/** Returns who may read the files of the cache. */
	FileAccess access() {
		return this.access;
	}

	/**
	 * Returns where a model file and all that belongs to it stands.
	 * @param request the request; it has a model-path or a URL
	 * @param fileName the name of the file in the cache
	 * @return the paths; nothing needs to exist
	 */
	public ModelPlace place(ModelRequest request, String fileName) {
		Path modelPath = request.modelPath();
		Path target = realPath((modelPath != null) ? lexical(request, fileName) : found(request, fileName));
		boolean beside = modelPath != null
				&& (ExclusiveFiles.isWritable(lockBeside(target)) || Files.isReadable(lockBeside(target)));
		Path lock = beside ? lockBeside(target) : lockInCache(target);
		ModelPlace place = place(target, lock);
		return (modelPath != null) ? place.chosenByUser(request.modelPathConflict()) : place;
	}

	/**
	 * Returns the path of a model file without looking at the disk. <em>Blocking</em>:
	 * no.
	 * @param request the request; it has a model-path or a URL
	 * @param fileName the name of the file in the cache
	 * @return the path
	 */
	Path lexical(ModelRequest request, String fileName) {
		Path modelPath = request.modelPath();
		return (modelPath != null) ? modelPath.toAbsolutePath().normalize() : inCache(request, fileName);
	}

	/**
	 * Returns the place of a file.
	 * @param target where it stands
	 * @param lock the lock of its writers
	 */
	ModelPlace place(Path target, Path lock) {
		return new ModelPlace(target, lock, receiptOf(target), this.access);
	}

	/**
	 * Returns where the versions of a model of several files stand.
	 * @param place the place of the model
	 * @return a directory beside it
	 */
	static Path versions(ModelPlace place) {
		return versions(place.target());
	}

	static Path versions(Path target) {
		return beside(target, ".", VERSIONS);
	}

	/**
	 * Returns where one file of a model of several stands.
	 * @param place the place of the model, whose writers have one lock
	 * @param version the name of the version
	 * @param name the name of the file
	 * @return its place
	 */
	ModelPlace file(ModelPlace place, String version, ModelFileName name) {
		return place(name.in(versions(place).resolve(version)), place.lockFile());
	}

	/**
	 * Returns the place of the model that a file in the cache belongs to: the file's own,
	 * or that of the model of several whose version it is of.
	 */
	ModelPlace modelOf(Path file) {
		for (Path directory = file.getParent(); directory != null; directory = directory.getParent()) {
			String name = String.valueOf(directory.getFileName());
			if (name.startsWith(".") && name.endsWith(VERSIONS)) {
				Path target = directory.resolveSibling(name.substring(1, name.length() - VERSIONS.length()));
				return place(target, target);
			}
		}
		return place(file, file);
	}

	/** Returns where it is remembered that a model stands in another tool's cache. */
	static Path elsewhere(ModelPlace place) {
		return withEnding(place.receipt(), ELSEWHERE);
	}

	/**
	 * Returns where it is remembered what this cache brought to a directory of another
	 * tool's cache for a version of the model that is not the present one.
	 */
	static Path formerlyElsewhere(ModelPlace place, Path directory) {
		return withEnding(place.receipt(), "." + key(directory.toString()) + ELSEWHERE);
	}

	/** Returns where it is remembered which revisions of its source a model was. */
	static Path history(ModelPlace place) {
		return withEnding(place.receipt(), ".history");
	}

	/** Returns the cache's own directory. */
	Path directory() {
		return this.directory;
	}

	/** Returns the directory of the locks of files whose place the cache chooses. */
	Path locks() {
		return this.directory.resolve("locks");
	}

	/** Returns whether a file is in this cache. */
	boolean contains(Path file) {
		return file.startsWith(this.directory);
	}

	/** Returns where the receipt of a file is kept. */
	Path receiptOf(Path target) {
		return receipts().resolve(key(target.toString()) + RECEIPT);
	}

	/** Returns the directory of all receipts. */
	Path receipts() {
		return this.directory.resolve("receipts");
	}

	/** Returns whether a receipt is kept where that of a target is. */
	boolean isReceiptOf(Path receipt, Path target) {
		return receipt.getFileName().toString().equals(key(target.toString()) + RECEIPT);
	}

	/** Returns where another tool's file is remembered that is served for a model. */
	Path adopted(ModelPlace place) {
		return withEnding(place.receipt(), ADOPTED);
	}

	/**
	 * Returns the mark of those who use a published file.
	 * @param receipt the file's receipt
	 */
	Path mark(Path receipt) {
		return locks().resolve(withEnding(receipt, ".use").getFileName());
	}

	private static Path withEnding(Path receipt, String ending) {
		String name = receipt.getFileName().toString();
		return receipt.resolveSibling(name.substring(0, name.length() - RECEIPT.length()) + ending);
	}

	/**
	 * Returns whether the cache chose the place of a file: it did not, where its lock
	 * stands beside it.
	 */
	boolean isChosen(Path target) {
		Path models = this.directory.resolve("models");
		Path real = realDirectory(models);
		return target.startsWith((real != null) ? real : models) && !Files.exists(lockBeside(target));
	}

	/**
	 * Returns the lock of a model-path whose file system cannot have it beside the file.
	 */
	Path lockInCache(Path target) {
		return locks().resolve(key(target.toString()) + ".lock");
	}

	/** Returns where a file is downloaded that is copied to a target. */
	Path working(Path target) {
		return this.directory.resolve("staging").resolve(key(target.toString()));
	}

	static Path lockBeside(Path target) {
		return beside(target, "", ".download.lock");
	}

	/**
	 * Returns the path of a working file beside another one, with a key in place of the
	 * other's name if both together are too long.
	 * @param file the other file
	 * @param prefix what the name begins with
	 * @param suffix what the name ends with
	 * @return the path
	 */
	public static Path beside(Path file, String prefix, String suffix) {
		String name = file.getFileName().toString();
		boolean tooLong = (prefix + name + suffix).getBytes(StandardCharsets.UTF_8).length > LONGEST_FILE_NAME;
		return file.resolveSibling(prefix + (tooLong ? key(name) : name) + suffix);
	}

	/**
	 * What a former version put where it had another key is served from there while it is
	 * there, because other URLs of the file may have brought another version of it.
	 */
	private Path found(ModelRequest request, String fileName) {
		Path path = inCache(request, fileName);
		URI url = request.url();
		String key = (url != null) ? formerKey(url, request) : null;
		if (url == null || key == null) {
			return path;
		}
		Path former = inCache(request, url, key, fileName);
		return isKnown(former) ? former : path;
	}

	private boolean isKnown(Path path) {
		return Files.exists(path, LinkOption.NOFOLLOW_LINKS) || Files.exists(versions(path))
				|| Files.exists(withEnding(receiptOf(realPath(path)), ADOPTED))
				|| Files.exists(withEnding(receiptOf(realPath(path)), ELSEWHERE));
	}

	private Path inCache(ModelRequest request, String fileName) {
		URI url = request.url();
		if (url == null) {
			throw new ModelConfigurationException(request.id(), request.key("url"),
					"neither a url nor a model-path is given", "Give one of them");
		}
		return inCache(request, this.names.apply(url), sourceKey(url, request), fileName);
	}

	private Path inCache(ModelRequest request, URI url, String key, String fileName) {
		String authority = withoutUserInfo(url.getRawAuthority());
		String host = (url.getHost() != null) ? url.getHost() : authority.isEmpty() ? "local" : authority;
		return this.directory.resolve("models")
			.resolve((request.identity() != null) ? "identity" : safe(host))
			.resolve(key.substring(0, 16))
			.resolve(safe(fileName));
	}

	/**
	 * Returns a key that is equal for equal locations and does not reveal them: path and
	 * query count, user-info and the {@linkplain RotatingParameters signature} of a query
	 * do not.
	 * @param location the location
	 * @return 32 hexadecimal digits
	 */
	public static String sourceKey(URI location) {
		return sourceKey(location, RotatingParameters.without(location));
	}

	private static String sourceKey(URI location, @Nullable String parameters) {
		String query = (parameters != null) ? "?" + parameters : "";
		String authority = (location.getHost() != null) ? location.getHost() + ":" + location.getPort()
				: withoutUserInfo(location.getRawAuthority());
		String path = (location.getRawPath() != null) ? location.getRawPath() : location.getRawSchemeSpecificPart();
		return key(location.getScheme() + "://" + authority + path + query);
	}

	/**
	 * Returns a key that is equal for equal files of equal locations.
	 * @param location the location
	 * @param request which of its files are asked for, and what identifies its URL and
	 * mirrors if they do not
	 * @return 32 hexadecimal digits
	 */
	String sourceKey(URI location, ModelRequest request) {
		return ofFiles(isIdentified(location, request) ? key("identity:" + request.identity())
				: sourceKey(this.names.apply(location)), request);
	}

	/**
	 * Returns the key that versions before 0.2 used, for which the whole query counted,
	 * and each URL of a file named another model.
	 * @param location the location
	 * @param request which of its files are asked for
	 * @return the key, or {@code null} if it is that of this version, or if the request
	 * tells its identity
	 */
	@Nullable String formerKey(URI location, ModelRequest request) {
		String query = location.getRawQuery();
		boolean same = isIdentified(location, request) || (this.names.apply(location).equals(location)
				&& Objects.equals(query, RotatingParameters.without(location)));
		return same ? null : ofFiles(sourceKey(location, query), request);
	}

	private static boolean isIdentified(URI location, ModelRequest request) {
		return request.identity() != null && (location.equals(request.url()) || request.mirrors().contains(location));
	}

	private static String ofFiles(String key, ModelRequest request) {
		List<String> files = request.files();
		return files.isEmpty() ? key : key(key + "\n" + String.join("\n", files));
	}

	/** What is no host name to {@link URI}, such as one with an underscore. */
	private static String withoutUserInfo(@Nullable String authority) {
		return (authority != null) ? authority.substring(authority.lastIndexOf('@') + 1) : "";
	}

	/**
	 * Returns the permanent file that the writers of a lock file exclude each other with.
	 */
	static Path guard(Path lockFile) {
		return beside(lockFile, ".", ".guard");
	}

	static String key(String text) {
		try {
			byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
			return HexFormat.of().formatHex(hash, 0, 16);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("every Java platform has SHA-256", ex);
		}
	}

	/** Names come from URLs: what a file system could take for more than a name goes. */
	private static String safe(String name) {
		String ascii = name.replaceAll("[^A-Za-z0-9._+-]", "_");
		String safe = ascii.substring(Math.max(0, ascii.length() - LONGEST_NAME));
		return (safe.isEmpty() || safe.equals(".") || safe.equals("..")) ? "model" : safe;
	}

	/**
	 * Resolves links of the deepest ancestor that exists, so that one file has one name.
	 */
	private static Path realPath(Path path) {
		Path absolute = path.toAbsolutePath().normalize();
		Path parent = absolute.getParent();
		if (parent == null) {
			return absolute;
		}
		Path real = realDirectory(parent);
		return (real != null) ? real.resolve(absolute.getFileName()) : absolute;
	}

	private static @Nullable Path realDirectory(Path directory) {
		try {
			return directory.toRealPath();
		}
		catch (IOException ex) {
			Path parent = directory.getParent();
			Path real = (parent != null) ? realDirectory(parent) : null;
			return (real != null) ? real.resolve(directory.getFileName()) : null;
		}
	}

}
