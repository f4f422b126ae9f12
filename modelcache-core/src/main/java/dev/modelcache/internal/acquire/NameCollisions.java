package dev.modelcache.internal.acquire;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

import dev.modelcache.ModelFileName;
import dev.modelcache.ModelFormatException;

/**
 * Names that some file systems cannot tell apart, or that cannot be both a file and a
 * directory.
 */
final class NameCollisions {

	private NameCollisions() {
	}

	/**
	 * Refuses a model whose files would overwrite each other somewhere.
	 * @throws ModelFormatException if two names collide
	 */
	static void refuse(Candidate candidate, Collection<ModelFileName> names) {
		// Below every other character: what is in a directory stands right behind its
		// name.
		Map<String, ModelFileName> sorted = new TreeMap<>();
		for (ModelFileName name : names) {
			if (sorted.put(name.text().toLowerCase(Locale.ROOT).replace('/', '\0'), name) != null) {
				throw collision(candidate, name);
			}
		}
		String before = null;
		for (Map.Entry<String, ModelFileName> file : sorted.entrySet()) {
			if (before != null && file.getKey().startsWith(before + "\0")) {
				throw collision(candidate, file.getValue());
			}
			before = file.getKey();
		}
	}

	private static ModelFormatException collision(Candidate candidate, ModelFileName name) {
		return new ModelFormatException(candidate.request().id(),
				candidate.source() + " has another file whose name collides with '" + name + "'",
				"Choose one of them with hooks.llm.files");
	}

}
