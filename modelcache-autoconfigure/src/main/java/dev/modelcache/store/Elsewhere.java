package dev.modelcache.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

import org.jspecify.annotations.Nullable;

/**
 * The record of a model whose files do not stand at its place, but in the cache of
 * another tool. It is kept beside the receipts.
 */
final class Elsewhere {

	private Elsewhere() {
	}

	private static Path file(ModelPlace place) {
		return CacheLayout.elsewhere(place);
	}

	static @Nullable ModelManifest read(ModelPlace place) {
		Properties properties = PropertiesFiles.read(file(place));
		ModelManifest manifest = (properties != null) ? ModelManifest.fromProperties(properties) : null;
		return (manifest != null && manifest.directory() != null) ? manifest : null;
	}

	static void write(ModelPlace place, ModelManifest manifest) throws IOException {
		PropertiesFiles.write(file(place), manifest.toProperties());
	}

	static void delete(ModelPlace place) throws IOException {
		Files.deleteIfExists(file(place));
	}

}
