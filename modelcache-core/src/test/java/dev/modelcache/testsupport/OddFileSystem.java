/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.StandardOpenOption;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;

/**
 * A directory of the default file system that cannot do what some network, object and
 * FUSE file systems cannot. Paths below it are made by {@link #path}.
 */
public final class OddFileSystem extends FileSystem {

	private final Provider provider = new Provider();

	private final FileSystem real;

	private final Set<Oddity> oddities = EnumSet.noneOf(Oddity.class);

	private final Map<Path, Integer> open = new ConcurrentHashMap<>();

	private final List<String> created = new CopyOnWriteArrayList<>();

	/** How often what stands at a path was renamed. */
	private final Map<Path, Integer> renamed = new ConcurrentHashMap<>();

	private volatile Path mount = Path.of("/");

	private volatile Consumer<Path> whenForced = (file) -> {
	};

	private volatile Consumer<String> beforeStoring = (step) -> {
	};

	/**
	 * Creates it.
	 * @param real the file system that has the files
	 * @param oddities what cannot be done
	 */
	public OddFileSystem(FileSystem real, Oddity... oddities) {
		this.real = real;
		this.oddities.addAll(List.of(oddities));
	}

	/**
	 * Returns a path of this file system.
	 * @param real the same path of the real one
	 * @return the path
	 */
	public Path path(Path real) {
		return new OddPath(real);
	}

	/**
	 * Lets something be done from now on, or not.
	 * @param oddity what
	 * @param there whether it cannot be done
	 */
	public synchronized void set(Oddity oddity, boolean there) {
		if (there) {
			this.oddities.add(oddity);
		}
		else {
			this.oddities.remove(oddity);
		}
	}

	/**
	 * Returns the names of the files that were created, in order.
	 * @return the names
	 */
	public List<String> created() {
		return this.created;
	}

	/**
	 * Has something done each time that a file was made durable.
	 * @param action takes the real path of the file
	 */
	public void whenForced(Consumer<Path> action) {
		this.whenForced = action;
	}

	/**
	 * Has something done before a file is forced, before one that was written is closed,
	 * before the times of one are set, and before a directory is listed.
	 * @param seen takes "force", "close", "touch" or "list" and the name of the file
	 */
	public void beforeStoring(Consumer<String> seen) {
		this.beforeStoring = seen;
	}

	/**
	 * Has only what is below a directory be away.
	 * @param directory the real directory
	 */
	public void mounted(Path directory) {
		this.mount = directory;
	}

	private void requireServer(Path path, LinkOption... options) throws IOException {
		Path meant = real(path);
		for (int links = 0; options.length == 0 && links < 40 && Files.isSymbolicLink(meant); links++) {
			meant = meant.resolveSibling(Files.readSymbolicLink(meant));
		}
		if (is(Oddity.AWAY) && meant.startsWith(this.mount)) {
			throw new FileSystemException(path.toString(), null, "Stale file handle");
		}
	}

	private synchronized boolean is(Oddity oddity) {
		return this.oddities.contains(oddity);
	}

	private static Path real(Path path) {
		return (path instanceof OddPath odd) ? odd.real : path;
	}

	@Override
	public FileSystemProvider provider() {
		return this.provider;
	}

	@Override
	public void close() {
		throw new UnsupportedOperationException();
	}

	@Override
	public boolean isOpen() {
		return true;
	}

	@Override
	public boolean isReadOnly() {
		return false;
	}

	@Override
	public String getSeparator() {
		return this.real.getSeparator();
	}

	@Override
	public Iterable<Path> getRootDirectories() {
		return StreamSupport.stream(this.real.getRootDirectories().spliterator(), false).map(this::path).toList();
	}

	@Override
	public Iterable<FileStore> getFileStores() {
		return this.real.getFileStores();
	}

	@Override
	public Set<String> supportedFileAttributeViews() {
		return this.real.supportedFileAttributeViews();
	}

	@Override
	public Path getPath(String first, String... more) {
		return path(this.real.getPath(first, more));
	}

	@Override
	public PathMatcher getPathMatcher(String pattern) {
		PathMatcher matcher = this.real.getPathMatcher(pattern);
		return (path) -> matcher.matches(real(path));
	}

	@Override
	public UserPrincipalLookupService getUserPrincipalLookupService() {
		return this.real.getUserPrincipalLookupService();
	}

	@Override
	public WatchService newWatchService() {
		throw new UnsupportedOperationException();
	}

	/** What cannot be done. */
	public enum Oddity {

		/** Files are not renamed (ENOSYS). */
		NO_RENAME,

		/** A rename crosses devices (EXDEV). */
		CROSSES_DEVICES,

		/** A rename needs more than the quota allows (EDQUOT). */
		RENAME_EXCEEDS_QUOTA,

