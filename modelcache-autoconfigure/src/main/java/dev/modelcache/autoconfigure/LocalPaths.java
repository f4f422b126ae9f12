package dev.modelcache.autoconfigure;

import java.io.File;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

import org.springframework.core.env.Environment;

/**
 * The paths of this machine as people write them: relative to the working directory, or
 * with {@code ~} for the home directory.
 */
final class LocalPaths {

	private final Environment environment;

	LocalPaths(Environment environment) {
		this.environment = environment;
	}

	/**
	 * Reads a path.
	 * @param keys the keys that the path stands at
	 * @param name the key's name
	 * @param text the path as it was written
	 * @return the absolute path
	 */
	Path read(ModelKeys keys, String name, String text) {
		String path = text.strip();
		if (path.isEmpty()) {
			throw keys.wrong(name, "is empty", "Give it a path, or remove the key");
		}
		try {
			boolean inHome = path.equals("~") || path.startsWith("~/") || path.startsWith("~" + File.separator);
			return inHome ? home().resolve(path.substring(Math.min(2, path.length()))) : Path.of(path).toAbsolutePath();
		}
		catch (InvalidPathException ex) {
			throw keys.wrong(name, "is no path of this system (" + ex.getReason() + ")", "Correct the path");
		}
	}

	private Path home() {
		return Path.of(this.environment.getProperty("user.home", "")).toAbsolutePath();
	}

}
