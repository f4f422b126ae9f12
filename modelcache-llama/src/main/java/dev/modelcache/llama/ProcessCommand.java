/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import de.kherud.llama.LlamaModel;

/**
 * Command that starts the process of a model, with the JVM of this process, a small heap,
 * and two class path entries.
 */
final class ProcessCommand {

	/**
	 * Variables that a JVM and a native library require on any system. Others may contain
	 * secrets of the application, or options and agents for its JVM.
	 */
	private static final List<String> VARIABLES = List.of("PATH", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR", "TEMP",
			"TMP", "SystemRoot", "SystemDrive", "windir");

	private static final boolean IGNORE_CASE = File.separatorChar == '\\';

	private static final String DIRECTORY = "de.kherud.llama.tmpdir";

	private static final String INSTALLED = "de.kherud.llama.lib.path";

	private static final int NATIVE_ACCESS_IS_RESTRICTED = 22;

	private ProcessCommand() {
	}

	/**
	 * Creates a directory for the files of a process: the native library, which would
	 * otherwise have the same path for all users and processes, and copies of nested
	 * jars.
	 * @return the directory
	 */
	static Path directory() throws IOException {
		Path parent = Path.of(System.getProperty(DIRECTORY, System.getProperty("java.io.tmpdir")));
		try {
			return Files.createTempDirectory(parent, "modelcache-llama");
		}
		catch (IOException ex) {
			String reason = (ex instanceof FileSystemException denied) ? denied.getReason() : ex.getMessage();
			throw new IOException("no directory can be created in " + parent + ", which is set by the system property "
					+ DIRECTORY + " or java.io.tmpdir: "
					+ ((reason != null) ? reason : "it does not exist, or this user may not write to it"), ex);
		}
	}

	/**
	 * Returns the command, without the arguments of the program.
	 * @param directory the directory of the process
	 * @return the command, a modifiable list
	 * @throws IOException if the Java executable does not exist or a jar cannot be copied
	 */
	static List<String> of(Path directory) throws IOException {
		List<String> command = new ArrayList<>();
		command.add(java().toString());
		command.addAll(List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError",
				"-XX:ErrorFile=" + directory.resolve(LlamaProcess.CRASH_REPORT), "-Xlog:disable",
				"-Xlog:all=warning:stderr"));
		if (Runtime.version().feature() >= NATIVE_ACCESS_IS_RESTRICTED) {
			command.add("--enable-native-access=ALL-UNNAMED");
		}
		command.add("-D" + DIRECTORY + "=" + directory);
		String installed = System.getProperty(INSTALLED);
		if (installed != null) {
			command.add("-D" + INSTALLED + "=" + installed);
		}
		command.add("-cp");
		command.add(place(LlamaMain.class, directory) + System.getProperty("path.separator")
				+ place(LlamaModel.class, directory));
		command.add(LlamaMain.class.getName());
		return command;
	}

	/**
	 * Removes the variables that the process does not require.
	 * @param environment the environment of the application, which is modified
	 * @param listed the names of additional variables to keep; a name that ends with
	 * {@code *} matches all variables with that prefix
	 */
	static void reduce(Map<String, String> environment, List<String> listed) {
		environment.keySet()
			.removeIf((name) -> Stream.concat(VARIABLES.stream(), listed.stream())
				.noneMatch((pattern) -> matches(name, pattern)));
	}

	private static boolean matches(String name, String pattern) {
		boolean beginning = pattern.endsWith("*");
		int length = beginning ? pattern.length() - 1 : pattern.length();
		return (beginning || name.length() == length) && name.regionMatches(IGNORE_CASE, 0, pattern, 0, length);
	}

	private static Path java() throws IOException {
		Path programs = Path.of(System.getProperty("java.home"), "bin");
		for (String name : List.of("java", "java.exe")) {
			if (Files.isExecutable(programs.resolve(name))) {
				return programs.resolve(name);
			}
		}
		throw new IOException("there is no java executable in " + programs + "; use a Java runtime that contains it");
	}

	private static Path place(Class<?> type, Path directory) throws IOException {
		return place(type.getProtectionDomain().getCodeSource().getLocation(),
				directory.resolve(type.getSimpleName() + ".jar"));
	}

	/**
	 * Returns the path of a class path entry. A nested jar, as in an executable jar, is
	 * copied.
	 * @param location the location of the entry
	 * @param copy the path of the copy
	 * @return the path
	 */
	static Path place(URL location, Path copy) throws IOException {
		String text = location.toExternalForm();
		if (location.getProtocol().equals("file")) {
			return Path.of(URI.create(text));
		}
		String jar = text.replaceFirst("^jar:", "").replaceFirst("!/$", "");
		try (InputStream content = URI.create(jar).toURL().openStream()) {
			Files.copy(content, copy);
		}
		return copy;
	}

}
