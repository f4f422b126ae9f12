package dev.modelcache.autoconfigure;

import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.store.ModelStore;
import org.jspecify.annotations.Nullable;

/**
 * Where the published files shall stand. No two models share a path: one would replace
 * the other's file.
 */
final class ModelPaths {

	private final LocalPaths paths;

	private final Map<ModelSourceProperties, Path> configured = new IdentityHashMap<>();

	private final Map<Path, String> taken = new HashMap<>();

	ModelPaths(LocalPaths paths) {
		this.paths = paths;
	}

	/**
	 * Takes the path of a model or a fallback, if one is configured.
	 * @param keys the keys of the model
	 * @param model the model
	 */
	void take(ModelKeys keys, ModelSourceProperties model) {
		String text = model.getModelPath();
		if (text == null) {
			return;
		}
		Path path = this.paths.read(keys, "model-path", text);
		boolean directory = Files.isDirectory(path) && !ModelStore.isPointer(path);
		if (directory || text.strip().endsWith("/") || text.strip().endsWith(File.separator)) {
			throw keys.wrong("model-path", path + " is a directory", "Add the name of the model's file to it");
		}
		String other = this.taken.putIfAbsent(path.normalize(), keys.key("model-path"));
		if (other != null) {
			throw keys.wrong("model-path", "is the same file as " + other, "Give each model a path of its own");
		}
		this.configured.put(model, path);
	}

	/**
	 * Returns the path that {@link #take} took.
	 * @param model the model
	 * @return the path, or {@code null} for a place in the cache
	 */
	@Nullable Path of(ModelSourceProperties model) {
		return this.configured.get(model);
	}

	/**
	 * Takes a path for a fallback that has none of its own. To be called when the paths
	 * of all models are taken.
	 * @param primary the path of the model that it stands in for
	 * @param url the fallback's URL, if it has one
	 * @param number which fallback it is, from 1
	 * @return a path beside the primary's with the name of the URL's file, or of the
	 * content of a compressed one, or with a name after the primary's where that name is
	 * taken
	 */
	Path beside(Path primary, @Nullable URI url, int number) {
		String name = (url != null) ? SourceUrls.fileName(url) : null;
		Path path = primary
			.resolveSibling((name != null) ? Compression.contentName(name) : primary.getFileName().toString());
		for (int n = number; this.taken.putIfAbsent(path.normalize(), "a fallback's path") != null; n++) {
			path = primary.resolveSibling(numbered(primary.getFileName().toString(), n));
		}
		return path;
	}

	private static String numbered(String fileName, int number) {
		int dot = fileName.lastIndexOf('.');
		int end = (dot > 0) ? dot : fileName.length();
		return fileName.substring(0, end) + "-fallback-" + number + fileName.substring(end);
	}

}
