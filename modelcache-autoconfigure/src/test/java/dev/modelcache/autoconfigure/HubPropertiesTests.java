package dev.modelcache.autoconfigure;

import java.net.URI;
import java.util.Map;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.internal.source.huggingface.HubSettings;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link HubProperties}.
 */
class HubPropertiesTests {

	@Test
	void withoutConfigurationTheHubIsAsked() {
		assertThat(BoundConfiguration.of().hub().endpoint()).isEqualTo(URI.create("https://huggingface.co"));
	}

	@Test
	void theVariableOfTheHubsToolsNamesAnother() {
		HubSettings hub = BoundConfiguration.of().withVariables(Map.of("HF_ENDPOINT", "https://mirror.example/")).hub();
		assertThat(hub.endpoint()).isEqualTo(URI.create("https://mirror.example"));
	}

	@Test
	void thePropertyComesBeforeTheVariableAndMayHaveAPath() {
		HubSettings hub = BoundConfiguration.of("hooks.llm.huggingface.endpoint=https://host/api/hub//")
			.withVariables(Map.of("HF_ENDPOINT", "https://mirror.example"))
			.hub();
		assertThat(hub.endpoint()).isEqualTo(URI.create("https://host/api/hub"));
	}

	@Test
	void aWrongVariableIsNamed() {
		BoundConfiguration configuration = BoundConfiguration.of()
			.withVariables(Map.of("HF_ENDPOINT", "http://mirror.example"));
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(configuration::hub)
			.satisfies((ex) -> assertThat(ex.key()).isEqualTo("HF_ENDPOINT"));
	}

	@Test
	void noTextShowsTheToken() {
		HubSettings hub = BoundConfiguration.of("hooks.llm.huggingface.token=hf_secret").hub();
		assertThat(hub).asString().doesNotContain("hf_secret");
	}

}
