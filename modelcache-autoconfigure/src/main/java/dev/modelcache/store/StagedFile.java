package dev.modelcache.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.modelcache.ModelStorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;

/**
 * A file on its way: it stands beside its target under a name of its own, and either
 * becomes the target by one atomic move or is deleted by {@link #close()}. It is private
 * from the start.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: all methods.
 * <em>Durability</em>: content, permissions and name are forced to disk before
 * {@link #publish} returns. Assumes that the local file system moves atomically within a
 * directory.
 */
public final class StagedFile implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(StagedFile.class);

	private final ModelStore store;

	private final String modelId;

	private final ModelPlace place;

	private final Path path;

	private final FileChannel channel;

	private boolean published;

	StagedFile(ModelStore store, String modelId, ModelPlace place, Path path) throws IOException {
		this.store = store;
		this.modelId = modelId;
		this.place = place;
		this.path = path;
		this.channel = PrivateFiles.create(path);
	}

	/**
	 * Returns where the file stands until it is published.
	 * @return the path
	 */
	public Path path() {
		return this.path;
	}

	/**
	 * Returns where the file will stand when it is published.
	 * @return the path
	 */
	public Path target() {
		return this.place.target();
	}

	/**
	 * Returns the channel to write to and read from, at any position.
	 * @return the channel; closed by {@link #close()}
	 */
	public FileChannel channel() {
		return this.channel;
	}

	/**
	 * Checks that the rest of the file fits on the disk.
	 * @param remaining the bytes that are still to be written
	 * @throws ModelStorageException if they do not fit: needs, has, where
	 */
	public void admit(DataSize remaining) {
		this.store.admit(this.modelId, this.place, remaining);
	}

	/**
	 * Returns what a failure to write or read this file means: a disk without space, or
	 * another fault of it.
	 * @param failure the failure
	 * @return the exception to raise
	 */
	public ModelStorageException failure(IOException failure) {
		try {
			admit(DataSize.ofBytes(1));
		}
		catch (ModelStorageException noSpace) {
			noSpace.addSuppressed(failure);
			return noSpace;
		}
		return new ModelStorageException(this.modelId, this.place.directory(),
				"the file " + this.path + " cannot be written: " + failure, failure);
	}

	/**
	 * Makes this file the target, with a receipt. The file that stood there until now
	 * stays whole until the moment of the move, and for ever if anything fails before.
	 * @param receipt makes the receipt from the file's fingerprint
	 * @throws IOException if the disk does not take it; nothing has changed then
	 */
	public synchronized void publish(ReceiptWriter receipt) throws IOException {
		this.channel.force(true);
		Fingerprint fingerprint = Fingerprint.of(this.path);
		if (fingerprint == null) {
			throw new IOException("the staged file " + this.path + " has disappeared");
		}
		this.store.receipts().prepare(this.place, receipt.write(fingerprint));
		FileMoves.replace(this.path, this.place.target());
		this.published = true;
		FileMoves.forceDirectory(this.place.target().getParent());
		this.store.receipts().settle(this.place);
	}

	/**
	 * Closes the channel and deletes the file, unless it was published.
	 */
	@Override
	public synchronized void close() {
		try {
			this.channel.close();
			if (!this.published) {
				Files.deleteIfExists(this.path);
			}
		}
		catch (IOException ex) {
			logger.warn("The staged file {} cannot be deleted; the next download of this model tries again", this.path,
					ex);
		}
	}

	/**
	 * Makes the receipt of a file that is about to be published.
	 */
	@FunctionalInterface
	public interface ReceiptWriter {

		/**
		 * Makes the receipt.
		 * @param fingerprint the fingerprint that the published file will have
		 * @return the receipt
		 */
		Receipt write(Fingerprint fingerprint);

	}

}
