package dev.modelcache.runtime;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelFormatException;

/**
 * Makes a model of a published file that can be asked. An application's own bean takes
 * the place of the one for llama.cpp.
 * <p>
 * <em>Blocking</em>: may take as long as it needs; one load follows the other. Its thread
 * is interrupted when the application closes.
 */
@FunctionalInterface
public interface ModelLoader {

	/**
	 * Loads a model.
	 * @param model the published file
	 * @return the model in memory
	 * @throws ModelFormatException if the file is of a format that is not read here
	 * @throws ModelLoadException if the model cannot be loaded
	 */
	LoadedModel load(CachedModel model);

}
