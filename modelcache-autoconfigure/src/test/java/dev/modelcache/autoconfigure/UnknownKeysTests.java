/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import dev.modelcache.ModelCacheOperations;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

/**
 * Applications with keys that do not exist.
 */
@ExtendWith(OutputCaptureExtension.class)
class UnknownKeysTests {

	@TempDir
	private Path directory;

	@Test
	void unknownKeyIsLoggedOnceWithItsPlaceAndTheNearestKeyAndWithoutItsValue(CapturedOutput output)
			throws IOException {
		Path file = Files.writeString(this.directory.resolve("application.yaml"), """
				hooks:
				  llm:
				    startup:
				      mode: none
				    url: https://host/m.gguf
				    expected-checksums: hunter2
				""");
		start(Map.of(), "--spring.config.location=file:" + file).close();
		assertThat(warnings(output)).singleElement()
			.asString()
			.contains("'hooks.llm.expected-checksums'", "application.yaml] - 6:25",
					"Did you mean 'hooks.llm.expected-checksum'?")
			.doesNotContain("hunter2");
	}

	@ParameterizedTest
	@CsvSource({ "hooks.llm.expected-checksums, hooks.llm.expected-checksum",
			"hooks.llm.expectedChecksums, hooks.llm.expected-checksum",
			"hooks.llm.expected_checksums, hooks.llm.expected-checksum",
			"hooks.llm.startup.mod, hooks.llm.startup.mode", "hooks.llm.uri, hooks.llm.url",
			"hooks.llm.url.primary, hooks.llm.url", "hooks.llm.mirror, hooks.llm.mirrors",
			"hooks.llm.mirror[0], hooks.llm.mirrors", "hooks.llm.path, hooks.llm.model-path",
			"hooks.llm.retries, hooks.llm.max-attempts", "hooks.llm.model-url, hooks.llm.url",
			"hooks.llm.heath.readiness, hooks.llm.health.readiness",
			"hooks.llm.stall-timeout, hooks.llm.download.stall-timeout",
			"hooks.llm.download.offline, hooks.llm.offline", "hooks.llm.token, hooks.llm.huggingface.token",
			"hooks.llm.cache-directory, hooks.llm.cache.directory",
			"hooks.llm.download.header.X-Key, hooks.llm.download.headers",
			"hooks.llm.models.main.urll, hooks.llm.models.main.url",
			"hooks.llm.model.main.url, hooks.llm.models.main.url",
			"hooks.llm.models.main.fallbacks[1].checksum-expected, hooks.llm.models.main.fallbacks[1].expected-checksum",
			"hooks.llm.fallbacks[0].urll, hooks.llm.fallbacks[0].url",
			"hooks.llm.fallbacks[0].required, hooks.llm.required",
			"hooks.llm.models.main.startup.mode, hooks.llm.startup.mode",
			"hooks.llm.models.main.temperature, hooks.llm.temperature",
			"hooks.llm.models.main.inference-timeout-ms, hooks.llm.inference-timeout-ms",
			"hooks.llm.max-retrys, hooks.llm.max-attempts", "hooks.llm.catalog.location, hooks.llm.catalog.locations",
			"hooks.llm.models.main.v2.expected-checksum, hooks.llm.models[main.v2].expected-checksum" })
	void nearestKeyIsOffered(String key, String nearest, CapturedOutput output) {
		start(Map.of(), "--hooks.llm.models.main.url=https://host/main.gguf",
				"--hooks.llm.models.main.fallbacks[0].url=https://host/f.gguf",
				"--hooks.llm.models.main.fallbacks[1].url=https://host/g.gguf",
				"--hooks.llm.fallbacks[0].url=https://host/h.gguf", "--hooks.llm.url=https://host/m.gguf",
				"--" + key + "=hunter2")
			.close();
		assertThat(warnings(output)).singleElement()
			.asString()
			.contains("'" + key + "'", "commandLineArgs", "Did you mean '" + nearest + "'")
			.doesNotContain("hunter2");
	}

	@Test
	void keyOfAModuleThatIsMissingNamesIt(CapturedOutput output) {
		start(Map.of(), "--hooks.llm.llama.threads=2").close();
		assertThat(warnings(output)).singleElement()
			.asString()
			.contains("'hooks.llm.llama.threads'", "requires the dependency dev.modelcache:modelcache-llama");
	}

