package dev.modelcache;

/**
 * Something happened to a model. Published as a Spring application event, on a thread
 * that is neither an I/O nor a transfer thread; a listener that fails breaks nothing.
 */
public sealed interface ModelCacheEvent permits ModelDownloadStarted, ModelDownloadProgress, ModelReady,
		ModelFallbackUsed, ModelFailed, ModelReplaced, ModelEvicted {

	/**
	 * Returns the id of the model.
	 * @return the id
	 */
	String modelId();

}
