/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelPathConflict;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.acquire.ConfiguredModels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class ModelRequestsTests {

	private static final String URL = "hooks.llm.url=https://host/m.gguf";

	private static final String HUB = "hf://TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF/tinyllama-1.1b-chat-v1.0.";

	@TempDir
	private Path directory;

	@Test
	void withoutAKeyThereIsNoModel() {
		assertThat(BoundConfiguration.of().models().all()).isEmpty();
	}

	@Test
	void keysThatSayNoModelMakeNone() {
		assertThat(BoundConfiguration
			.of("hooks.llm.max-attempts=5", "hooks.llm.required=false", "hooks.llm.require-checksum=true",
					"hooks.llm.inference-timeout-ms=5", "hooks.llm.temperature=0.5", "hooks.llm.model-type=")
			.models()
			.all()).isEmpty();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "https://host/m.gguf?sig=a | https://host/m.gguf?sig=b | true",
					"https://host/m.gguf | https://host/m.gguf?X-Amz-Signature=b | true",
					"https://host/m.gguf?token=a | https://host/m.gguf?token=a | false",
					"https://host/m.gguf?id=a | https://host/m.gguf?id=b | false",
					"https://host/d?token=a | https://host/d?token=b | false",
					"https://huggingface.co/a/b/resolve/main/m.gguf | hf://a/b/m.gguf | false" })
	void urlsThatDifferInASignatureAloneAreTold(String a, String b, boolean told, CapturedOutput output) {
		String[] urls = { "hooks.llm.models.a.url=" + a, "hooks.llm.models.b.url=" + b };
		BoundConfiguration.of(urls).models();
		String warning = "hooks.llm.models.a.url and hooks.llm.models.b.url differ only in parameters of a signature";
		assertThat(output.getOut().contains(warning)).isEqualTo(told);
		assertThat(output.getOut()).doesNotContain("token=");
		int end = output.getOut().length();
		BoundConfiguration.of(urls[0], urls[1], "hooks.llm.models.a.identity=a").models();
		String digest = ".expected-checksum=sha256:" + "0".repeat(64);
		BoundConfiguration.of(urls[0], urls[1], "hooks.llm.models.a" + digest, "hooks.llm.models.b" + digest).models();
		assertThat(output.getOut().substring(end)).doesNotContain("a signature alone");
	}

	@Test
	void keysAtTheTopLevelThatHaveNoModelAreToldWithWhatToDo(CapturedOutput output) {
		ModelRequest request = BoundConfiguration
			.of("hooks.llm.max-attempts=5", "hooks.llm.required=false", "hooks.llm.require-checksum=true",
					"hooks.llm.max-size=1GB", "hooks.llm.models.a.url=https://host/a.gguf")
			.models()
			.get("a");
		assertThat(request.digestRequired()).isFalse();
		assertThat(output.getOut().lines().filter((line) -> line.contains("Ignored"))).singleElement()
			.asString()
			.contains("WARN",
					"hooks.llm.require-checksum, hooks.llm.max-attempts, hooks.llm.required, hooks.llm.max-size. ",
					"for example hooks.llm.models.a.require-checksum, or configure hooks.llm.url");
	}

	@Test
	void keysOfModelsAloneAreNotToldOf(CapturedOutput output) {
		BoundConfiguration
			.of("hooks.llm.inference-timeout-ms=5", "hooks.llm.temperature=0.5", "hooks.llm.models.a.required=false",
					"hooks.llm.models.a.url=https://host/a.gguf")
			.models();
		BoundConfiguration.of("hooks.llm.required=false", URL).models();
		assertThat(output.getOut()).doesNotContain("Ignored");
	}

	@Test
	void withoutFurtherKeysAModelHasTheDefaultsOfARequest() {
		assertThat(BoundConfiguration.of(URL).models().get("default")).usingRecursiveComparison()
			.ignoringFields("configuredAs")
			.isEqualTo(ModelRequest.builder("default")
				.url(BoundConfiguration.of(URL).models().get("default").url())
				.build());
	}

	@Test
	void theTopLevelDescribesTheModelDefault() {
		ModelRequest request = BoundConfiguration
			.of("hooks.llm.url=https://me:pw@host/m.gguf?sig=1", "hooks.llm.mirrors=https://a/m.gguf,https://b/m.gguf",
					"hooks.llm.fallback-url=https://c/m.gguf", "hooks.llm.expected-checksum=SHA256:" + "A".repeat(64),
					"hooks.llm.model-type=llama", "hooks.llm.model-name=Llama", "hooks.llm.quantization=Q8_0",
					"hooks.llm.model-size-mb=600", "hooks.llm.model-path=" + this.directory + "/x.gguf",
					"hooks.llm.max-attempts=0", "hooks.llm.required=false", "hooks.llm.require-checksum=true")
			.models()
			.get("default");
		assertThat(request.url()).isEqualTo(URI.create("https://me:pw@host/m.gguf?sig=1"));
		assertThat(request.mirrors()).containsExactly(URI.create("https://a/m.gguf"), URI.create("https://b/m.gguf"));
		assertThat(request.fallbackUrl()).isEqualTo(URI.create("https://c/m.gguf"));
		assertThat(request.expectedDigest()).isEqualTo(Digest.parse("a".repeat(64)));
		assertThat(request.modelType()).isEqualTo("llama");
		assertThat(request.modelName()).isEqualTo("Llama");
		assertThat(request.quantization()).isEqualTo("Q8_0");
		assertThat(request.estimatedSize()).isEqualTo(DataSize.ofMegabytes(600));
		assertThat(request.modelPath()).isEqualTo(this.directory.resolve("x.gguf"));
		assertThat(request.maxAttempts()).isZero();
		assertThat(request.required()).isFalse();
		assertThat(request.digestRequired()).isTrue();
		assertThat(request.fallbacks()).isEmpty();
	}

	@Test
	void theModelAtTheTopLevelComesFirst() {
		assertThat(BoundConfiguration.of("hooks.llm.models.a.url=https://host/a", URL).models().ids())
			.containsExactly("default", "a");
	}

	@Test
	void attemptsHaveTheirOldNameToo() {
		ConfiguredModels models = BoundConfiguration
			.of("hooks.llm.url=https://host/m", "hooks.llm.max_retries=0", "hooks.llm.models.a.url=https://host/a",
					"hooks.llm.models.a.max-retries=5", "hooks.llm.models.b.url=https://host/b",
					"hooks.llm.models.b.max-retries=6", "hooks.llm.models.b.max-attempts=6",
					"hooks.llm.models.a.fallbacks[0].url=https://host/f")
			.models();
		assertThat(models.get("default").maxAttempts()).isZero();
		assertThat(models.get("a").maxAttempts()).isEqualTo(5);
		assertThat(models.get("a").fallbacks().get(0).maxAttempts()).isEqualTo(5);
		assertThat(models.get("b").maxAttempts()).isEqualTo(6);
	}

	@Test
	void furtherModelsInheritNothingFromTheTopLevel() {
		ModelRequest request = BoundConfiguration
			.of("hooks.llm.max-attempts=9", "hooks.llm.required=false", "hooks.llm.models.a.url=https://host/a")
			.models()
			.get("a");
		assertThat(request.maxAttempts()).isEqualTo(3);
		assertThat(request.required()).isTrue();
	}

	@Test
	void aModelDefaultMayStandBelowModels() {
		assertThat(BoundConfiguration.of("hooks.llm.models.default.url=https://host/m.gguf", "hooks.llm.max-attempts=2")
			.models()
			.ids()).containsExactly("default");
	}

	@Test
	void idsHaveLettersDigitsDashesUnderscoresAndDots() {
		assertThat(BoundConfiguration
			.of("hooks.llm.models[v2.0].url=https://host/m.gguf", "hooks.llm.models.My_model-1.url=https://host/m.gguf")
			.models()
			.ids()).containsExactly("v2.0", "My_model-1");
	}

	@Test
	void aVariableOfAModelWithADashIsNoModelOfItsOwn() {
		assertThat(BoundConfiguration.of("hooks.llm.models.my-model.url=https://host/m.gguf")
			.withVariables(Map.of("HOOKS_LLM_MODELS_MYMODEL_MAXRETRIES", "7"))
			.models()
			.ids()).contains("my-model");
	}

	@Test
	void plainHttpIsAllowedWhenTheApplicationSaysSo() {
		assertThat(BoundConfiguration
			.of("hooks.llm.url=http://localhost:8080/m.gguf", "hooks.llm.download.allow-insecure-http=true")
			.models()
			.get("default")
			.url()).hasScheme("http");
	}

	@Test
	void aFileUrlMayNameAFileThatIsNotThereYet() {
		URI url = this.directory.resolve("later.gguf").toUri();
		assertThat(BoundConfiguration.of("hooks.llm.url=" + url).models().get("default").url()).isEqualTo(url);
	}

	@Test
	void tildeIsTheHomeDirectory() {
		assertThat(BoundConfiguration.of(URL, "hooks.llm.model-path=~/m/x.gguf", "user.home=" + this.directory)
			.models()
			.get("default")
			.modelPath()).isEqualTo(this.directory.resolve("m/x.gguf"));
	}

	@Test
	void aRelativePathIsMadeAbsolute() {
		assertThat(BoundConfiguration.of(URL, "hooks.llm.model-path=x.gguf").models().get("default").modelPath())
			.isEqualTo(Path.of("x.gguf").toAbsolutePath());
	}

	@Test
	void theClassicBlockFindsItsModelInTheCatalog() throws IOException {
		ModelRequest request = BoundConfiguration.ofYaml("""
				hooks:
				  llm:
				    model_type: tinyllama
				    model_name: TinyLlama-1.1B-Chat-v1.0
				    model_path: %s/tinyllama.gguf
				    model_size_mb: 600
				    quantization: Q4_K_M
				    inference_timeout_ms: 2000
				    temperature: 0.1
				""".formatted(this.directory)).models().get("default");
		assertThat(request.url()).isEqualTo(URI.create(HUB + "Q4_K_M.gguf"));
		assertThat(request.modelPath()).isEqualTo(this.directory.resolve("tinyllama.gguf"));
		assertThat(request.estimatedSize()).isEqualTo(DataSize.ofMegabytes(600));
		assertThat(request.fallbacks()).singleElement().satisfies((fallback) -> {
			assertThat(fallback.id()).isEqualTo("default");
			assertThat(fallback.url()).isEqualTo(URI.create(HUB + "Q2_K.gguf"));
			assertThat(fallback.quantization()).isEqualTo("Q2_K");
			assertThat(fallback.modelPath()).isEqualTo(this.directory.resolve("tinyllama-1.1b-chat-v1.0.Q2_K.gguf"));
			assertThat(fallback.estimatedSize()).isEqualTo(DataSize.ofBytes(483_000_000));
		});
	}

	@Test
	void theCatalogIsAlsoAskedForTheModelsName() {
		ModelRequest request = BoundConfiguration.of("hooks.llm.model-type=llama", "hooks.llm.model-name=TinyLlama")
			.models()
			.get("default");
		assertThat(request.url()).isEqualTo(URI.create(HUB + "Q4_K_M.gguf"));
		assertThat(request.quantization()).isEqualTo("Q4_K_M");
		assertThat(request.modelPath()).isNull();
	}

	@Test
	void theCatalogHasNoFallbackBehindItsLastVariant() {
		ModelRequest request = BoundConfiguration.of("hooks.llm.model-type=tinyllama", "hooks.llm.quantization=q2_k")
			.models()
			.get("default");
		assertThat(request.url()).isEqualTo(URI.create(HUB + "Q2_K.gguf"));
		assertThat(request.fallbacks()).isEmpty();
	}

	@Test
	void configuredFallbacksReplaceTheCatalogs() {
		assertThat(BoundConfiguration
			.of("hooks.llm.model-type=tinyllama", "hooks.llm.fallbacks[0].url=https://host/other.gguf")
			.models()
			.get("default")
			.fallbacks()).extracting(ModelRequest::url).containsExactly(URI.create("https://host/other.gguf"));
	}

	@Test
	void aModelWithAUrlIsNotLookedUp() {
		ModelRequest request = BoundConfiguration.of(URL, "hooks.llm.model-type=tinyllama").models().get("default");
		assertThat(request.url()).isEqualTo(URI.create("https://host/m.gguf"));
		assertThat(request.fallbacks()).isEmpty();
	}

	@Test
	void aCatalogUrlIsTheModelOfThatName() {
		ModelRequest request = BoundConfiguration.of("hooks.llm.url=catalog://TinyLlama").models().get("default");
		assertThat(request.url()).isEqualTo(URI.create(HUB + "Q4_K_M.gguf"));
		assertThat(request.quantization()).isEqualTo("Q4_K_M");
		assertThat(request.estimatedSize()).isEqualTo(DataSize.ofBytes(669_000_000));
		assertThat(request.fallbacks()).extracting(ModelRequest::url).containsExactly(URI.create(HUB + "Q2_K.gguf"));
	}

	@Test
	void aCatalogUrlMayNameAVersionAndTheQuantizationStandBesideIt() {
		ModelRequest request = BoundConfiguration
			.of("hooks.llm.models.x.url=catalog://tinyllama@1.0", "hooks.llm.models.x.quantization=q5_k_m")
			.models()
			.get("x");
		assertThat(request.url()).isEqualTo(URI.create(HUB + "Q5_K_M.gguf"));
		assertThat(request.fallbacks()).extracting(ModelRequest::quantization).containsExactly("Q4_K_M", "Q2_K");
	}

	@Test
	void theBestVariantThatIsNotTooLargeIsTaken() {
		ModelRequest request = BoundConfiguration.of("hooks.llm.url=catalog://tinyllama", "hooks.llm.max-size=500MB")
			.models()
			.get("default");
		assertThat(request.url()).isEqualTo(URI.create(HUB + "Q2_K.gguf"));
		assertThat(request.fallbacks()).isEmpty();
	}

	@Test
	void aVariantOfSeveralFilesBringsTheirNames() {
		ModelRequest request = BoundConfiguration.of("hooks.llm.url=catalog://all-minilm-l6-v2")
			.models()
			.get("default");
		assertThat(request.url()).isEqualTo(URI.create("hf://sentence-transformers/all-MiniLM-L6-v2/onnx/model.onnx"));
		assertThat(request.files()).containsExactly("tokenizer.json");
	}

	@Test
	void configuredFilesReplaceTheCatalogs() {
		assertThat(BoundConfiguration.of("hooks.llm.url=catalog://all-minilm-l6-v2", "hooks.llm.files=tokenizer*.json")
			.models()
			.get("default")
			.files()).containsExactly("tokenizer*.json");
	}

	@Test
	void aFallbackOfACatalogUrlIsAnotherQuantizationOfTheSameModel() {
		assertThat(
				BoundConfiguration.of("hooks.llm.url=catalog://tinyllama", "hooks.llm.fallbacks[0].quantization=Q2_K")
					.models()
					.get("default")
					.fallbacks())
			.extracting(ModelRequest::url)
			.containsExactly(URI.create(HUB + "Q2_K.gguf"));
	}

	@Test
	void configuredCatalogsComeBeforeTheBuiltInOne() throws IOException {
		ModelRequest request = BoundConfiguration
			.of("hooks.llm.url=catalog://tinyllama", "hooks.llm.catalog.locations=" + catalog("""
					{"format": 1, "models": [{"name": "tinyllama", "variants": [{"quantization": "Q8_0",
					"url": "https://mine/t.gguf", "digest": "%s"}]}]}
					""".formatted("a".repeat(64))))
			.models()
			.get("default");
		assertThat(request.url()).isEqualTo(URI.create("https://mine/t.gguf"));
		assertThat(request.expectedDigest()).isEqualTo(Digest.parse("a".repeat(64)));
		assertThat(request.digestOrigin()).isEqualTo(DigestOrigin.CATALOG);
	}

	@Test
	void anExpectedChecksumComesBeforeTheCatalogs() throws IOException {
		ModelRequest request = BoundConfiguration
			.of("hooks.llm.url=catalog://m", "hooks.llm.catalog.locations=" + catalog("""
					{"format": 1, "models": [{"name": "m", "variants": [{"quantization": "Q8_0",
					"url": "https://mine/t.gguf", "digest": "%s"}]}]}
					""".formatted("a".repeat(64))), "hooks.llm.expected-checksum=" + "b".repeat(64))
			.models()
			.get("default");
		assertThat(request.expectedDigest()).isEqualTo(Digest.parse("b".repeat(64)));
		assertThat(request.digestOrigin()).isEqualTo(DigestOrigin.CONFIGURATION);
	}

	@Test
	void aNameThatOnlyAWebServersCatalogMayKnowIsLeftForLater() {
		ModelRequest request = BoundConfiguration
			.of("hooks.llm.catalog.locations=https://host.invalid/catalog.json", "hooks.llm.model-type=mine",
					"hooks.llm.quantization=Q4_K_M", "hooks.llm.max-size=1GB")
			.models()
			.get("default");
		assertThat(request.url()).isEqualTo(URI.create("catalog:///mine"));
		assertThat(request.quantization()).isEqualTo("Q4_K_M");
		assertThat(request.maxSize()).isEqualTo(DataSize.ofGigabytes(1));
	}

	@Test
	void aCatalogUrlWithAVersionIsLeftForLaterToo() {
		assertThat(BoundConfiguration
			.of("hooks.llm.catalog.locations=https://host.invalid/catalog.json", "hooks.llm.url=catalog://mine@2")
			.models()
			.get("default")
			.url()).isEqualTo(URI.create("catalog:///mine@2"));
	}

	private URI catalog(String text) throws IOException {
		return Files.writeString(this.directory.resolve("catalog.json"), text).toUri();
	}

	@Test
	void aFileThatIsThereNeedsNoUrl() throws IOException {
		Path file = Files.createFile(this.directory.resolve("m.gguf"));
		ModelRequest request = BoundConfiguration.of("hooks.llm.model-path=" + file, "hooks.llm.model-type=llama")
			.models()
			.get("default");
		assertThat(request.url()).isNull();
		assertThat(request.modelPath()).isEqualTo(file);
	}

	@Test
	void aFileThatIsThereKeepsTheCatalogsUrl() throws IOException {
		Path file = Files.createFile(this.directory.resolve("m.gguf"));
		assertThat(BoundConfiguration.of("hooks.llm.model-path=" + file, "hooks.llm.model-type=tinyllama")
			.models()
			.get("default")
			.url()).isEqualTo(URI.create(HUB + "Q4_K_M.gguf"));
	}

	@Test
	void aFileThatIsThereMayBeAQuantizationThatTheCatalogDoesNotKnow() throws IOException {
		Path file = Files.createFile(this.directory.resolve("m.gguf"));
		assertThat(BoundConfiguration
			.of("hooks.llm.model-path=" + file, "hooks.llm.model-type=tinyllama", "hooks.llm.quantization=Q8_0")
			.models()
			.get("default")
			.url()).isNull();
	}

	@Test
	void aFallbackHasItsOwnDigestAndItsModelsLimits() {
		ModelRequest fallback = BoundConfiguration
			.of("hooks.llm.models.a.url=https://host/a.gguf", "hooks.llm.models.a.max-attempts=8",
					"hooks.llm.models.a.required=false", "hooks.llm.models.a.require-checksum=true",
					"hooks.llm.models.a.expected-checksum=" + "a".repeat(64),
					"hooks.llm.models.a.fallbacks[0].url=https://host/b.gguf",
					"hooks.llm.models.a.fallbacks[0].mirrors=https://mirror/b.gguf",
					"hooks.llm.models.a.fallbacks[0].expected-checksum=" + "b".repeat(64))
			.models()
			.get("a")
			.fallbacks()
			.get(0);
		assertThat(fallback.id()).isEqualTo("a");
		assertThat(fallback.maxAttempts()).isEqualTo(8);
		assertThat(fallback.required()).isFalse();
		assertThat(fallback.digestRequired()).isTrue();
		assertThat(fallback.mirrors()).containsExactly(URI.create("https://mirror/b.gguf"));
		assertThat(fallback.expectedDigest()).isEqualTo(Digest.parse("b".repeat(64)));
		assertThat(fallback.modelPath()).isNull();
	}

	@Test
	void aFallbackWithoutAUrlIsAnotherQuantizationOfTheSameModel() {
		ModelRequest fallback = BoundConfiguration
			.of("hooks.llm.model-type=tinyllama", "hooks.llm.fallbacks[0].quantization=Q2_K")
			.models()
			.get("default")
			.fallbacks()
			.get(0);
		assertThat(fallback.url()).isEqualTo(URI.create(HUB + "Q2_K.gguf"));
		assertThat(fallback.modelType()).isEqualTo("tinyllama");
	}

	@Test
	void aFallbackStandsBesideItsModelUnderItsOwnName() {
		assertThat(BoundConfiguration
			.of(URL, "hooks.llm.model-path=" + this.directory + "/m.gguf",
					"hooks.llm.fallbacks[0].url=https://host/small.gguf",
					"hooks.llm.fallbacks[1].url=https://host/own.gguf",
					"hooks.llm.fallbacks[1].model-path=" + this.directory + "/elsewhere/x.gguf")
			.models()
			.get("default")
			.fallbacks()).extracting(ModelRequest::modelPath)
			.containsExactly(this.directory.resolve("small.gguf"), this.directory.resolve("elsewhere/x.gguf"));
	}

	@Test
	void aCompressedFallbackStandsBesideItsModelUnderTheNameOfItsContent() {
		assertThat(BoundConfiguration
			.of(URL, "hooks.llm.model-path=" + this.directory + "/m.gguf",
					"hooks.llm.fallbacks[0].url=https://host/small.gguf.zst")
			.models()
			.get("default")
			.fallbacks()).extracting(ModelRequest::modelPath).containsExactly(this.directory.resolve("small.gguf"));
	}

	@Test
	void aFallbackThatIsAQuantizationOfARepositoryHasNoNameOfItsOwn() {
		assertThat(BoundConfiguration.of(URL, "hooks.llm.model-path=" + this.directory + "/m.gguf",
				"hooks.llm.fallbacks[0].url=hf://org/repo:Q2_K", "hooks.llm.fallbacks[1].url=hf://org/repo/a/s.gguf")
			.models()
			.get("default")
			.fallbacks()).extracting(ModelRequest::modelPath)
			.containsExactly(this.directory.resolve("m-fallback-1.gguf"), this.directory.resolve("s.gguf"));
	}

	@Test
	void repositoriesMayStandWhereverUrlsDo() {
		ModelRequest request = BoundConfiguration
			.of("hooks.llm.url=hf://org/repo:Q4_K_M", "hooks.llm.mirrors=hf://other/repo:Q4_K_M",
					"hooks.llm.fallback-url=hf://third/repo/m.gguf", "hooks.llm.files=tokenizer*.json, onnx/**",
					"hooks.llm.fallbacks[0].url=hf://org/small", "hooks.llm.fallbacks[0].files=*.gguf")
			.models()
			.get("default");
		assertThat(request.url()).isEqualTo(URI.create("hf://org/repo:Q4_K_M"));
		assertThat(request.mirrors()).containsExactly(URI.create("hf://other/repo:Q4_K_M"));
		assertThat(request.fallbackUrl()).isEqualTo(URI.create("hf://third/repo/m.gguf"));
		assertThat(request.files()).containsExactly("tokenizer*.json", "onnx/**");
		assertThat(request.fallbacks().get(0).files()).containsExactly("*.gguf");
	}

	@Test
	void aFallbackWhoseNameIsTakenGetsANumber() {
		assertThat(BoundConfiguration
			.of(URL, "hooks.llm.model-path=" + this.directory + "/m.gguf",
					"hooks.llm.fallbacks[0].url=https://host/q4/m.gguf",
					"hooks.llm.fallbacks[1].url=https://host/q3/small.gguf",
					"hooks.llm.fallbacks[2].url=https://host/q2/small.gguf",
					"hooks.llm.fallbacks[3].url=https://host/other.gguf", "hooks.llm.models.other.url=https://host/o",
					"hooks.llm.models.other.model-path=" + this.directory + "/other.gguf")
			.models()
			.get("default")
			.fallbacks()).extracting(ModelRequest::modelPath)
			.containsExactly(this.directory.resolve("m-fallback-1.gguf"), this.directory.resolve("small.gguf"),
					this.directory.resolve("m-fallback-3.gguf"), this.directory.resolve("m-fallback-4.gguf"));
	}

	@Test
	void modelPathConflictIsOfEachModelAndAFallbackMayHaveAnother() {
		ModelRequest request = BoundConfiguration
			.of("hooks.llm.models.a.url=https://host/a.gguf", "hooks.llm.models.a.model_path_conflict=keep",
					"hooks.llm.models.a.fallbacks[0].url=https://host/b.gguf",
					"hooks.llm.models.a.fallbacks[1].url=https://host/c.gguf",
					"hooks.llm.models.a.fallbacks[1].model-path-conflict=replace")
			.models()
			.get("a");
		assertThat(request.modelPathConflict()).isEqualTo(ModelPathConflict.KEEP);
		assertThat(request.key("model-path-conflict")).isEqualTo("hooks.llm.models.a.model-path-conflict");
		assertThat(request.fallbacks()).extracting(ModelRequest::modelPathConflict)
			.containsExactly(ModelPathConflict.KEEP, ModelPathConflict.REPLACE);
		assertThat(request.fallbacks().get(1).key("model-path"))
			.isEqualTo("hooks.llm.models.a.fallbacks[1].model-path");
		assertThat(BoundConfiguration.of(URL).models().get("default").modelPathConflict())
			.isEqualTo(ModelPathConflict.FAIL);
	}

}