	@Test
	void keyLikeNoOtherIsNamedAlone(CapturedOutput output) {
		start(Map.of(), "--hooks.llm.xyzzy=1").close();
		assertThat(warnings(output)).singleElement()
			.asString()
			.contains("'hooks.llm.xyzzy'", "Correct it or remove it")
			.doesNotContain("Did you mean");
	}

	@ParameterizedTest
	@CsvSource({ "--hooks.llm.headers[Authorization: hunter2]=x, hooks.llm.headers[Authorization…",
			"--hooks.llm.url:https://me:hunter2@host/m.gguf, hooks.llm.url…",
			"--hooks.llm.url:https://host/m.gguf?token=hunter2, hooks.llm.url…" })
	void valueThatStandsInAKeyIsNotShown(String argument, String key, CapturedOutput output) {
		start(Map.of(), argument).close();
		assertThat(warnings(output)).singleElement().asString().contains("'" + key).doesNotContain("hunter2");
	}

	@ParameterizedTest
	@CsvSource({ "HOOKS_LLM_EXPECTED_CHECKSUMS, HOOKS_LLM_EXPECTEDCHECKSUM",
			"HOOKS_LLM_EXPECTEDCHECKSUMS, HOOKS_LLM_EXPECTEDCHECKSUM", "HOOKS_LLM_STARTUP_MOD, HOOKS_LLM_STARTUP_MODE",
			"HOOKS_LLM_STALL_TIMEOUT, HOOKS_LLM_DOWNLOAD_STALLTIMEOUT",
			"HOOKS_LLM_FALLBACKS_0_URLL, HOOKS_LLM_FALLBACKS_0_URL",
			"HOOKS_LLM_MODELS_MAIN_URLL, HOOKS_LLM_MODELS_MAIN_URL" })
	void unknownVariableIsNamedAsItWasWritten(String variable, String nearest, CapturedOutput output) {
		start(Map.of(variable, "hunter2"), "--hooks.llm.models.main.url=https://host/main.gguf",
				"--hooks.llm.url=https://host/m.gguf", "--hooks.llm.fallbacks[0].url=https://host/h.gguf")
			.close();
		assertThat(warnings(output)).singleElement()
			.asString()
			.contains("'" + variable + "'", "System Environment Property", "as a variable " + nearest + "?")
			.doesNotContain("hunter2");
	}

	@Test
	void keysThatExistAreNotWarnedOfInAnyForm(CapturedOutput output) {
		start(Map.of("HOOKS_LLM_EXPECTED_CHECKSUM", "00".repeat(32), "HOOKS_LLM_MODELSIZEMB", "5",
				"HOOKS_LLM_DOWNLOAD_STALL_TIMEOUT", "5s", "HOOKS_LLM_FALLBACKS_0_MODEL_SIZE_MB", "5",
				"HOOKS_LLM_MODELS_EMBEDDINGS_URL", "https://host/e.gguf", "HOOKS_LLM_MODELS_MY_MODEL_MAX_RETRIES", "2",
				"HOOKS_LLM_MIRRORS_0", "https://mirror/m.gguf", "HOOKS_LLM_DOWNLOAD_HEADERS_ACCEPT", "x",
				"HOOKS_LLM_OCI_REGISTRIES_GHCR_IO_INSECURE", "false"), "--hooks.llm.url=https://host/m.gguf",
				"--hooks.llm.fallbacks[0].url=https://host/h.gguf",
				"--hooks.llm.fallbacks[0].mirrors=https://host/i.gguf",
				"--hooks.llm.models.my-model.url=https://host/my.gguf",
				"--hooks.llm.models[tiny.llama].url=https://host/tiny.gguf", "--hooks.llm.model_size_mb=6",
				"--hooks.llm.models.my-model.modelSizeMb=6", "--hooks.llm.lock.staleAfter=5m",
				"--hooks.llm.download.headers.X.Y=z", "--hooks.llm.oci.registries[localhost:5000].insecure=true",
				"--hooks.llm.classifier.labels[0]=A", "--hooks.llm.enabled=true")
			.close();
		assertThat(warnings(output)).isEmpty();
	}

