/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

import dev.modelcache.CacheOptions;
import dev.modelcache.DownloadOptions;
import dev.modelcache.HuggingFaceOptions;
import dev.modelcache.LockOptions;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.OciOptions;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.content.DecompressionSettings;
import dev.modelcache.internal.lock.LockSettings;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.oci.OciSettings;
import dev.modelcache.internal.store.AdoptionSettings;
import dev.modelcache.internal.store.FileRules;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.internal.transfer.TransferSettings;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.util.StringUtils;
import org.springframework.util.unit.DataSize;

/**
 * Checks the options of a builder and turns them into the settings of the internal
 * packages. No message shows the value of a header or a password.
 */
public final class Settings {

	private static final Logger logger = LoggerFactory.getLogger(Settings.class);

	private static final DataSize LARGEST_BUFFER = DataSize.ofGigabytes(1);

	private static final DataSize SMALLEST_SEGMENT = DataSize.ofMegabytes(1);

	private static final Duration LONGEST_JITTER = Duration.ofDays(1);

	private static final DataSize FASTEST_MINIMUM = DataSize.ofGigabytes(1);

	private static final int MOST_CONNECTIONS = 64;

	/** Its owner and group are those of this process, where there is such a directory. */
	private static final Path PROCESS = Path.of("/proc/self");

	/** RFC 9110 section 5.6.2: token. */
	private static final Pattern HEADER_NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

	/** RFC 9110 section 5.5: visible characters, blanks, tabs and obs-text. */
	private static final Pattern HEADER_VALUE = Pattern.compile("[\\x20-\\x7e\\t\\x80-\\xff]*");

	/** What a transfer says itself: other values would break ranges and lengths. */
	private static final Set<String> OWN_HEADERS = Set.of("accept-encoding", "range", "if-range", "host",
			"content-length", "transfer-encoding", "connection");

	private final Keys keys;

	private final Surroundings surroundings;

	/**
	 * Creates a reader of options.
	 * @param prefix what the names of configuration keys begin with in messages, without
	 * its last dot, or {@code null} for none
	 * @param environment returns environment variables, and {@code user.home}
	 */
	public Settings(@Nullable String prefix, Function<String, @Nullable String> environment) {
		this.keys = new Keys(null, prefix);
		this.surroundings = new Surroundings(environment);
	}

	Keys keys() {
		return this.keys;
	}

	/**
	 * Returns whether the network is forbidden.
	 * @param configured the option
	 * @return the option, or what {@code HF_HUB_OFFLINE} says
	 */
	public boolean offline(@Nullable Boolean configured) {
		return (configured != null) ? configured : this.surroundings.offline();
	}

	/**
	 * Checks the intervals of background work.
	 * @param startupJitter the time over which first requests are spread
	 * @param retryInterval the shortest time between two attempts
	 * @param refreshInterval the time between two looks for updates, or {@code null}
	 */
	public void checkIntervals(Duration startupJitter, Duration retryInterval, @Nullable Duration refreshInterval) {
		if (startupJitter.isNegative() || startupJitter.compareTo(LONGEST_JITTER) > 0) {
			throw this.keys.wrong("startup.jitter", "must be between 0 and 1 day, but is " + startupJitter,
					"Use a time such as 30s");
		}
		positive("startup.retry-interval", retryInterval);
		if (refreshInterval != null) {
			positive("refresh-interval", refreshInterval);
		}
	}

	/**
	 * Reads how bytes are fetched.
	 * @param download the options
	 * @return the settings
	 */
	public TransferSettings transfer(DownloadOptions download) {
		between("download.buffer-size", download.bufferSize(), DataSize.ofBytes(1), LARGEST_BUFFER,
				"must be between 1B and 1GB, but is ", "Use a size such as 1MB");
		positive("download.response-timeout", download.responseTimeout());
		positive("download.stall-timeout", download.stallTimeout());
		positive("download.give-up-after", download.giveUpAfter());
		between("download.min-speed", download.minSpeed(), DataSize.ofBytes(0), FASTEST_MINIMUM,
				"must be between 0 and 1GB, but is ",
				"Use a number of bytes per second such as 1KB, or 0 to accept " + "any speed");
		aboveZero("download.max-bandwidth", download.maxBandwidth(),
				"Use a number of bytes per second such as 50MB, or remove it");
		notNegative("download.max-redirects", download.maxRedirects() < 0);
		if (download.models() < 1) {
			throw this.keys.wrong("download.models", "must be at least 1, but is " + download.models(),
					"Use a small number such as 4");
		}
		if (download.connections() < 1 || download.connections() > MOST_CONNECTIONS) {
			throw this.keys.wrong("download.connections",
					"must be between 1 and " + MOST_CONNECTIONS + ", but is " + download.connections(),
					"Use a small number such as 4");
		}
		if (download.segmentSize().compareTo(SMALLEST_SEGMENT) < 0) {
			throw this.keys.wrong("download.segment-size", "must be 1MB or more, but is " + download.segmentSize(),
					"Use a size such as 16MB");
		}
		return new TransferSettings(download.bufferSize(), download.connections(), download.segmentSize(),
				download.responseTimeout(), download.stallTimeout(), download.maxRedirects(),
				download.allowInsecureHttp(), download.maxBandwidth(), download.giveUpAfter(), download.minSpeed());
	}