		/** A file that is open is not renamed (EBUSY). */
		NO_RENAME_OF_OPEN_FILES,

		/** Bytes are written at the end of a file only (EINVAL). */
		NO_RANDOM_WRITES,

		/** Files are not opened for reading and writing at once (EINVAL). */
		NO_READING_WHILE_WRITING,

		/** Permissions are not changed (EPERM). */
		NO_CHMOD,

		/** Permissions cannot even be asked for, as an operation. */
		CHMOD_UNSUPPORTED,

		/** All files have the permissions 0755, whatever they were created with. */
		WIDE_OPEN,

		/** Symbolic links are not created (EPERM). */
		NO_LINKS,

		/** Symbolic links are created, but lead nowhere. */
		LINKS_LEAD_NOWHERE,

		/** Files are not forced to disk (EINVAL). */
		NO_FORCE,

		/** Directories are not forced to disk (ENOTSUP). */
		NO_DIRECTORY_FORCE,

		/** A file has another inode after a rename. */
		NEW_INODE_AFTER_RENAME,

		/** Files are not locked (ENOLCK). */
		NO_LOCKS,

		/** Directories are opened, but their entries are not read (EIO). */
		NO_LISTING,

		/** The server of the file system is away (ESTALE). */
		AWAY

	}

	private final class OddPath implements Path {

		private final Path real;

		OddPath(Path real) {
			this.real = real;
		}

		private Path wrap(Path path) {
			return (path != null) ? new OddPath(path) : null;
		}

		@Override
		public FileSystem getFileSystem() {
			return OddFileSystem.this;
		}

		@Override
		public boolean isAbsolute() {
			return this.real.isAbsolute();
		}

		@Override
		public Path getRoot() {
			return wrap(this.real.getRoot());
		}

		@Override
		public Path getFileName() {
			return wrap(this.real.getFileName());
		}

		@Override
		public Path getParent() {
			return wrap(this.real.getParent());
		}

		@Override
		public int getNameCount() {
			return this.real.getNameCount();
		}

		@Override
		public Path getName(int index) {
			return wrap(this.real.getName(index));
		}

		@Override
		public Path subpath(int beginIndex, int endIndex) {
			return wrap(this.real.subpath(beginIndex, endIndex));
		}

		@Override
		public boolean startsWith(Path other) {
			return this.real.startsWith(real(other));
		}

		@Override
		public boolean endsWith(Path other) {
			return this.real.endsWith(real(other));
		}

		@Override
		public Path normalize() {
			return wrap(this.real.normalize());
		}

		@Override
		public Path resolve(Path other) {
			return wrap(this.real.resolve(real(other)));
		}

		@Override
		public Path relativize(Path other) {
			return wrap(this.real.relativize(real(other)));
		}

		@Override
		public URI toUri() {
			return this.real.toUri();
		}

		@Override
		public Path toAbsolutePath() {
			return wrap(this.real.toAbsolutePath());
		}

		@Override
		public Path toRealPath(LinkOption... options) throws IOException {
			return wrap(this.real.toRealPath(options));
		}

		@Override
		public WatchKey register(WatchService watcher, WatchEvent.Kind<?>[] events, WatchEvent.Modifier... modifiers) {
			throw new UnsupportedOperationException();
		}

		@Override
		public int compareTo(Path other) {
			return this.real.compareTo(real(other));
		}

		@Override
		public boolean equals(Object other) {
			return other instanceof OddPath path && this.real.equals(path.real);
		}

		@Override
		public int hashCode() {
			return this.real.hashCode();
		}

		@Override
		public String toString() {
			return this.real.toString();
		}

	}

	private final class Provider extends FileSystemProvider {

		private FileSystemProvider real() {
			return OddFileSystem.this.real.provider();
		}

		@Override
		public String getScheme() {
			return "odd";
		}

		@Override
		public FileSystem newFileSystem(URI uri, Map<String, ?> env) {
			throw new UnsupportedOperationException();
		}

		@Override
		public FileSystem getFileSystem(URI uri) {
			throw new UnsupportedOperationException();
		}

		@Override
		public Path getPath(URI uri) {
			throw new UnsupportedOperationException();
		}

		@Override
		public SeekableByteChannel newByteChannel(Path path, Set<? extends OpenOption> options,
				FileAttribute<?>... attributes) throws IOException {
			return newFileChannel(path, options, attributes);
		}

