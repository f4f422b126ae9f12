package dev.modelcache.sample;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

class DemoModelTests {

	private final DemoModel model = new DemoModel();

	@Test
	void isGgufOfSomeHundredKilobytes() {
		assertThat(this.model.bytes(0, 4)).asString(StandardCharsets.US_ASCII).isEqualTo("GGUF");
		assertThat(this.model.size()).isBetween(200_000L, 700_000L);
	}

	@Test
	void checksumInTheConfigurationIsThatOfTheContent() throws Exception {
		byte[] digest = MessageDigest.getInstance("SHA-256").digest(this.model.bytes(0, (int) this.model.size()));
		assertThat(configured("hooks.llm.expected-checksum")).isEqualTo("sha256:" + HexFormat.of().formatHex(digest));
	}

	@Test
	void bytesAreTheSameFromAnyOffset() {
		byte[] all = this.model.bytes(0, 10_000);
		assertThat(this.model.bytes(1237, 3001)).isEqualTo(Arrays.copyOfRange(all, 1237, 4238));
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
