package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Locale;
import java.util.Set;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.internal.content.DecompressionSettings;
import dev.modelcache.internal.content.format.FormatSettings;
import dev.modelcache.internal.lock.LockSettings;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.internal.transfer.TransferSettings;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.Environment;

/**
 * The rooms' settings, read from the properties.
 *
 * @param transfer how bytes are fetched
 * @param connection how connections are opened
 * @param lock how long to wait for another process
 * @param store where files are kept
 * @param decompression how far compressed models may unfold
 * @param formats what is done about files that are no models
 * @param offline whether never to touch the network
 * @param lockFile the file that pins the models, or {@code null}
 */
record ModelCacheSettings(TransferSettings transfer, ConnectionSettings connection, LockSettings lock,
		StoreSettings store, DecompressionSettings decompression, FormatSettings formats, boolean offline,
		@Nullable Path lockFile) {

	private static final Set<String> TRUE_TO_THE_HUB = Set.of("1", "ON", "YES", "TRUE");

	/**
	 * Reads the settings.
	 * @param properties the properties
	 * @param environment tells the home directory and the defaults that are environment
	 * variables
	 * @return the settings
	 * @throws ModelConfigurationException if a value is wrong
	 */
	static ModelCacheSettings of(ModelCacheProperties properties, Environment environment) {
		SettingChecks.positive("startup.retry-interval", properties.getStartup().getRetryInterval());
		if (properties.getRefreshInterval() != null) {
			SettingChecks.positive("refresh-interval", properties.getRefreshInterval());
		}
		return new ModelCacheSettings(transfer(properties.getDownload()),
				SettingChecks.connection(properties.getDownload()), lock(properties.getLock()),
				store(properties.getCache(), new LocalPaths(environment))
					.withAdoption(new ForeignDirectories(environment).read(properties))
					.withHubCache(new ForeignDirectories(environment).hubCache(properties)),
				decompression(properties.getDownload()),
				new FormatSettings(properties.getVerifyFormat(), properties.isAllowPickle()),
				offline(properties, environment), lockFile(properties, new LocalPaths(environment)));
	}

	private static TransferSettings transfer(DownloadProperties download) {
		SettingChecks.buffer("download.buffer-size", download.getBufferSize());
		SettingChecks.positive("download.response-timeout", download.getResponseTimeout());
		SettingChecks.positive("download.stall-timeout", download.getStallTimeout());
		SettingChecks.positive("download.give-up-after", download.getGiveUpAfter());
		SettingChecks.minSpeed("download.min-speed", download.getMinSpeed());
		SettingChecks.bandwidth("download.max-bandwidth", download.getMaxBandwidth());
		SettingChecks.notNegative("download.max-redirects", download.getMaxRedirects() < 0);
		SettingChecks.connections("download.connections", download.getConnections());
		SettingChecks.segment("download.segment-size", download.getSegmentSize());
		return new TransferSettings(download.getBufferSize(), download.getConnections(), download.getSegmentSize(),
				download.getResponseTimeout(), download.getStallTimeout(), download.getMaxRedirects(),
				download.isAllowInsecureHttp(), download.getMaxBandwidth(), download.getGiveUpAfter(),
				download.getMinSpeed());
	}

	private static LockSettings lock(ModelCacheProperties.Lock lock) {
		SettingChecks.notNegative("lock.timeout", lock.getTimeout().isNegative());
		SettingChecks.positive("lock.stale-after", lock.getStaleAfter());
		return new LockSettings(lock.getTimeout(), lock.getStaleAfter());
	}

	private static StoreSettings store(ModelCacheProperties.Cache cache, LocalPaths paths) {
		SettingChecks.notNegative("cache.min-free-space", cache.getMinFreeSpace().isNegative());
		SettingChecks.notNegative("cache.partial-retention", cache.getPartialRetention().isNegative());
		SettingChecks.size("cache.max-size", cache.getMaxSize());
		Path directory = (cache.getDirectory() != null)
				? paths.read(ModelKeys.GENERAL, "cache.directory", cache.getDirectory())
				: paths.defaultCacheDirectory();
		if (Files.exists(directory) && !Files.isDirectory(directory)) {
			throw ModelKeys.GENERAL.wrong("cache.directory", directory + " is not a directory",
					"Name a directory; it is created if it is missing");
		}
		if (!cache.isAllowSharedDirectory() && isWritableByAll(directory)) {
			throw ModelKeys.GENERAL.wrong("cache.directory",
					"all users of this machine can write to " + directory
							+ ", so that any of them could replace a model",
					"Name a directory below it, which is created for this user alone, take the permission away (chmod"
							+ " o-w), or set hooks.llm.cache.allow-shared-directory to true");
		}
		return new StoreSettings(directory, cache.getMinFreeSpace(), cache.getVerify(), cache.getPartialRetention())
			.withMaxSize(cache.getMaxSize());
	}

	private static boolean isWritableByAll(Path directory) {
		try {
			return Files.isDirectory(directory)
					&& directory.getFileSystem().supportedFileAttributeViews().contains("posix")
					&& Files.getPosixFilePermissions(directory).contains(PosixFilePermission.OTHERS_WRITE);
		}
		catch (IOException ex) {
			// Whoever cannot look into it cannot use it either, and is told when it is
			// used.
			return false;
		}
	}

	private static DecompressionSettings decompression(DownloadProperties download) {
		SettingChecks.atLeastOne("download.max-expansion", download.getMaxExpansion());
		return new DecompressionSettings(download.getMaxExpansion());
	}

	private static @Nullable Path lockFile(ModelCacheProperties properties, LocalPaths paths) {
		if (properties.getLockFile() == null) {
			return null;
		}
		Path file = paths.read(ModelKeys.GENERAL, "lock-file", properties.getLockFile());
		if (Files.isDirectory(file)) {
			throw ModelKeys.GENERAL.wrong("lock-file", file + " is a directory",
					"Name a file, such as models.lock; it is created if it is missing");
		}
		return file;
	}

	private static boolean offline(ModelCacheProperties properties, Environment environment) {
		if (properties.getOffline() != null) {
			return properties.getOffline();
		}
		return TRUE_TO_THE_HUB.contains(environment.getProperty("HF_HUB_OFFLINE", "").toUpperCase(Locale.ROOT));
	}

}
