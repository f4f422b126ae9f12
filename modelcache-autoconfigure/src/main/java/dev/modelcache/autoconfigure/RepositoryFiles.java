package dev.modelcache.autoconfigure;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;

import dev.modelcache.ModelFileName;
import org.jspecify.annotations.Nullable;

/**
 * The files of a repository as people name them.
 */
final class RepositoryFiles {

	private RepositoryFiles() {
	}

	/**
	 * Reads the paths and globs.
	 * @param keys the keys that they stand at
	 * @param files the paths and globs as they were written
	 * @param url the URL of the model, if it has one
	 * @return the paths and globs
	 */
	static List<String> read(ModelKeys keys, List<String> files, @Nullable URI url) {
		if (!files.isEmpty() && (url == null || !SourceUrls.isOfRepository(url))) {
			throw keys.wrong("files", "is for the files of a repository, but the model's url names none",
					"Set " + keys.key("url") + " to a repository such as hf://org/repo, or remove the key");
		}
		List<String> read = new ArrayList<>();
		for (int i = 0; i < files.size(); i++) {
			String glob = files.get(i).strip();
			try {
				read.add(new ModelFileName(glob).text());
			}
			catch (IllegalArgumentException ex) {
				throw keys.wrong("files[" + i + "]", "is no path in a repository: " + ex.getMessage(),
						"Write a path such as onnx/model.onnx, or a glob such as *.safetensors");
			}
			if (glob.indexOf('{') >= 0 || glob.indexOf('}') >= 0) {
				throw keys.wrong("files[" + i + "]", "has braces", "Write a glob with *, ** and ? for each");
			}
		}
		return read;
	}

}
