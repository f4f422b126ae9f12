/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import dev.modelcache.testsupport.ForkedJvm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ErrorTexts}.
 */
class ErrorTextsTests {

	private static final String FULL = "Auf dem Gerät ist kein Speicherplatz mehr verfügbar";

	@TempDir
	private Path directory;

	/** Writes a catalog with one text in it. */
	private void write(String language, String charset, ByteOrder order) throws IOException {
		List<byte[]> texts = List.of(new byte[0], "No space left on device".getBytes(Charset.forName(charset)),
				("Content-Type: text/plain; charset=" + charset + "\n").getBytes(Charset.forName(charset)),
				FULL.getBytes(Charset.forName(charset)));
		ByteBuffer head = ByteBuffer.allocate(28 + 32).order(order);
		head.putInt(0x950412de).putInt(0).putInt(2).putInt(28).putInt(28 + 16).putInt(0).putInt(0);
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		for (byte[] text : texts) {
			head.putInt(text.length).putInt(head.capacity() + bytes.size());
			bytes.write(text);
			bytes.write(0);
		}
		Path catalog = this.directory.resolve(language).resolve("LC_MESSAGES/libc.mo");
		Files.createDirectories(catalog.getParent());
		Files.write(catalog, head.array());
		Files.write(catalog, bytes.toByteArray(), StandardOpenOption.APPEND);
	}

	@ParameterizedTest
	@CsvSource(nullValues = "-", textBlock = """
			de_DE.UTF-8, -     , -          , -             , de   , UTF-8     , true
			-          , -     , de_AT@euro , -             , de_AT, ISO-8859-1, true
			C          , de_DE , en_US      , -             , de   , UTF-8     , false
			''         , de_DE , en_US      , -             , de   , UTF-8     , true
			en_US.UTF-8, -     , -          , fr:de_DE.UTF-8, de   , UTF-8     , true
			C          , -     , de_DE.UTF-8, de            , de   , UTF-8     , false
			-          , -     , -          , de            , de   , UTF-8     , false
			../de      , -     , -          , -             , de   , UTF-8     , false
			""")
	void textsOfTheLanguageAreKnown(String all, String messages, String lang, String preferred, String catalog,
			String charset, boolean known) throws IOException {
		write(catalog, charset, charset.equals("UTF-8") ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
		Map<String, String> environment = new HashMap<>();
		environment.put("LC_ALL", all);
		environment.put("LC_MESSAGES", messages);
		environment.put("LANG", lang);
		environment.put("LANGUAGE", preferred);
		ErrorTexts texts = new ErrorTexts(environment::get, List.of(this.directory.resolve("none"), this.directory));
		assertThat(texts.english(FULL)).isEqualTo(known ? "No space left on device" : FULL);
		assertThat(texts.english("anything else")).isEqualTo("anything else");
	}

	@Test
	void catalogThatIsDamagedIsLeftOut() throws IOException {
		Path catalog = Files.createDirectories(this.directory.resolve("de/LC_MESSAGES")).resolve("libc.mo");
		for (int size : List.of(0, 20, 28)) {
			Files.write(catalog, new byte[size]);
			assertThat(new ErrorTexts(Map.of("LANG", "de")::get, List.of(this.directory)).english(FULL))
				.isEqualTo(FULL);
		}
	}

	/** In German, if the machine has glibc's catalog, and in English otherwise. */
	@Test
	@EnabledOnOs(value = OS.LINUX, disabledReason = "other systems have no /dev/full")
	void fullDiskIsKnownInTheLanguageOfTheProcess() {
		try (ForkedJvm jvm = ForkedJvm.startBy(List.of("env", "LC_ALL=C.UTF-8", "LANGUAGE=de"), FullDisk.class,
				List.of())) {
			jvm.awaitExit(Duration.ofMinutes(3));
			assertThat(jvm.output()).contains("NO_SPACE");
		}
	}

	/** Writes to a disk that is full. */
	static final class FullDisk {

		private FullDisk() {
		}

		public static void main(String[] arguments) throws IOException {
			try (FileChannel full = FileChannel.open(Path.of("/dev/full"), StandardOpenOption.WRITE)) {
				full.write(ByteBuffer.allocate(1));
			}
			catch (IOException ex) {
				System.out.println(DiskFault.of(ex) + " " + ex.getMessage());
			}
		}

	}

}