	@Test
	void idWithDotsIsToldAboutBrackets() {
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> BoundConfiguration.of("hooks.llm.models.tiny.llama.url=https://host/m.gguf").models())
			.satisfies((ex) -> {
				assertThat(ex.key()).isEqualTo("hooks.llm.models.tiny");
				assertThat(ex.action()).contains("in brackets", "hooks.llm.models[tiny.llama].url", "\"[tiny.llama]\"");
			});
	}

	@ParameterizedTest
	@CsvSource({ "hooks.llm.models.qwen2.5-0.5b.expected-checksum, hooks.llm.models[qwen2.5-0.5b].expected-checksum",
			"hooks.llm.models.tiny.llama.urll, hooks.llm.models[tiny.llama].url",
			"hooks.llm.models.Tiny.v1.0.fallbacks[0].url, hooks.llm.models[Tiny.v1.0].fallbacks[0].url" })
	void idWithDotsIsToldAboutBracketsWhateverIsSet(String key, String nearest) {
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> BoundConfiguration.of(key + "=hunter2").models())
			.satisfies((ex) -> assertThat(ex.action()).contains(nearest).doesNotContain("hunter2"));
	}

	@Test
	void variablesWithUnderscoresForTheDashesOfAnIdBind() {
		assertThat(BoundConfiguration.of("hooks.llm.models.my-model.url=https://host/m.gguf")
			.withVariables(Map.of("HOOKS_LLM_MODELS_MY_MODEL_MAX_RETRIES", "1"))
			.models()
			.all()).singleElement().satisfies((request) -> assertThat(request.maxAttempts()).isOne());
	}

	@ParameterizedTest
	@ValueSource(strings = { "HOOKS_LLM", "HOOKS_LLM_MODELS", "HOOKS_LLM_DOWNLOAD_PROXY", "HOOKS_LLM_OCI_REGISTRIES",
			"HOOKS_LLM_DOWNLOAD_HEADERS", "HOOKS_LLM_CACHE", "HOOKS_LLM_MODELS_MAIN", "HOOKS_LLM_MIRRORS" })
	void variablesOfAServiceOfKubernetesAreNoConfiguration(String service, CapturedOutput output) {
		Map<String, Object> variables = new HashMap<>(
				Map.of(service + "_SERVICE_HOST", "10.0.0.1", service + "_SERVICE_PORT", "8080",
						service + "_SERVICE_PORT_HTTP", "8080", service + "_PORT", "tcp://10.0.0.1:8080",
						service + "_PORT_8080_TCP", "tcp://10.0.0.1:8080", service + "_PORT_8080_TCP_PROTO", "tcp",
						service + "_PORT_8080_TCP_PORT", "8080", service + "_PORT_8080_TCP_ADDR", "10.0.0.1"));
		variables.put("HOOKS_LLM_URL", "https://host/m.gguf");
		try (ConfigurableApplicationContext context = start(variables, "--hooks.llm.download.proxy.host=proxy",
				"--hooks.llm.download.proxy.port=3128")) {
			assertThat(context.getBean(ModelCacheOperations.class).models()).singleElement()
				.satisfies((request) -> assertThat(request.id()).isEqualTo("default"));
			assertThat(context.getBean(ModelCacheProperties.class).getDownload().getProxy().getPort()).isEqualTo(3128);
			assertThat(context.getBean(ModelCacheProperties.class).getDownload().getHeaders()).isEmpty();
			assertThat(context.getEnvironment().resolvePlaceholders("${" + service + "_SERVICE_HOST}"))
				.isEqualTo("10.0.0.1");
		}
		assertThat(output).doesNotContain("WARN");
	}

	private List<ModelRequest> models(Map<String, Object> variables, String... arguments) {
		try (ConfigurableApplicationContext context = start(variables, arguments)) {
			return context.getBean(ModelCacheOperations.class).models();
		}
	}

	@Test
	void variableOfAModelMayLeaveOutTheDashesOfItsKey(CapturedOutput output) {
		assertThat(models(Map.of("HOOKS_LLM_MODELS_MY_MODEL_MAXRETRIES", "1"),
				"--hooks.llm.models.my-model.url=https://host/m.gguf"))
			.singleElement()
			.satisfies((model) -> assertThat(model.maxAttempts()).isOne());
		assertThat(warnings(output)).isEmpty();
	}

	@ParameterizedTest
	@CsvSource({ "my-model, MY_MODEL", "my_model, MY_MODEL", "my-model, MYMODEL", "myModel, MY_MODEL",
			"My-Model, MY_MODEL", "[my.model], MY_MODEL", "[llama3.2], LLAMA3_2", "llama3-2, LLAMA3_2",
			"[Qwen2.5-0.5b], QWEN2_5_0_5B", "port, PORT", "fallback-url, FALLBACK_URL" })
	void variableMeansTheConfiguredModelHoweverItsIdIsWritten(String id, String variable, CapturedOutput output) {
		String prefix = "HOOKS_LLM_MODELS_" + variable + "_";
		String key = "--hooks.llm.models" + (id.startsWith("[") ? "" : ".") + id;
		assertThat(models(
				Map.of(prefix + "EXPECTED_CHECKSUM", "00".repeat(32), prefix + "MAX_RETRIES", "1",
						prefix + "FALLBACKS_0_URL", "https://host/f.gguf", prefix + "MIRRORS_0", "https://m/m.gguf"),
				key + ".url=https://host/m.gguf"))
			.singleElement()
			.satisfies((model) -> {
				assertThat(model.id()).isEqualTo(id.replaceAll("[\\[\\]]", ""));
				assertThat(model.expectedDigest()).isNotNull();
				assertThat(model.maxAttempts()).isOne();
				assertThat(model.mirrors()).hasSize(1);
				assertThat(model.fallbacks()).hasSize(1);
			});
		assertThat(warnings(output)).isEmpty();
	}

	@Test
	void variablesWinOverTheFileAndOverNothingElse() {
		assertThat(models(Map.of("HOOKS_LLM_MODELS_LLAMA3_2_MAX_ATTEMPTS", "7"),
				"--hooks.llm.models[llama3.2].url=https://host/m.gguf"))
			.singleElement()
			.satisfies((model) -> assertThat(model.maxAttempts()).isEqualTo(7));
		assertThat(models(Map.of("HOOKS_LLM_MODELS_LLAMA3_2_MAX_ATTEMPTS", "7"),
				"--hooks.llm.models[llama3.2].url=https://host/m.gguf", "--hooks.llm.models[llama3.2].max-attempts=5"))
			.singleElement()
			.satisfies((model) -> assertThat(model.maxAttempts()).isEqualTo(5));
	}

	@Test
	void variablesAloneDefineModels(CapturedOutput output) {
		assertThat(models(Map.of("HOOKS_LLM_MODELS_MY_MODEL_URL", "https://host/m.gguf",
				"HOOKS_LLM_MODELS_MY_MODEL_MAX_ATTEMPTS", "1", "HOOKS_LLM_MODELS_EMBEDDINGS_MODEL_PATH",
				this.directory.resolve("e.gguf").toString(), "HOOKS_LLM_MODELS_EMBEDDINGS_URL", "https://host/e.gguf")))
			.extracting(ModelRequest::id, ModelRequest::maxAttempts)
			.containsExactlyInAnyOrder(tuple("my-model", 1), tuple("embeddings", 3));
		assertThat(warnings(output)).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "HOOKS_LLM_MODELS_OTHER_EXPECTED_CHECKSUM", "HOOKS_LLM_MODELS_NO_MODEL_REQUIRED",
			"HOOKS_LLM_MODELS_X", "HOOKS_LLM_MODELS_PORT", "HOOKS_LLM_MODELS_A_B_C", "HOOKS_LLM_MODELS" })
	void variableOfNoModelIsIgnoredWithAWarning(String variable, CapturedOutput output) {
		assertThat(models(Map.of(variable, "hunter2"), "--hooks.llm.models.main.url=https://host/m.gguf"))
			.singleElement()
			.satisfies((model) -> assertThat(model.id()).isEqualTo("main"));
		assertThat(warnings(output)).singleElement()
			.asString()
			.contains("'" + variable + "'", "is ignored")
			.doesNotContain("hunter2");
	}

	@ParameterizedTest
	@ValueSource(strings = { "HOOKS_LLM_CACHE", "HOOKS_LLM_DOWNLOAD", "HOOKS_LLM_DOWNLOAD_PROXY", "HOOKS_LLM_STARTUP",
			"HOOKS_LLM_OCI_REGISTRIES", "HOOKS_LLM_FALLBACKS" })
	void variableWithAValueForAGroupOfKeysIsIgnoredWithAWarning(String variable, CapturedOutput output) {
		assertThat(models(Map.of(variable, "hunter2"), "--hooks.llm.url=https://host/m.gguf")).hasSize(1);
		assertThat(warnings(output)).singleElement().asString().contains("'" + variable + "'", "is ignored");
	}

	@Test
	void typeMistakeInAVariableOfAModelIsAnsweredWithTheVariable(CapturedOutput output) {
		models(Map.of("HOOKS_LLM_MODELS_LLAMA3_2_EXPECTED_CHECKSUMS", "hunter2"),
				"--hooks.llm.models[llama3.2].url=https://host/m.gguf");
		assertThat(warnings(output)).singleElement()
			.asString()
			.contains("Did you mean 'hooks.llm.models[llama3.2].expected-checksum', as a variable "
					+ "HOOKS_LLM_MODELS_LLAMA3_2_EXPECTEDCHECKSUM?");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " " })
	void emptyVariableIsNoValue(String value, CapturedOutput output) {
		Map<String, Object> variables = new HashMap<>();
		for (String name : List.of("URL", "MODELS", "MODELS_MAIN_EXPECTED_CHECKSUM", "MODELS_OTHER_URL", "MIRRORS",
				"FALLBACKS", "FALLBACKS_0_URL", "CACHE_DIRECTORY", "LOCK_FILE", "DOWNLOAD_PROXY_HOST", "MODEL_SIZE_MB",
				"STARTUP_MODE", "HUGGINGFACE_TOKEN", "CLASSIFIER_LABELS")) {
			variables.put("HOOKS_LLM_" + name, value);
		}
		assertThat(models(variables, "--hooks.llm.models.main.url=https://host/m.gguf")).singleElement()
			.satisfies((model) -> assertThat(model.id()).isEqualTo("main"));
		assertThat(warnings(output)).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "url=${NOT_SET}", "url=https://${NOT_SET}/m.gguf", "model-size-mb=${NOT_SET}",
			"models.main.expected-checksum=${NOT_SET}", "cache.directory=${NOT_SET}/cache",
			"startup.retry-interval=${NOT_SET}", "download.headers.X-Key=${NOT_SET}" })
	void placeholderWithoutAValueIsNamedWithItsKey(String property, CapturedOutput output) {
		String key = "hooks.llm." + property.substring(0, property.indexOf('='));
		assertThatException().isThrownBy(() -> start(Map.of("HOOKS_LLM_URL", "https://host/m.gguf"),
				"--hooks.llm.models.main.url=https://host/m.gguf", "--hooks.llm." + property));
		assertThat(output).contains(
				key.replace("X-Key", "x-key") + ": contains the placeholder ${NOT_SET}, which has no value",
				"Set NOT_SET, as a property or an environment variable");
	}

	@Test
	void placeholderInTheNameOfAKeyIsRefused(CapturedOutput output) {
		assertThatException().isThrownBy(
				() -> start(Map.of("MODEL_ID", "main"), "--hooks.llm.models.${MODEL_ID}.url=https://host/m.gguf"));
		assertThat(output).contains("hooks.llm.models.${MODEL_ID}.url: has a placeholder in its name",
				"Write the id or the name itself");
	}

	@Test
	void wrongValueOfAVariableIsReportedWithTheVariable(CapturedOutput output) {
		assertThatException().isThrownBy(() -> start(Map.of("HOOKS_LLM_MODELS_MY_MODEL_EXPECTED_CHECKSUM", "aa"),
				"--hooks.llm.models.my_model.url=https://host/m.gguf"));
		assertThat(output).contains("hooks.llm.models.my_model.expected-checksum: is",
				"Set by: System Environment Property \"HOOKS_LLM_MODELS_MY_MODEL_EXPECTED_CHECKSUM\"");
	}

	private ConfigurableApplicationContext start(Map<String, Object> variables, String... arguments) {
		SpringApplication application = new SpringApplication(Application.class);
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources()
			.replace(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, new SystemEnvironmentPropertySource(
					StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables));
		application.setEnvironment(environment);
		application.setWebApplicationType(WebApplicationType.NONE);
		application.setBannerMode(Banner.Mode.OFF);
		application.setDefaultProperties(
				Map.of("hooks.llm.startup.mode", "none", "hooks.llm.cache.directory", this.directory.toString()));
		return application.run(arguments);
	}

	private static List<String> warnings(CapturedOutput output) {
		return output.getOut().lines().filter((line) -> line.contains("WARN")).toList();
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration(ModelCacheAutoConfiguration.class)
	static class Application {

	}

}
