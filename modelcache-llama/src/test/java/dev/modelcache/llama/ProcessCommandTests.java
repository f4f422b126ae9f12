/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ProcessCommand}.
 */
class ProcessCommandTests {

	@TempDir
	private Path directory;

	@Test
	void aDirectoryOrAJarIsUsedWhereItIs() throws IOException {
		Path entry = Files.createFile(this.directory.resolve("with blank.jar"));
		assertThat(ProcessCommand.place(entry.toUri().toURL(), this.directory.resolve("copy"))).isEqualTo(entry);
		assertThat(this.directory.resolve("copy")).doesNotExist();
	}

	@Test
	void aJarInsideOfAnotherIsCopied() throws IOException {
		Path entry = Files.writeString(this.directory.resolve("with blank.jar"), "the jar");
		Path copy = this.directory.resolve("copy.jar");
		assertThat(ProcessCommand.place(URI.create("jar:" + entry.toUri() + "!/").toURL(), copy)).isEqualTo(copy);
		assertThat(copy).hasContent("the jar");
	}

	@Test
	void theProcessHasASmallHeapAndAClassPathOfTwoEntries() throws IOException {
		assertThat(ProcessCommand.of(this.directory)).contains("-Xmx64m", LlamaMain.class.getName())
			.anySatisfy((argument) -> assertThat(argument.split(System.getProperty("path.separator"))).hasSize(2)
				.allSatisfy((entry) -> assertThat(Path.of(entry)).exists()));
	}

	@Test
	void aRuntimeWithoutJavaIsAClearError() {
		String home = System.getProperty("java.home");
		System.setProperty("java.home", this.directory.toString());
		try {
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> ProcessCommand.of(this.directory))
				.withMessageContaining("there is no java executable in " + this.directory.resolve("bin"));
		}
		finally {
			System.setProperty("java.home", home);
		}
	}

	@Test
	void processGetsPathLocaleTemporaryDirectoryAndWhatIsListed() {
		Map<String, String> environment = new HashMap<>();
		for (String name : List.of("PATH", "LANG", "LC_ALL", "TMPDIR", "SystemRoot", "HF_TOKEN",
				"AWS_SECRET_ACCESS_KEY", "SPRING_DATASOURCE_PASSWORD", "HTTPS_PROXY", "JAVA_TOOL_OPTIONS", "PATH_TOKEN",
				"LANG_KEY", "HOME", "CUDA_VISIBLE_DEVICES", "GGML_VK_DEVICE", "GGMLX", "LD_LIBRARY_PATH")) {
			environment.put(name, "value");
		}
		ProcessCommand.reduce(environment, List.of("CUDA_VISIBLE_DEVICES", "GGML_*", "MISSING"));
		assertThat(environment).containsOnlyKeys("PATH", "LANG", "LC_ALL", "TMPDIR", "SystemRoot",
				"CUDA_VISIBLE_DEVICES", "GGML_VK_DEVICE");
	}

}
