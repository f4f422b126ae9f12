/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.catalog;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;

import dev.modelcache.Digest;
import dev.modelcache.source.CatalogModel;
import dev.modelcache.source.CatalogVariant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Catalogs as texts: what is read, what is chosen, and what is refused.
 */
class ModelCatalogTests extends ModelCatalogContractTests {

	private static final String MODEL = """
			{"name":"m","variants":[{"quantization":"Q4","url":"hf://a/b"}]}""";

	static final String TEXT = """
			{"format": 1, "note": "for tests", "models": [
			  {"name": "chat", "version": "2", "license": "MIT", "preferred": "q4", "description": "A model",
			   "variants": [
			     {"quantization": "Q8", "url": "https://host/q8.gguf", "approximate-bytes": 800},
			     {"quantization": "Q4", "url": "https://host/q4.gguf", "approximate-bytes": 400, "digest": "sha256:%s"},
			     {"quantization": "Q3", "url": "https://host/q3.gguf"},
			     {"quantization": "Q2", "url": "https://host/q2.gguf", "approximate-bytes": 200}]},
			  {"name": "chat", "version": "1", "variants": [{"quantization": "F16", "url": "hf://org/repo",
			   "files": ["onnx/*.onnx", "tokenizer.json"]}]}]}
			""".formatted("a".repeat(64));

	@Override
	ListedModels catalog() {
		return read(TEXT);
	}

	private static ListedModels read(String text) {
		return ListedModels.read("here", text.getBytes(StandardCharsets.UTF_8), new CatalogRules(false, false));
	}

	private CatalogEntry chat() {
		return catalog().find(new CatalogName("chat", null)).orElseThrow();
	}

	private List<String> fitting(String quantization, DataSize maxSize) {
		return chat().fitting(quantization, maxSize).stream().map(CatalogVariant::quantization).toList();
	}

	@Test
	void everythingThatIsWrittenIsRead() {
		assertThat(chat().name()).isEqualTo(new CatalogName("chat", "2"));
		assertThat(chat().license()).isEqualTo("MIT");
		assertThat(chat().variants()).element(1)
			.isEqualTo(new CatalogVariant("Q4", URI.create("https://host/q4.gguf"), List.of(), DataSize.ofBytes(400),
					Digest.parse("a".repeat(64))));
		CatalogVariant several = catalog().find(new CatalogName("chat", "1")).orElseThrow().variants().get(0);
		assertThat(several.files()).containsExactly("onnx/*.onnx", "tokenizer.json");
		assertThat(several.size()).isNull();
	}

	@Test
	void withoutAQuantizationThePreferredVariantComesFirst() {
		assertThat(fitting(null, null)).containsExactly("Q4", "Q3", "Q2");
	}

	@Test
	void variantsBeforeTheWantedOneDoNotStandInForIt() {
		assertThat(fitting("q2", null)).containsExactly("Q2");
		assertThat(fitting("Q8", null)).containsExactly("Q8", "Q4", "Q3", "Q2");
	}

	@Test
	void anUnknownQuantizationHasNoVariant() {
		assertThat(fitting("Q5", null)).isEmpty();
		assertThat(chat().has("Q5")).isFalse();
		assertThat(chat().has("q8")).isTrue();
		assertThat(chat().has(null)).isTrue();
	}

	@Test
	void whatIsLargerOrOfUnknownSizeDoesNotFit() {
		assertThat(fitting("Q8", DataSize.ofBytes(400))).containsExactly("Q4", "Q2");
		assertThat(fitting(null, DataSize.ofBytes(399))).containsExactly("Q2");
		assertThat(fitting(null, DataSize.ofBytes(100))).isEmpty();
	}

	@ParameterizedTest
	@CsvSource({ "catalog://chat, chat, ", "catalog://chat@2, chat, 2", "catalog:///chat, chat, ",
			"catalog:///chat@v1.0, chat, v1.0", "CATALOG://Qwen2.5-0.5B, Qwen2.5-0.5B, " })
	void namesAreReadFromUrls(URI url, String name, String version) {
		CatalogName parsed = CatalogName.parse(url);
		assertThat(parsed).isEqualTo(new CatalogName(name, version));
		assertThat(CatalogName.parse(parsed.toUri())).isEqualTo(parsed);
	}

