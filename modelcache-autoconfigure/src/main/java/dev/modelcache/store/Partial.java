package dev.modelcache.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.modelcache.lock.ExclusiveFile;

/**
 * A staged file of this process, open and locked, and its journal.
 *
 * @param path where it stands
 * @param file the open file
 * @param journal its journal
 */
record Partial(Path path, ExclusiveFile file, PartialJournal journal) {

	/**
	 * Closes both. They stay on disk, unless one of them reports an error when it is
	 * closed, as network file systems do for bytes that the server did not take.
	 */
	void closeOrDelete() throws IOException {
		try (this.file) {
			this.journal.close();
		}
		catch (IOException ex) {
			delete();
			throw ex;
		}
	}

	/** Deletes both, the journal first: a file without one is of no use to anybody. */
	void delete() throws IOException {
		try (this.file) {
			try {
				this.journal.delete();
			}
			finally {
				Files.deleteIfExists(this.path);
			}
		}
	}

}