		@Override
		public FileChannel newFileChannel(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
				throws IOException {
			requireServer(path);
			Path file = OddFileSystem.real(path);
			boolean writes = options.contains(StandardOpenOption.WRITE);
			if (is(Oddity.NO_READING_WHILE_WRITING) && writes && options.contains(StandardOpenOption.READ)) {
				throw new FileSystemException(path.toString(), null, "Invalid argument");
			}
			boolean creates = options.contains(StandardOpenOption.CREATE_NEW)
					|| (options.contains(StandardOpenOption.CREATE) && !Files.exists(file));
			FileChannel channel = real().newFileChannel(file, options, attributes);
			if (creates) {
				OddFileSystem.this.created.add(file.getFileName().toString());
				if (is(Oddity.WIDE_OPEN)) {
					Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
				}
			}
			OddFileSystem.this.open.merge(file, 1, Integer::sum);
			return new OddChannel(channel, file, writes);
		}

		@Override
		public DirectoryStream<Path> newDirectoryStream(Path directory, DirectoryStream.Filter<? super Path> filter)
				throws IOException {
			requireServer(directory);
			OddFileSystem.this.beforeStoring.accept("list " + directory.getFileName());
			List<Path> found = new ArrayList<>();
			try (DirectoryStream<Path> all = real().newDirectoryStream(OddFileSystem.real(directory),
					(entry) -> filter.accept(path(entry)))) {
				all.forEach((entry) -> found.add(path(entry)));
			}
			return new DirectoryStream<>() {
				@Override
				public Iterator<Path> iterator() {
					if (is(Oddity.NO_LISTING)) {
						throw new DirectoryIteratorException(
								new FileSystemException(directory.toString(), null, "Input/output error"));
					}
					return found.iterator();
				}

				@Override
				public void close() {
					// All entries have been read.
				}
			};
		}

		@Override
		public void createDirectory(Path directory, FileAttribute<?>... attributes) throws IOException {
			real().createDirectory(OddFileSystem.real(directory), attributes);
		}

		@Override
		public void createSymbolicLink(Path link, Path target, FileAttribute<?>... attributes) throws IOException {
			if (is(Oddity.NO_LINKS)) {
				throw new FileSystemException(link.toString(), null, "Operation not permitted");
			}
			Path leads = is(Oddity.LINKS_LEAD_NOWHERE) ? Path.of("/nowhere").resolve(OddFileSystem.real(target))
					: OddFileSystem.real(target);
			real().createSymbolicLink(OddFileSystem.real(link), leads, attributes);
		}

		@Override
		public Path readSymbolicLink(Path link) throws IOException {
			Path target = real().readSymbolicLink(OddFileSystem.real(link));
			Path nowhere = Path.of("/nowhere");
			return path((is(Oddity.LINKS_LEAD_NOWHERE) && target.startsWith(nowhere)) ? nowhere.relativize(target)
					: target);
		}

		@Override
		public void delete(Path path) throws IOException {
			real().delete(OddFileSystem.real(path));
		}

		@Override
		public void copy(Path source, Path target, CopyOption... options) throws IOException {
			real().copy(OddFileSystem.real(source), OddFileSystem.real(target), options);
		}

		@Override
		public void move(Path source, Path target, CopyOption... options) throws IOException {
			Path from = OddFileSystem.real(source);
			if (!Files.exists(from, LinkOption.NOFOLLOW_LINKS)) {
				throw new NoSuchFileException(source.toString());
			}
			if (is(Oddity.NO_RENAME)) {
				throw new FileSystemException(source.toString(), target.toString(), "Function not implemented");
			}
			if (is(Oddity.RENAME_EXCEEDS_QUOTA)) {
				throw new FileSystemException(source.toString(), target.toString(), "Disk quota exceeded");
			}
			if (is(Oddity.CROSSES_DEVICES)) {
				throw new AtomicMoveNotSupportedException(source.toString(), target.toString(),
						"Invalid cross-device link");
			}
			if (is(Oddity.NO_RENAME_OF_OPEN_FILES) && OddFileSystem.this.open.getOrDefault(from, 0) > 0) {
				throw new FileSystemException(source.toString(), target.toString(), "Device or resource busy");
			}
			real().move(from, OddFileSystem.real(target), options);
			Integer before = OddFileSystem.this.renamed.remove(from);
			OddFileSystem.this.renamed.put(OddFileSystem.real(target), (before != null) ? before + 1 : 1);
		}

		private Object key(Path path, Object key) {
			Integer times = is(Oddity.NEW_INODE_AFTER_RENAME) ? OddFileSystem.this.renamed.get(OddFileSystem.real(path))
					: null;
			return (times != null) ? key + "/" + times : key;
		}

		@Override
		public boolean isSameFile(Path path, Path other) throws IOException {
			return real().isSameFile(OddFileSystem.real(path), OddFileSystem.real(other));
		}

		@Override
		public boolean isHidden(Path path) throws IOException {
			return real().isHidden(OddFileSystem.real(path));
		}

		@Override
		public FileStore getFileStore(Path path) throws IOException {
			return real().getFileStore(OddFileSystem.real(path));
		}

		@Override
		public void checkAccess(Path path, AccessMode... modes) throws IOException {
			requireServer(path);
			real().checkAccess(OddFileSystem.real(path), modes);
		}

		@Override
		public <V extends FileAttributeView> V getFileAttributeView(Path path, Class<V> type, LinkOption... options) {
			V view = real().getFileAttributeView(OddFileSystem.real(path), type, options);
			return (type == BasicFileAttributeView.class || type == PosixFileAttributeView.class) ? type.cast(Proxy
				.newProxyInstance(type.getClassLoader(), new Class<?>[] { type }, (proxy, method, arguments) -> {
					switch (method.getName()) {
						case "setPermissions" -> requireChange(path);
						case "setTimes" -> OddFileSystem.this.beforeStoring.accept("touch " + path.getFileName());
					}
					try {
						return method.invoke(view, arguments);
					}
					catch (InvocationTargetException ex) {
						throw ex.getCause();
					}
				})) : view;
		}

		private void requireChange(Path path) throws IOException {
			if (is(Oddity.CHMOD_UNSUPPORTED)) {
				throw new UnsupportedOperationException("permissions of " + path);
			}
			if (is(Oddity.NO_CHMOD) || is(Oddity.WIDE_OPEN)) {
				throw new FileSystemException(path.toString(), null, "Operation not permitted");
			}
		}

		@Override
		public <A extends BasicFileAttributes> A readAttributes(Path path, Class<A> type, LinkOption... options)
				throws IOException {
			requireServer(path, options);
			A attributes = real().readAttributes(OddFileSystem.real(path), type, options);
			return is(Oddity.NEW_INODE_AFTER_RENAME) ? type.cast(Proxy.newProxyInstance(type.getClassLoader(),
					new Class<?>[] { type }, (proxy, method, arguments) -> {
						Object value = method.invoke(attributes, arguments);
						return method.getName().equals("fileKey") ? key(path, value) : value;
					})) : attributes;
		}

		@Override
		public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options)
				throws IOException {
			requireServer(path, options);
			Map<String, Object> read = new HashMap<>(
					real().readAttributes(OddFileSystem.real(path), attributes, options));
			read.computeIfPresent("fileKey", (name, key) -> key(path, key));
			return read;
		}