	@ParameterizedTest
	@CsvSource({ "catalog:chat", "catalog:///", "catalog://chat/q4", "catalog://chat?q4", "catalog://chat#q4",
			"catalog://chat@", "catalog://@2", "catalog://a@b@c", "catalog:///..", "catalog:////a",
			"catalog://chat:80" })
	void otherUrlsNameNothing(String url) {
		assertThatIllegalArgumentException().isThrownBy(() -> CatalogName.parse(URI.create(url)))
			.withMessageContaining("use catalog://name or catalog://name@version");
	}

	static final List<Fault> FAULTS = List.of(fault("", "JSON"), fault("[]", "it is not a JSON object"),
			fault("{\"format\":1,\"models\":[]} x", "it is not valid JSON (line 1)"),
			fault("{\"format\":1,\"format\":1,\"models\":[]}", "it is not valid " + "JSON"),
			fault("{\"models\":[]}", "'format'"), fault("{\"format\":2,\"models\":[]}", "a 'format' other than 1"),
			fault("{\"format\":1}", "no list 'models'"),
			fault("{\"format\":1,\"models\":[],\"more\":1}", "unknown field 'more'"),
			fault("{\"format\":1,\"models\":[1]}", "entry number 1"), entry("\"name\":\"m\"", "no list 'variants'"),
			entry("\"name\":\"m\",\"variants\":[]", "the entry 'm' has no variant"),
			entry("\"name\":\"../m\",\"variants\":[]", "entry number 1 has no valid 'name'"),
			entry("\"name\":\"m\",\"version\":\"a b\",\"variants\":[]",
					"the entry 'm' has no valid 'name' or 'version'"),
			entry("\"name\":\"m\",\"license\":1,\"variants\":[]", "'license' that is not a string"),
			entry("\"name\":\"m\",\"sha\":1,\"variants\":[]", "unknown field 'sha'"),
			variant("\"quantization\":\"Q4\"", "the entry 'm' has a variant without 'url'"),
			variant("\"url\":\"https://host/m\"", "without 'quantization'"),
			variant("\"quantization\":\"Q4\",\"url\":\"https://host/m\",\"size\":1", "unknown field 'size'"),
			variant("\"quantization\":\"Q4 \\n 2026 INFO\",\"url\":\"hf://a/b\"", "'quantization' is not a word"),
			variant("\"quantization\":\"Q4\",\"a\\nb\":1", "has an unknown field"),
			variant("\"quantization\":\"Q4\",\"url\":\"https:m\"", "'url' has no host"),
			variant("\"quantization\":\"Q4\",\"url\":\"a b\"", "'url' is not a URL"),
			variant("\"quantization\":\"Q4\",\"url\":\"m.gguf\"", "'url' has no scheme"),
			variant("\"quantization\":\"Q4\",\"url\":\"catalog://m\"", "refers to a catalog"),
			variant("\"quantization\":\"Q4\",\"url\":\"file:///etc/passwd\"", "refers to a file on this machine"),
			variant("\"quantization\":\"Q4\",\"url\":\"http://host/m\"", "plain HTTP"),
			variant("\"quantization\":\"Q4\",\"url\":\"https://u:p@host/m\"", "contains user-info"),
			variant("\"quantization\":\"Q4\",\"url\":\"hf://a/b\",\"files\":\"x\"", "no list 'files'"),
			variant("\"quantization\":\"Q4\",\"url\":\"hf://a/b\",\"files\":[\"../x\"]", "a file's name"),
			variant("\"quantization\":\"Q4\",\"url\":\"hf://a/b\",\"approximate-bytes\":0",
					"not a number greater than 0"),
			variant("\"quantization\":\"Q4\",\"url\":\"hf://a/b\",\"approximate-bytes\":\"1\"",
					"not a number greater than 0"),
			variant("\"quantization\":\"Q4\",\"url\":\"hf://a/b\",\"digest\":\"md5:0\"", "'digest' is neither"),
			variant("\"quantization\":\"Q4\",\"url\":\"hf://a/b\",\"files\":[\"x\"],\"digest\":\"sha256:"
					+ "a".repeat(64) + "\"", "one 'digest' but several 'files'"),
			entry("\"name\":\"m\",\"preferred\":\"Q8\",\"variants\":[{\"quantization\":\"Q4\",\"url\":\"hf://a/b\"}]",
					"has a 'preferred' quantization without a variant"),
			entry("\"name\":\"m\",\"variants\":[{\"quantization\":\"Q4\",\"url\":\"hf://a/b\"},"
					+ "{\"quantization\":\"q4\",\"url\":\"hf://a/c\"}]", "two variants with the same quantization"),
			fault("{\"format\":1,\"models\":[" + MODEL + "," + MODEL.replace("\"m\"", "\"M\"") + "]}",
					"two entries 'M'"),
			fault("{\"format\":1,\"models\":[],\"note\":\"" + "x".repeat(1 << 20) + "\"}", "more than 1048576 bytes"),
			fault("{\"format\":1,\"models\":" + "[".repeat(100), "it is not valid JSON"));

