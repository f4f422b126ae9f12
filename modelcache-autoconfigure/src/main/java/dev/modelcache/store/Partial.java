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

	/** Closes both; they stay on disk. */
	void close() throws IOException {
		this.journal.close();
		this.file.close();
	}

	/** Deletes both, the journal first: a file without one is of no use to anybody. */
	void delete() throws IOException {
		try {
			this.journal.delete();
			Files.deleteIfExists(this.path);
		}
		finally {
			this.file.close();
		}
	}

}