	/**
	 * Reads how far compressed models may unfold.
	 * @param download the options
	 * @return the settings
	 */
	public DecompressionSettings decompression(DownloadOptions download) {
		if (download.maxExpansion() < 1) {
			throw this.keys.wrong("download.max-expansion", "must be 1 or more, but is " + download.maxExpansion(),
					"Use 1 or more");
		}
		return new DecompressionSettings(download.maxExpansion());
	}

	/**
	 * Checks how connections are opened.
	 * @param download the options
	 */
	public void checkConnections(DownloadOptions download) {
		positive("download.connect-timeout", download.connectTimeout());
		positive("download.tls-handshake-timeout", download.tlsHandshakeTimeout());
		download.headers().forEach(this::checkHeader);
		proxy(download);
	}

	private void checkHeader(String name, String value) {
		if (!HEADER_NAME.matcher(name).matches()) {
			// The name is not shown: people write whole headers there.
			throw this.keys.wrong("download.headers", "contains an invalid header name",
					"Use the name of the header as the key and its value as the value");
		}
		if (OWN_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
			throw this.keys.wrong("download.headers." + name, "is a header that each transfer sets itself",
					"Remove it");
		}
		if (!HEADER_VALUE.matcher(value).matches()) {
			throw this.keys.wrong("download.headers." + name,
					"has a value with characters that are not allowed in " + "headers",
					"Remove line breaks and control characters");
		}
	}

	@Nullable Proxy proxy(DownloadOptions download) {
		String host = download.proxyHost();
		Integer port = download.proxyPort();
		if (host == null || !StringUtils.hasText(host)) {
			if (port != null || download.proxyUsername() != null || download.proxyPassword() != null) {
				throw this.keys.wrong("download.proxy.host", "is not set, but other keys of the proxy are set",
						"Set the host, or remove the other keys");
			}
			return null;
		}
		if (port == null || port < 1 || port > 65535) {
			throw this.keys.wrong("download.proxy.port", (port != null) ? "must be between 1 and 65535, but is " + port
					: "is not set, but the host of " + "the proxy is set", "Use a number from 1 to 65535");
		}
		if (host.contains("/")) {
			// Not shown: such a URL may contain a password.
			throw this.keys.wrong("download.proxy.host", "is not a host name", "Use the name of the host alone, and "
					+ this.keys.key("download.proxy.port") + ", .username and .password");
		}
		return new Proxy(Proxy.Type.HTTP, host, port, download.proxyUsername(), download.proxyPassword(),
				Proxy.KEYS + ".host and .port");
	}

	/**
	 * Reads which proxies are used.
	 * @param download the options
	 * @return the ways to hosts
	 */
	ProxyRoutes proxies(DownloadOptions download) {
		return new ProxyRoutes(proxy(download), download.noProxy(), this.surroundings::variable);
	}

	/**
	 * Reads how to wait for another process.
	 * @param lock the options
	 * @param cache tells who may read lock files
	 * @return the settings
	 */
	public LockSettings lock(LockOptions lock, CacheOptions cache) {
		notNegative("lock.timeout", lock.timeout().isNegative());
		positive("lock.stale-after", lock.staleAfter());
		return new LockSettings(lock.timeout(), lock.staleAfter(), access(cache));
	}