		@Override
		public void setAttribute(Path path, String attribute, Object value, LinkOption... options) throws IOException {
			if (attribute.equals("unix:mode") || attribute.equals("posix:permissions")) {
				requireChange(path);
			}
			real().setAttribute(OddFileSystem.real(path), attribute, value, options);
		}

	}

	private final class OddChannel extends ForwardingChannel {

		private final FileChannel channel;

		private final Path file;

		private final boolean writes;

		OddChannel(FileChannel channel, Path file, boolean writes) {
			super(channel);
			this.channel = channel;
			this.file = file;
			this.writes = writes;
		}

		private void requireEnd(long position) throws IOException {
			if (is(Oddity.NO_RANDOM_WRITES) && position != this.channel.size()) {
				throw new IOException("Invalid argument");
			}
		}

		@Override
		public int write(ByteBuffer source) throws IOException {
			requireEnd(this.channel.position());
			return super.write(source);
		}

		@Override
		public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
			requireEnd(this.channel.position());
			return super.write(sources, offset, length);
		}

		@Override
		public int write(ByteBuffer source, long position) throws IOException {
			requireEnd(position);
			return super.write(source, position);
		}

		@Override
		public void force(boolean metaData) throws IOException {
			OddFileSystem.this.beforeStoring.accept("force " + this.file.getFileName());
			if (is(Files.isDirectory(this.file) ? Oddity.NO_DIRECTORY_FORCE : Oddity.NO_FORCE)) {
				throw new IOException(Files.isDirectory(this.file) ? "Operation not supported" : "Invalid argument");
			}
			super.force(metaData);
			OddFileSystem.this.whenForced.accept(this.file);
		}

		@Override
		public FileLock tryLock(long position, long size, boolean shared) throws IOException {
			if (is(Oddity.NO_LOCKS)) {
				throw new IOException("No locks available");
			}
			return super.tryLock(position, size, shared);
		}

		@Override
		public long transferFrom(ReadableByteChannel source, long position, long count) throws IOException {
			requireEnd(position);
			return super.transferFrom(source, position, count);
		}

		@Override
		protected void implCloseChannel() throws IOException {
			if (this.writes) {
				OddFileSystem.this.beforeStoring.accept("close " + this.file.getFileName());
			}
			OddFileSystem.this.open.merge(this.file, -1, Integer::sum);
			super.implCloseChannel();
		}

	}

}