	@ParameterizedTest
	@FieldSource("FAULTS")
	void whatIsNotUnderstoodIsRefusedByItsEntry(Fault fault) {
		assertThatIllegalArgumentException().isThrownBy(() -> read(fault.text()))
			.withMessageContaining(fault.problem())
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("\n"));
	}

	@Test
	void nearerCatalogsMayNameMore() {
		String text = TEXT.replace("https://host/q8.gguf", "file:///q8.gguf")
			.replace("https://host/q4", "http://host/q4");
		assertThat(
				ListedModels.read("here", text.getBytes(StandardCharsets.UTF_8), new CatalogRules(true, true)).names())
			.containsExactly("chat");
	}

	static Fault fault(String text, String problem) {
		return new Fault(text, problem);
	}

	static Fault entry(String members, String problem) {
		return fault("{\"format\":1,\"models\":[{" + members + "}]}", problem);
	}

	static Fault variant(String members, String problem) {
		return entry("\"name\":\"m\",\"variants\":[{" + members + "}]", problem);
	}

	record Fault(String text, String problem) {

		@Override
		public String toString() {
			return this.problem;
		}

	}

	@Test
	void catalogOfAnApplicationIsLikeOneThatIsRead() {
		CatalogVariant large = new CatalogVariant("Q8", URI.create("https://host/q8.gguf"));
		CatalogVariant small = new CatalogVariant("Q4", URI.create("file:///q4.gguf"));
		ListedModels catalog = of(new CatalogModel("chat", "2", "MIT", "q4", List.of(large, small)),
				new CatalogModel("chat", List.of(large)));
		assertThat(catalog.names()).containsExactly("chat");
		CatalogEntry first = catalog.find(new CatalogName("CHAT", null)).orElseThrow();
		assertThat(first.name()).isEqualTo(new CatalogName("chat", "2"));
		assertThat(first.license()).isEqualTo("MIT");
		assertThat(first.fitting(null, null)).containsExactly(small);
		assertThat(catalog.find(new CatalogName("chat", "3"))).isEmpty();
		assertThat(of(new CatalogModel("chat", List.of(large, small))).find(new CatalogName("chat", null))
			.orElseThrow()
			.preferred()).isEqualTo("Q8");
	}

	@Test
	void entryOfAnApplicationIsCheckedAndNamed() {
		CatalogVariant good = new CatalogVariant("Q8", URI.create("https://host/q8.gguf"));
		assertRefused("entry number 2 has no valid name or version", new CatalogModel("a", List.of(good)),
				new CatalogModel("a b", List.of(good)));
		assertRefused("the entry 'a' has no variant", new CatalogModel("a", List.of()));
		assertRefused("it has two entries 'A'", new CatalogModel("a", List.of(good)),
				new CatalogModel("A", List.of(good)));
		assertRefused("the entry 'a' has two variants with the same quantization",
				new CatalogModel("a", List.of(good, good)));
		for (String url : List.of("catalog://b", "https://u:p@host/m.gguf", "http://host/m.gguf", "no-scheme")) {
			assertRefused("the entry 'a' has a variant whose 'url'",
					new CatalogModel("a", List.of(new CatalogVariant("Q8", URI.create(url)))));
		}
		assertRefused("the entry 'a' has a variant whose 'quantization' is not a word",
				new CatalogModel("a", List.of(new CatalogVariant("Q 8", URI.create("https://host/q8.gguf")))));
	}

	private static ListedModels of(CatalogModel... models) {
		return ListedModels.of("here", List.of(models), new CatalogRules(true, false));
	}

	private static void assertRefused(String message, CatalogModel... models) {
		assertThatIllegalArgumentException().isThrownBy(() -> of(models)).withMessageContaining(message);
	}

}
