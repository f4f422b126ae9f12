package dev.modelcache.engine;

import java.util.Collection;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

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
		Set<String> files = new HashSet<>();
		for (ModelFileName name : names) {
			if (!files.add(name.text().toLowerCase(Locale.ROOT))) {
				throw collision(candidate, name);
			}
		}
		for (ModelFileName name : names) {
			String text = name.text().toLowerCase(Locale.ROOT);
			for (int slash = text.indexOf('/'); slash >= 0; slash = text.indexOf('/', slash + 1)) {
				if (files.contains(text.substring(0, slash))) {
					throw collision(candidate, name);
				}
			}
		}
	}

	private static ModelFormatException collision(Candidate candidate, ModelFileName name) {
		return new ModelFormatException(candidate.request().id(),
				candidate.source() + " has another file whose name collides with '" + name + "'",
				"Choose one of them with hooks.llm.files");
	}

}