	/**
	 * Reads where files are kept.
	 * @param cache the options
	 * @param hub the options of the Hub, whose cache may be shared
	 * @return the settings
	 */
	public StoreSettings store(CacheOptions cache, HuggingFaceOptions hub) {
		notNegative("cache.min-free-space", cache.minFreeSpace() != null && cache.minFreeSpace().isNegative());
		notNegative("cache.partial-retention", cache.partialRetention().isNegative());
		aboveZero("cache.max-size", cache.maxSize(), "Use a size such as 50GB, or remove it");
		Path directory = (cache.directory() != null) ? cache.directory() : this.surroundings.cacheDirectory();
		checkDirectory("cache.directory", directory);
		checkDirectory("huggingface.cache-directory", hub.cacheDirectory());
		if (directory != null && !cache.allowSharedDirectory() && isWritableByAll(directory)) {
			throw this.keys.wrong("cache.directory",
					"all users of this machine can write to " + directory + ", so any user could replace a model",
					"Use a directory below it, which is created for this user only, remove the permission (chmod "
							+ "o-w), or set " + this.keys.key("cache.allow-shared-directory") + " to true");
		}
		if (directory != null) {
			tellOfGroup(cache, directory);
			tellOfOwner(cache, directory);
		}
		checkReadOnlyRoots(cache, directory);
		return new StoreSettings((directory != null) ? directory : StoreSettings.NOWHERE, cache.minFreeSpace(),
				cache.verify(), cache.partialRetention(), cache.maxSize(),
				cache.adopt() ? this.surroundings.adoption(hub) : AdoptionSettings.OFF,
				(cache.layout() == CacheOptions.Layout.PRIVATE) ? null : this.surroundings.sharedHubCache(hub),
				new FileRules(access(cache), cache.allowSharedDirectory(), cache.allowNonAtomic()),
				(directory != null) ? null : this.surroundings.withoutCacheDirectory(this.keys), cache.seal(),
				cache.trustSeals(), cache.readOnlyRoots(), UnaryOperator.identity());
	}

	/** Checks that nothing else is where a directory is or is to be created. */
	private void checkDirectory(String name, @Nullable Path directory) {
		Path existing = directory;
		while (existing != null && !Files.exists(existing, LinkOption.NOFOLLOW_LINKS)) {
			existing = existing.getParent();
		}
		if (existing == null || Files.isDirectory(existing)) {
			return;
		}
		String problem = existing + " is not a directory";
		if (Files.isSymbolicLink(existing)) {
			problem = existing + " is a link to " + targetOf(existing)
					+ (Files.exists(existing) ? ", which is not a directory" : ", which does not exist");
		}
		boolean itself = existing.equals(directory);
		throw this.keys.wrong(name, itself ? problem : directory + " cannot be created because " + problem,
				"Use a directory; it is created if it does not exist");
	}

	private static String targetOf(Path link) {
		try {
			return Files.readSymbolicLink(link).toString();
		}
		catch (IOException ex) {
			return "a path that cannot be read";
		}
	}

	/**
	 * Returns the path that a configured text means.
	 * @param modelId the id of the model that the key describes, or {@code null}
	 * @param key the whole key, for messages
	 * @param text the path, relative to the working directory or to the home directory if
	 * it begins with {@code ~}
	 * @return the absolute path
	 */
	public Path path(@Nullable String modelId, String key, String text) {
		return this.surroundings.path(modelId, key, text);
	}

	private static FileAccess access(CacheOptions cache) {
		return switch (cache.permissions()) {
			case PRIVATE -> FileAccess.PRIVATE;
			case GROUP -> FileAccess.GROUP;
			case SHARED -> FileAccess.SHARED;
		};
	}

	/**
	 * The members of a group that is not the user's own can replace what is stored in a
	 * directory that they may write to. That is meant where the group shares the cache.
	 */
	private void tellOfGroup(CacheOptions cache, Path directory) {
		if (cache.permissions() == CacheOptions.Permissions.GROUP || cache.allowSharedDirectory()) {
			return;
		}
		try {
			if (Files.isDirectory(directory) && directory.getFileSystem().supportedFileAttributeViews().contains("unix")
					&& Files.getPosixFilePermissions(directory).contains(PosixFilePermission.GROUP_WRITE)
					&& !Files.getAttribute(directory, "unix:gid").equals(Files.getAttribute(PROCESS, "unix:gid"))) {
				logger.warn(
						"The members of the group '{}' can write to {}, and so replace models. Set {} to group if"
								+ " they share the cache, or remove the permission (chmod g-w)",
						Files.readAttributes(directory, PosixFileAttributes.class).group().getName(), directory,
						this.keys.key("cache.permissions"));
			}
		}
		catch (IOException | UnsupportedOperationException ex) {
			logger.debug("The group that can write to {} is not known", directory, ex);
		}
	}

