/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import dev.modelcache.testsupport.ConfigurationPage;
import org.junit.jupiter.api.Test;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

class ConfigurationMetadataTests {

	private static final String METADATA = "META-INF/spring-configuration-metadata.json";

	private final Map<String, Map<String, Object>> properties = read();

	@Test
	void everyKeyHasADescriptionThatIsASentence() {
		assertThat(this.properties).hasSizeGreaterThan(35).allSatisfy((name, property) -> {
			assertThat(name).startsWith("hooks.llm.").matches("[a-z.-]+");
			assertThat((String) property.get("description")).as(name).isNotBlank().endsWith(".").doesNotContain("\n");
		});
	}

	@Test
	void keysWithADefaultTellIt() {
		assertThat(this.properties.get("hooks.llm.cache.directory")).containsEntry("defaultValue",
				"${XDG_CACHE_HOME:~/.cache}/modelcache");
		assertThat(this.properties.get("hooks.llm.startup.mode")).containsEntry("defaultValue", "background");
		assertThat(this.properties.get("hooks.llm.cache.adopt")).containsEntry("defaultValue", true);
		assertThat(this.properties.get("hooks.llm.max-attempts")).containsEntry("defaultValue", 3);
		assertThat(this.properties.get("hooks.llm.lock.stale-after")).containsEntry("defaultValue", "1h");
		assertThat(this.properties.get("hooks.llm.classifier.labels")).containsEntry("defaultValue",
				List.of("READ", "CREATE", "UPDATE", "DELETE"));
		assertThat(this.properties.get("hooks.llm.download.buffer-size")).containsEntry("defaultValue", "1MB");
	}

	@Test
	@SuppressWarnings("unchecked")
	void oldNameOfAttemptsIsDeprecatedInFavourOfTheNewOne() {
		assertThat((Map<String, Object>) this.properties.get("hooks.llm.max-retries").get("deprecation"))
			.containsEntry("replacement", "hooks.llm.max-attempts");
		assertThat(this.properties.get("hooks.llm.max-attempts")).doesNotContainKey("deprecation");
	}

	@Test
	void theHealthSwitchIsDescribed() {
		assertThat(all())
			.anySatisfy((property) -> assertThat(property).containsEntry("name", "management.health.modelcache.enabled")
				.containsKey("description"));
	}

	@Test
	void pageOfTheKeysHasEachKeyWithItsTypeAndDefaultAndNoOther() {
		Map<String, String> rows = ConfigurationPage.rows();
		rows.keySet().removeIf(ConfigurationMetadataTests::isOfLlama);
		assertThat(rows).containsExactlyInAnyOrderEntriesOf(ConfigurationPage.metadata(ModelCacheProperties.class));
	}

	@Test
	void pageDescribesEachKeyAsEditorsDo() {
		Map<String, String> meanings = ConfigurationPage.meanings();
		assertThat(ConfigurationPage.firstSentences(ModelCacheProperties.class)).isNotEmpty()
			.allSatisfy((key, sentence) -> assertThat(meanings.get(key)).as(key).startsWith(sentence));
	}

	@Test
	void eachModelOfTheCatalogIsAHintWithItsDescription() {
		Map<Object, Object> models = described(json("dev/modelcache/internal/source/catalog/built-in.json"), "models",
				"name");
		models.replaceAll((name, description) -> description + ".");
		Map<String, Object> hint = list(json(METADATA), "hints").stream()
			.filter((candidate) -> candidate.get("name").equals("hooks.llm.model-type"))
			.findFirst()
			.orElseThrow();
		assertThat(described(hint, "values", "value")).isEqualTo(models);
	}

	private static Map<Object, Object> described(Map<String, Object> holder, String list, String name) {
		return list(holder, list).stream()
			.collect(Collectors.toMap((value) -> value.get(name), (value) -> value.get("description")));
	}

	private static boolean isOfLlama(String name) {
		return (name + ".").startsWith("hooks.llm.llama.");
	}

	private static Map<String, Map<String, Object>> read() {
		return all().stream()
			.filter((property) -> ((String) property.get("name")).startsWith("hooks."))
			.collect(Collectors.toMap((property) -> (String) property.get("name"), (property) -> property));
	}

	private static List<Map<String, Object>> all() {
		return list(json(METADATA), "properties");
	}

	@SuppressWarnings("unchecked")
	private static List<Map<String, Object>> list(Map<String, Object> holder, String name) {
		return (List<Map<String, Object>>) (List<?>) holder.get(name);
	}

	/** Other modules and libraries have metadata, too. */
	private static Map<String, Object> json(String file) {
		try {
			URI classes = ModelCacheProperties.class.getProtectionDomain().getCodeSource().getLocation().toURI();
			Path own = Path.of(classes).resolve(file);
			return JsonParserFactory.getJsonParser()
				.parseMap(Files.exists(own) ? Files.readString(own)
						: new ClassPathResource(file).getContentAsString(StandardCharsets.UTF_8));
		}
		catch (IOException | URISyntaxException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
