package dev.modelcache.store;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;

/**
 * The model files on this machine's disks.
 * <p>
 * <em>Blocking</em>: all methods but {@link #place}. <em>Errors</em>:
 * {@link ModelStorageException}.
 */
public final class ModelStore {

	private static final Logger logger = LoggerFactory.getLogger(ModelStore.class);

	private final StoreSettings settings;

	private final CacheLayout layout;

	private final Receipts receipts = new Receipts();

	/**
	 * Creates a store.
	 * @param settings where files are kept
	 */
	public ModelStore(StoreSettings settings) {
		this.settings = settings;
		this.layout = new CacheLayout(settings.directory());
	}

	/**
	 * Returns where a model file stands.
	 * @param request the request
	 * @param fileName its file name in the cache
	 * @return its place
	 */
	public ModelPlace place(ModelRequest request, String fileName) {
		return this.layout.place(request, fileName);
	}

	/**
	 * Returns the receipts of published files.
	 * @return the receipts
	 */
	public Receipts receipts() {
		return this.receipts;
	}

	/**
	 * Returns how a cached file is trusted.
	 * @return the configured way
	 */
	public StoreSettings.Verification verification() {
		return this.settings.verification();
	}

	/**
	 * Creates a staged file beside a target, and deletes those that dead processes of
	 * this machine left there.
	 * @param modelId the model's id
	 * @param place the target's place
	 * @return the staged file; the caller closes it
	 */
	public StagedFile stage(String modelId, ModelPlace place) {
		try {
			PrivateFiles.createDirectories(place.directory());
			deleteAbandoned(place);
			return new StagedFile(this, modelId, place, StagedName.of(place.target()));
		}
		catch (IOException ex) {
			throw new ModelStorageException(modelId, place.directory(),
					"cannot create a file in " + place.directory() + ": " + ex, ex);
		}
	}

	private static void deleteAbandoned(ModelPlace place) throws IOException {
		try (DirectoryStream<Path> staged = Files.newDirectoryStream(place.directory(), "*.part")) {
			for (Path file : staged) {
				if (StagedName.isAbandoned(file, place.target())) {
					logger.info("Deleting {}, left by a process that has ended", file);
					Files.deleteIfExists(file);
				}
			}
		}
	}

	/**
	 * Checks that a download fits on the disk and leaves the configured space free.
	 * @param modelId the model's id
	 * @param place the target's place; its directory exists
	 * @param remaining the bytes that are still to be written
	 * @throws ModelStorageException if they do not fit: needs, has, where
	 */
	public void admit(String modelId, ModelPlace place, DataSize remaining) {
		DataSize needed = DataSize.ofBytes(Math.addExact(remaining.toBytes(), this.settings.minFreeSpace().toBytes()));
		try {
			FileStore disk = Files.getFileStore(place.directory());
			DataSize usable = DataSize.ofBytes(disk.getUsableSpace());
			if (usable.compareTo(needed) < 0) {
				throw new ModelStorageException(modelId, place.directory(), needed, usable);
			}
		}
		catch (IOException ex) {
			throw new ModelStorageException(modelId, place.directory(),
					"cannot ask for the free space of " + place.directory() + ": " + ex, ex);
		}
	}

	/**
	 * Returns how much the cache's own directory holds.
	 * @return the size of all its files
	 */
	public DataSize used() {
		return DataSize.ofBytes(DirectorySize.of(this.settings.directory()));
	}

	/**
	 * Deletes a published file and its receipt. Its lock file stays.
	 * @param modelId the model's id
	 * @param place the file's place
	 * @return whether there was a file
	 */
	public boolean evict(String modelId, ModelPlace place) {
		try {
			boolean existed = Files.deleteIfExists(place.target());
			this.receipts.delete(place);
			return existed;
		}
		catch (IOException ex) {
			throw new ModelStorageException(modelId, place.directory(), "cannot delete " + place.target() + ": " + ex,
					ex);
		}
	}

}