	/**
	 * The receipts in a directory of another user, who is not root, are the word of that
	 * user.
	 */
	private void tellOfOwner(CacheOptions cache, Path directory) {
		if (cache.permissions() == CacheOptions.Permissions.GROUP || cache.allowSharedDirectory()) {
			return;
		}
		try {
			if (Files.isDirectory(directory)
					&& directory.getFileSystem().supportedFileAttributeViews().contains("unix")) {
				Object owner = Files.getAttribute(directory, "unix:uid");
				if (!owner.equals(0) && !owner.equals(Files.getAttribute(PROCESS, "unix:uid"))) {
					logger.warn(
							"{} belongs to the user '{}', who decides what is stored there and what counts as verified."
									+ " Use a directory of your own, or set {} to true if that is intended",
							directory, Files.getOwner(directory).getName(),
							this.keys.key("cache.allow-shared-directory"));
				}
			}
		}
		catch (IOException | UnsupportedOperationException ex) {
			logger.debug("The owner of {} is not known", directory, ex);
		}
	}

	/** A directory that does not exist may be a volume that is not mounted. */
	private void checkReadOnlyRoots(CacheOptions cache, @Nullable Path directory) {
		for (Path root : cache.readOnlyRoots()) {
			if (directory != null && root.toAbsolutePath().normalize().equals(directory.toAbsolutePath().normalize())) {
				throw this.keys.wrong("cache.read-only-roots",
						root + " is the directory of this cache, to which it writes",
						"Remove it, or set " + this.keys.key("cache.directory") + " to another directory");
			}
			if (Files.exists(root) && !Files.isDirectory(root)) {
				throw this.keys.wrong("cache.read-only-roots", root + " is not a directory", "Use a directory");
			}
			if (!Files.exists(root)) {
				logger.warn("{}: {} does not exist, so no model is found there", this.keys.key("cache.read-only-roots"),
						root);
			}
		}
	}

	private static boolean isWritableByAll(Path directory) {
		try {
			return Files.isDirectory(directory)
					&& directory.getFileSystem().supportedFileAttributeViews().contains("posix")
					&& Files.getPosixFilePermissions(directory).contains(PosixFilePermission.OTHERS_WRITE);
		}
		catch (IOException ex) {
			// A directory that cannot be read fails with a clear error when it is used.
			return false;
		}
	}

	/**
	 * Checks the file that pins the models.
	 * @param file the file, or {@code null}
	 * @return the file
	 */
	public @Nullable Path lockFile(@Nullable Path file) {
		if (file != null && Files.isDirectory(file)) {
			throw this.keys.wrong("lock-file", file + " is a directory",
					"Use a file such as models.lock; it is created if it does not exist");
		}
		return file;
	}

	/**
	 * Reads which Hub to ask.
	 * @param hub the options
	 * @param download tells whether plain http is allowed
	 * @param cache tells where others may have filled caches of the Hub
	 * @return the settings
	 */
	public HubSettings hub(HuggingFaceOptions hub, DownloadOptions download, CacheOptions cache) {
		return this.surroundings.hub(hub, this.keys, download.allowInsecureHttp())
			.withCaches(StoreSettings.hubs(cache.readOnlyRoots()));
	}

	/**
	 * Reads what is configured about registries.
	 * @param oci the options
	 * @return the settings
	 * @throws ModelConfigurationException if a login is incomplete
	 */
	public OciSettings oci(OciOptions oci) {
		oci.registries().forEach((host, registry) -> {
			if (StringUtils.hasText(registry.username()) != StringUtils.hasLength(registry.password())) {
				throw this.keys.wrong("oci.registries." + host, "has a username or a password, but not both",
						"Set both, or remove both");
			}
		});
		return new OciSettings(oci.registries(), this.surroundings.dockerConfig(), this.surroundings::authFiles);
	}

	private void positive(String name, Duration value) {
		if (value.isNegative() || value.isZero()) {
			throw this.keys.wrong(name, "must be greater than 0, but is " + value, "Use a duration such as 30s");
		}
	}

	private void notNegative(String name, boolean negative) {
		if (negative) {
			throw this.keys.wrong(name, "is negative", "Use 0 or more");
		}
	}

	private void between(String name, DataSize value, DataSize least, DataSize most, String problem, String action) {
		if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
			throw this.keys.wrong(name, problem + value, action);
		}
	}

	private void aboveZero(String name, @Nullable DataSize value, String action) {
		if (value != null && value.toBytes() <= 0) {
			throw this.keys.wrong(name, "must be greater than 0, but is " + value, action);
		}
	}

}
