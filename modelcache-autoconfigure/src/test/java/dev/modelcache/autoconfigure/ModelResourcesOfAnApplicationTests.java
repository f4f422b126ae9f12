/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.File;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheEvent;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelState;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.ModelFiles;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.core.io.Resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * The resources of models in whole applications: where they may stand, and when they are
 * fetched.
 */
@ExtendWith(OutputCaptureExtension.class)
class ModelResourcesOfAnApplicationTests {

	@TempDir
	private Path directory;

	private final Content content = GgufFile.tiny().content();

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private ApplicationContextRunner runner() {
		return new ApplicationContextRunner()
			.withInitializer((context) -> context.addProtocolResolver(new ModelProtocolResolver()))
			.withConfiguration(AutoConfigurations.of(HttpClientAutoConfiguration.class,
					ReactiveHttpClientAutoConfiguration.class, ModelCacheAutoConfiguration.class))
			.withPropertyValues(properties());
	}

	private String[] properties() {
		return new String[] { "hooks.llm.url=" + this.server.uri("/m.gguf"),
				"hooks.llm.expected-checksum=" + this.content.sha256(), "hooks.llm.max-attempts=1",
				"hooks.llm.cache.directory=" + this.directory.resolve("cache"), "hooks.llm.cache.min-free-space=1MB",
				"hooks.llm.huggingface.cache-directory=" + this.directory.resolve("hub"),
				"hooks.llm.download.allow-insecure-http=true", "hooks.llm.startup.mode=none" };
	}

	private SpringApplication application(Class<?> source, String... properties) {
		return new SpringApplicationBuilder(AutoConfigured.class, source).web(WebApplicationType.NONE)
			.properties(properties())
			.properties(properties)
			.properties("spring.main.banner-mode=off", "spring.jmx.enabled=false")
			.build();
	}

	@Test
	void resourceIsFetchedWhenItIsFirstOpened() {
		runner().withUserConfiguration(WantsResource.class).run((context) -> {
			Resource resource = context.getBean(WantsResource.class).resource;
			assertThat(resource.exists()).isTrue();
			assertThat(this.server.requests()).isEmpty();
			try (InputStream stream = resource.getInputStream()) {
				assertThat(stream).hasBinaryContent(this.content.bytes());
			}
			assertThat(resource.contentLength()).isEqualTo(this.content.size());
			assertThat(this.server.requests("/m.gguf")).isNotEmpty();
			assertThat(context.getBean(ModelCache.class).status("default").state()).isEqualTo(ModelState.READY);
		});
	}

	@Test
	void pathIsFetchedBeforeItIsInjectedWhileListenersHearOfIt() {
		runner().withUserConfiguration(WantsPath.class, Listens.class)
			.withPropertyValues("app.model=default")
			.run((context) -> assertThat(context.getBean(WantsPath.class).path)
				.satisfies(Content.exactly(this.content.bytes())));
	}

	@Test
	void resourceLoaderKnowsModels() {
		runner().run((context) -> {
			Resource resource = context.getResource("model:default/m.gguf");
			assertThat(this.server.requests()).isEmpty();
			assertThat(resource.getFilePath()).satisfies(Content.exactly(this.content.bytes()));
			assertThat(context.getResources("model:default")).hasSize(1);
		});
	}

	@Test
	void propertiesOfTheApplicationMayBeResourcesAndPaths() {
		runner().withUserConfiguration(WantsProperties.class)
			.withPropertyValues("app.model=default", "app.resource=model:${app.model}",
					"app.path=model:${app.model}/m.gguf")
			.run((context) -> {
				AppProperties properties = context.getBean(AppProperties.class);
				assertThat(properties.path()).satisfies(Content.exactly(this.content.bytes()));
				assertThat(properties.resource().getFilePath()).isEqualTo(properties.path());
			});
	}

