package dev.modelcache.source.catalog;

import java.net.URI;
import java.util.List;

import dev.modelcache.source.catalog.ModelCatalog.Entry;
import dev.modelcache.source.catalog.ModelCatalog.Variant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ModelCatalogTests {

	private static final String HUB = "https://huggingface.co/TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF/resolve/main/";

	private static final Variant Q4 = new Variant("Q4_K_M", URI.create(HUB + "tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf"));

	private static final Variant Q2 = new Variant("Q2_K", URI.create(HUB + "tinyllama-1.1b-chat-v1.0.Q2_K.gguf"));

	private final ModelCatalog catalog = ModelCatalog.builtIn();

	@Test
	void theBuiltInCatalogKnowsTinyllamaInTwoQuantizations() {
		assertThat(this.catalog.names()).containsExactly("tinyllama");
		assertThat(this.catalog.find("tinyllama")).contains(new Entry("tinyllama", List.of(Q4, Q2)));
	}

	@Test
	void namesAreFoundInAnyCase() {
		assertThat(this.catalog.find("TinyLlama")).isPresent();
	}

	@ParameterizedTest
	@NullSource
	@ValueSource(strings = { "", "llama", "tinyllama2" })
	void otherNamesAreNotFound(String name) {
		assertThat(this.catalog.find(name)).isEmpty();
	}

	@Test
	void withoutAQuantizationThePreferredVariantComesFirst() {
		assertThat(tinyllama().startingAt(null)).containsExactly(Q4, Q2);
	}

	@Test
	void variantsBeforeTheWantedOneDoNotStandInForIt() {
		assertThat(tinyllama().startingAt("q2_k")).containsExactly(Q2);
	}

	@Test
	void anUnknownQuantizationHasNoVariant() {
		assertThat(tinyllama().startingAt("Q8_0")).isEmpty();
		assertThat(tinyllama().quantizations()).containsExactly("Q4_K_M", "Q2_K");
	}

	@Test
	void anEntryHasAVariant() {
		assertThatIllegalArgumentException().isThrownBy(() -> new Entry("empty", List.of()));
	}

	private Entry tinyllama() {
		return this.catalog.find("tinyllama").orElseThrow();
	}

}
