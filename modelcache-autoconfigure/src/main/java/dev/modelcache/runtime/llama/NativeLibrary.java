package dev.modelcache.runtime.llama;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the native library is unpacked: in a directory of this process. By default it is
 * a file of the same name for all users and processes, which the first one to end
 * deletes.
 */
final class NativeLibrary {

	private static final String DIRECTORY = "de.kherud.llama.tmpdir";

	private static final String INSTALLED = "de.kherud.llama.lib.path";

	private NativeLibrary() {
	}

	/**
	 * Chooses the directory, unless it is chosen. To be called before the library is
	 * used.
	 */
	static synchronized void prepare() throws IOException {
		if (System.getProperty(DIRECTORY) == null && System.getProperty(INSTALLED) == null) {
			Path directory = Files.createTempDirectory("modelcache-llama");
			directory.toFile().deleteOnExit();
			System.setProperty(DIRECTORY, directory.toString());
		}
	}

}
