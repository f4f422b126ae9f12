package dev.modelcache.sample;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

class DemoModelTests {

	private final DemoModel model = new DemoModel();

	@Test
	void headerIsValidGgufWhoseTensorsFillTheFile() {
		ByteBuffer in = ByteBuffer.wrap(this.model.bytes(0, 8192)).order(ByteOrder.LITTLE_ENDIAN);
		assertThat(text(in, 4)).isEqualTo("GGUF");
		assertThat(in.getInt()).isEqualTo(3);
		long tensors = in.getLong();
		Map<String, Object> metadata = metadata(in, in.getLong());
		assertThat(metadata).containsEntry("general.architecture", "llama").containsEntry("general.alignment", 32);
		long dataSize = 0;
		for (long i = 0; i < tensors; i++) {
			assertThat(text(in, (int) in.getLong())).endsWith(".weight");
			long elements = 1;
			for (int dimensions = in.getInt(); dimensions > 0; dimensions--) {
				elements *= in.getLong();
			}
			int bytesPerElement = (in.getInt() == 0) ? 4 : 2;
			assertThat(in.getLong()).isEqualTo(dataSize).matches((offset) -> offset % 32 == 0);
			dataSize += elements * bytesPerElement;
		}
		long dataStart = (in.position() + 31) / 32 * 32;
		assertThat(this.model.size()).isEqualTo(dataStart + dataSize).isBetween(45_000_000L, 50_000_000L);
	}

	@Test
	void checksumInTheConfigurationIsThatOfTheContent() throws Exception {
		MessageDigest digest = MessageDigest.getInstance("SHA-256");
		for (long offset = 0; offset < this.model.size(); offset += 1 << 20) {
			digest.update(this.model.bytes(offset, (int) Math.min(1 << 20, this.model.size() - offset)));
		}
		assertThat(configured("hooks.llm.expected-checksum"))
			.isEqualTo("sha256:" + HexFormat.of().formatHex(digest.digest()));
	}

	@Test
	void bytesAreTheSameFromAnyOffset() {
		byte[] all = this.model.bytes(0, 10_000);
		assertThat(this.model.bytes(1237, 3001)).isEqualTo(Arrays.copyOfRange(all, 1237, 4238));
	}

	private static Map<String, Object> metadata(ByteBuffer in, long count) {
		Map<String, Object> metadata = new HashMap<>();
		for (long i = 0; i < count; i++) {
			String key = text(in, (int) in.getLong());
			metadata.put(key, switch (in.getInt()) {
				case 4 -> in.getInt();
				case 6 -> in.getFloat();
				case 8 -> text(in, (int) in.getLong());
				default -> throw new AssertionError("an unknown type of " + key);
			});
		}
		return metadata;
	}

	private static String text(ByteBuffer in, int length) {
		byte[] bytes = new byte[length];
		in.get(bytes);
		return new String(bytes, StandardCharsets.UTF_8);
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