	@Test
	void fileOfARepositoryIsFoundByItsNameThere() {
		try (HubServer hub = HubServer.start()) {
			hub.repository("org/repo", "0123456789abcdef0123456789abcdef01234567")
				.large("onnx/model.onnx", Content.of(ModelFiles.onnx()))
				.small("tokenizer.json", "{}");
			ApplicationContextRunner runner = runner().withPropertyValues(
					"hooks.llm.huggingface.endpoint=" + hub.endpoint(), "hooks.llm.models.embeddings.url=hf://org/repo",
					"hooks.llm.models.embeddings.files=onnx/model.onnx,tokenizer.json");
			for (String layout : List.of("auto", "private")) {
				runner.withPropertyValues("hooks.llm.cache.layout=" + layout).run((context) -> {
					Resource model = context.getResource("model:embeddings");
					assertThat(model.getContentAsByteArray()).isEqualTo(ModelFiles.onnx());
					assertThat(context.getResource("model:embeddings/onnx/model.onnx").getFilePath())
						.isEqualTo(model.getFilePath());
					assertThat(model.createRelative("tokenizer.json").getFilePath()).hasContent("{}");
				});
			}
		}
	}

	@Test
	void unknownModelIsAnErrorThatNamesTheConfiguredOnes() {
		runner().run((context) -> {
			Resource resource = context.getResource("model:defualt");
			assertThat(resource.exists()).isFalse();
			assertThatExceptionOfType(ModelNotFoundException.class).isThrownBy(resource::getInputStream)
				.withMessageContaining("Model 'defualt'")
				.withMessageContaining("[default]");
		});
	}

	@Test
	void withoutTheCacheTheErrorSaysSo() {
		runner().withPropertyValues("hooks.llm.enabled=false").run((context) -> {
			Resource resource = context.getResource("model:default");
			assertThatIllegalStateException().isThrownBy(resource::getInputStream)
				.withMessageContaining("hooks.llm.enabled");
		});
	}

	@Test
	void applicationHasTheResolverWithoutDoingAnything() throws Exception {
		try (ConfigurableApplicationContext context = application(AutoConfigured.class).run()) {
			assertThat(context.getResource("model:default").getFilePath())
				.satisfies(Content.exactly(this.content.bytes()));
		}
	}

	@Test
	void modelThatCannotBeHadStopsTheStartWithItsReason(CapturedOutput output) {
		this.server.always("/m.gguf", Reply.status(500));
		SpringApplication application = application(WantsPath.class, "app.model=default");
		assertThatException().isThrownBy(application::run);
		assertThat(output).contains("The model 'default' could not be made ready (TRANSFER)");
	}

	@Test
	void injectedFileIsThatOfTheModel() {
		try (ConfigurableApplicationContext context = application(WantsFile.class).run()) {
			assertThat(context.getBean(WantsFile.class).file).hasBinaryContent(this.content.bytes());
		}
	}

	@Test
	void fileAmongThePropertiesIsRefusedInsteadOfBeingWrong() {
		runner().withUserConfiguration(WantsFileProperty.class)
			.withPropertyValues("app.file=model:default")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("Declare it as a Resource or a java.nio.file.Path"));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class AutoConfigured {

	}

	@Configuration(proxyBeanMethods = false)
	static class WantsResource {

		private final Resource resource;

		WantsResource(@Value("model:default") Resource resource) {
			this.resource = resource;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class WantsPath {

		private final Path path;

		WantsPath(@Value("model:${app.model}") Path path) {
			this.path = path;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class WantsFile {

		private final File file;

		WantsFile(@Value("model:default") File file) {
			this.file = file;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableConfigurationProperties(FileProperties.class)
	static class WantsFileProperty {

	}

	@Configuration(proxyBeanMethods = false)
	static class Listens {

		@EventListener
		void hear(ModelCacheEvent event) {
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableConfigurationProperties(AppProperties.class)
	static class WantsProperties {

	}

	@ConfigurationProperties("app")
	record AppProperties(String model, Resource resource, Path path) {

	}

	@ConfigurationProperties("app")
	record FileProperties(File file) {

	}

}
