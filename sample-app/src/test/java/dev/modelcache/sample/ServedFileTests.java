/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

class ServedFileTests {

	private final ServedFile commands = ServedFile.commands();

	private final ServedFile large = ServedFile.large();

	@Test
	void commandsAreGgufOfSomeHundredKilobytes() {
		assertThat(this.commands.bytes(0, 4)).asString(StandardCharsets.US_ASCII).isEqualTo("GGUF");
		assertThat(this.commands.size()).isBetween(200_000L, 700_000L);
	}

	@Test
	void largeHasSeveralOfTheBlocksThatADownloadResumes() {
		assertThat(this.large.size()).isGreaterThan(10L << 20);
	}

	@Test
	void checksumsInTheConfigurationAreThoseOfTheContents() throws Exception {
		assertThat(configured("hooks.llm.expected-checksum")).isEqualTo(digest(this.commands));
		assertThat(configured("hooks.llm.models.large.expected-checksum")).isEqualTo(digest(this.large));
	}

	private static String digest(ServedFile file) throws NoSuchAlgorithmException {
		byte[] digest = MessageDigest.getInstance("SHA-256").digest(file.bytes(0, (int) file.size()));
		return "sha256:" + HexFormat.of().formatHex(digest);
	}

	@Test
	void bytesAreTheSameFromAnyOffset() {
		byte[] all = this.commands.bytes(0, 10_000);
		assertThat(this.commands.bytes(1237, 3001)).isEqualTo(Arrays.copyOfRange(all, 1237, 4238));
	}

	@Test
	void commandsThatMeasureItAreDistinctAndBalanced() throws IOException {
		List<String[]> commands = new ClassPathResource("commands-heldout.tsv")
			.getContentAsString(StandardCharsets.UTF_8)
			.lines()
			.map((line) -> line.split("\t"))
			.toList();
		assertThat(commands).extracting((command) -> command[0]).doesNotHaveDuplicates();
		assertThat(commands.stream().collect(Collectors.groupingBy((command) -> command[1], Collectors.counting())))
			.containsOnlyKeys("CREATE", "READ", "UPDATE", "DELETE")
			.allSatisfy((label, count) -> assertThat(count).as(label).isEqualTo(72));
	}

	private static Object configured(String key) throws IOException {
		return new YamlPropertySourceLoader().load("application", new ClassPathResource("application.yml"))
			.stream()
			.filter((source) -> source.containsProperty(key))
			.map((PropertySource<?> source) -> source.getProperty(key))
			.map(Object::toString)
			.findFirst()
			.orElseThrow();
	}

}
