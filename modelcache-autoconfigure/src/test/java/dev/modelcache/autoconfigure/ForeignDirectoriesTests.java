package dev.modelcache.autoconfigure;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.internal.store.AdoptionSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ForeignDirectories}.
 */
class ForeignDirectoriesTests {

	private static AdoptionSettings read(Map<String, Object> variables, String... properties) {
		BoundConfiguration configuration = BoundConfiguration.of(properties).withVariables(variables);
		return configuration.settings().store().adoption();
	}

	private static Path huggingFace(Map<String, Object> variables) {
		return read(variables, "user.home=/home/me").huggingFaceCaches().get(0);
	}

	@Test
	void withoutVariablesTheToolsOwnDefaultsCount() {
		assertThat(read(Map.of(), "user.home=/home/me"))
			.isEqualTo(new AdoptionSettings(true, List.of(Path.of("/home/me/.cache/huggingface/hub")),
					List.of(Path.of("/home/me/.ollama/models"), Path.of("/usr/share/ollama/.ollama/models"))));
	}

	@ParameterizedTest
	@CsvSource({ "HF_HUB_CACHE,/hub,/hub", "HUGGINGFACE_HUB_CACHE,/hub,/hub", "HF_HOME,/hf,/hf/hub",
			"XDG_CACHE_HOME,/cache,/cache/huggingface/hub", "HF_HOME,~/hf,/home/me/hf/hub", "HF_HUB_CACHE,~,/home/me" })
	void eachVariableOfTheHubsToolsIsKnown(String variable, String value, Path directory) {
		assertThat(huggingFace(Map.of(variable, value))).isEqualTo(directory);
	}

	@Test
	void theFirstVariableWinsAndOthersAreExpandedInIt() {
		assertThat(huggingFace(
				Map.of("HF_HUB_CACHE", "$BASE/${USER_DIR}/hub", "BASE", "/b", "USER_DIR", "u", "HF_HOME", "/hf")))
			.isEqualTo(Path.of("/b/u/hub"));
	}

	@Test
	void theKeyWinsOverTheVariables() {
		assertThat(read(Map.of("HF_HUB_CACHE", "/hub"), "user.home=/home/me",
				"hooks.llm.huggingface.cache-directory=~/mine")
			.huggingFaceCaches()).containsExactly(Path.of("/home/me/mine"));
	}

	@Test
	void anEmptyKeyIsAnError() {
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> read(Map.of(), "hooks.llm.huggingface.cache-directory="))
			.satisfies((ex) -> assertThat(ex.key()).isEqualTo("hooks.llm.huggingface.cache-directory"));
	}

	@Test
	void ollamasVariableIsKnown() {
		assertThat(read(Map.of("OLLAMA_MODELS", "/models"), "user.home=/home/me").ollamaStores())
			.containsExactly(Path.of("/models"), Path.of("/usr/share/ollama/.ollama/models"));
	}

	@Test
	void adoptionCanBeSwitchedOff() {
		assertThat(read(Map.of(), "hooks.llm.cache.adopt=false")).isEqualTo(AdoptionSettings.OFF);
	}

}
