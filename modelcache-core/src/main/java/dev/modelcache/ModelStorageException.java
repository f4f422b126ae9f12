package dev.modelcache;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * The disk does not take the model: no space, no permission, an I/O error.
 */
public final class ModelStorageException extends ModelCacheException {

	private final Path directory;

	private final @Nullable DataSize needed;

	private final @Nullable DataSize available;

	/**
	 * Creates an exception for a disk without enough space.
	 * @param modelId the model's id
	 * @param directory the directory whose disk is meant
	 * @param needed the space that is needed
	 * @param available the space that there is
	 */
	public ModelStorageException(@Nullable String modelId, Path directory, DataSize needed, DataSize available) {
		super(ErrorCode.STORAGE, modelId,
				"not enough space in " + directory + ": needs " + needed.toBytes() + " bytes, has "
						+ available.toBytes() + " bytes",
				"Free space there, lower hooks.llm.cache.min-free-space, or set hooks.llm.cache.directory or model-path"
						+ " to another disk",
				null);
		this.directory = directory;
		this.needed = needed;
		this.available = available;
	}

	/**
	 * Creates an exception for any other failure of the disk.
	 * @param modelId the model's id
	 * @param directory the directory concerned
	 * @param problem what happened, a sentence without its full stop
	 * @param cause the failure
	 */
	public ModelStorageException(@Nullable String modelId, Path directory, String problem, @Nullable Throwable cause) {
		super(ErrorCode.STORAGE, modelId, problem,
				"Check that " + directory + " exists, can be written by this user and is on a healthy disk", cause);
		this.directory = directory;
		this.needed = null;
		this.available = null;
	}

	/**
	 * Returns the directory whose disk is meant.
	 * @return the directory
	 */
	public Path directory() {
		return this.directory;
	}

	/**
	 * Returns the space that is needed.
	 * @return the space, or {@code null} where space is not the problem
	 */
	public @Nullable DataSize needed() {
		return this.needed;
	}

	/**
	 * Returns the space that there is.
	 * @return the space, or {@code null} where space is not the problem
	 */
	public @Nullable DataSize available() {
		return this.available;
	}

}
