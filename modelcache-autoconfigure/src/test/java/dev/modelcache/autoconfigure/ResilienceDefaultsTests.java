/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;

import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.common.retry.configuration.CommonRetryConfigurationProperties.InstanceProperties;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;
import io.github.resilience4j.springboot.circuitbreaker.autoconfigure.CircuitBreakerAutoConfiguration;
import io.github.resilience4j.springboot.retry.autoconfigure.RetryAutoConfiguration;
import io.github.resilience4j.springboot.retry.autoconfigure.RetryProperties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

class ResilienceDefaultsTests {

	private static final String RETRY = "resilience4j.retry.instances.modelcache-default.";

	private static final String[] MODELS = { "hooks.llm.url=https://host/m.gguf", "hooks.llm.max-attempts=5",
			"hooks.llm.models.embeddings.url=https://host/e.onnx", "hooks.llm.models.embeddings.max-attempts=0",
			"hooks.llm.models[my_model.v2].url=https://host/v2.gguf" };

	@Test
	void everyModelHasARetryWithItsOwnNumberOfAttempts() {
		run((context) -> {
			RetryRegistry registry = context.getBean(RetryRegistry.class);
			assertThat(registry.find("modelcache-default").orElseThrow().getRetryConfig().getMaxAttempts())
				.isEqualTo(5);
			assertThat(registry.find("modelcache-embeddings").orElseThrow().getRetryConfig().getMaxAttempts()).isOne();
			assertThat(registry.find("modelcache-my_model.v2").orElseThrow().getRetryConfig().getMaxAttempts())
				.isEqualTo(3);
		}, MODELS);
	}

	@Test
	void retriesWaitExponentiallyAndAtRandom() {
		run((context) -> {
			RetryConfig config = context.getBean(RetryRegistry.class)
				.find("modelcache-default")
				.orElseThrow()
				.getRetryConfig();
			assertThat(waited(config, 1)).isBetween(750L, 1250L);
			assertThat(waited(config, 3)).isBetween(3000L, 5000L);
			assertThat(waited(config, 12)).isBetween(22_500L, 30_000L);
		}, MODELS);
	}

	@Test
	void theSharedRetryConfigurationHasTheBackOffOfTheDesign() {
		run((context) -> {
			InstanceProperties shared = context.getBean(RetryProperties.class).getConfigs().get("modelcache");
			assertThat(shared.getWaitDuration()).isEqualTo(Duration.ofSeconds(1));
			assertThat(shared.getEnableExponentialBackoff()).isTrue();
			assertThat(shared.getExponentialBackoffMultiplier()).isEqualTo(2);
			assertThat(shared.getExponentialMaxWaitDuration()).isEqualTo(Duration.ofSeconds(30));
			assertThat(shared.getEnableRandomizedWait()).isTrue();
			assertThat(shared.getRandomizedWaitFactor()).isEqualTo(0.25);
		}, MODELS);
	}

	@Test
	void circuitBreakersHaveASharedConfiguration() {
		run((context) -> {
			CircuitBreakerConfig config = context.getBean(CircuitBreakerRegistry.class)
				.getConfiguration("modelcache")
				.orElseThrow();
			assertThat(config.getSlidingWindowType()).isEqualTo(SlidingWindowType.COUNT_BASED);
			assertThat(config.getSlidingWindowSize()).isEqualTo(20);
			assertThat(config.getMinimumNumberOfCalls()).isEqualTo(10);
			assertThat(config.getFailureRateThreshold()).isEqualTo(90);
			assertThat(config.getWaitIntervalFunctionInOpenState().apply(1)).isEqualTo(30_000);
			assertThat(config.getPermittedNumberOfCallsInHalfOpenState()).isEqualTo(3);
			assertThat(config.isAutomaticTransitionFromOpenToHalfOpenEnabled()).isTrue();
		}, MODELS);
	}

	@Test
	void aPropertyOfAnInstanceOverridesThatValueAlone() {
		run((context) -> {
			RetryConfig config = context.getBean(RetryRegistry.class)
				.find("modelcache-default")
				.orElseThrow()
				.getRetryConfig();
			assertThat(config.getMaxAttempts()).isEqualTo(9);
			assertThat(waited(config, 12)).isBetween(22_500L, 30_000L);
		}, RETRY + "max-attempts=9", MODELS[0], MODELS[1]);
	}

	@ParameterizedTest
	@CsvSource({ "Default, .modelcache-Default", "my_model, .modelcache-my_model", "a.b, [modelcache-a.b]" })
	void aPropertyOfAnInstanceOverridesWhateverTheModelIsCalled(String id, String instance) {
		run((context) -> {
			RetryConfig config = context.getBean(RetryRegistry.class)
				.find("modelcache-" + id)
				.orElseThrow()
				.getRetryConfig();
			assertThat(config.getMaxAttempts()).isEqualTo(9);
			assertThat(waited(config, 12)).isBetween(22_500L, 30_000L);
		}, "hooks.llm.models[" + id + "].url=https://host/m.gguf",
				"resilience4j.retry.instances" + instance + ".max-attempts=9");
	}

	@Test
	void aPropertyOfTheSharedConfigurationOverridesThatValueAlone() {
		run((context) -> {
			RetryConfig config = context.getBean(RetryRegistry.class)
				.find("modelcache-default")
				.orElseThrow()
				.getRetryConfig();
			assertThat(config.getMaxAttempts()).isEqualTo(5);
			assertThat(waited(config, 1)).isBetween(75L, 125L);
			assertThat(waited(config, 3)).isBetween(300L, 500L);
			assertThat(context.getBean(CircuitBreakerRegistry.class)
				.getConfiguration("modelcache")
				.orElseThrow()
				.getSlidingWindowSize()).isEqualTo(40);
		}, "resilience4j.retry.configs.modelcache.waitDuration=100ms",
				"resilience4j.circuitbreaker.configs.modelcache.sliding-window-size=40", MODELS[0], MODELS[1]);
	}

	@Test
	void defaultPropertiesOfTheApplicationWin() {
		SpringApplication application = new SpringApplicationBuilder(Resilience.class).web(WebApplicationType.NONE)
			.build();
		application.setDefaultProperties(Map.of(RETRY + "max-attempts", "9", "hooks.llm.url", "https://host/m.gguf"));
		try (ConfigurableApplicationContext context = application.run()) {
			assertThat(context.getBean(RetryRegistry.class)
				.find("modelcache-default")
				.orElseThrow()
				.getRetryConfig()
				.getMaxAttempts()).isEqualTo(9);
		}
	}

	@Test
	void withoutAModelThereIsNoInstance() {
		run((context) -> assertThat(context.getBean(RetryRegistry.class).getAllRetries()).isEmpty(),
				"hooks.llm.max-attempts=7");
	}

	@Test
	void aModelWithAValueThatDoesNotBindLeavesTheReportToTheBinding() {
		run((context) -> assertThat(context.getBean(RetryProperties.class).getConfigs()).containsKey("modelcache"),
				"hooks.llm.url=https://host/m.gguf", "hooks.llm.max-attempts=many");
	}

	@Test
	void anApplicationWithoutKeysGetsNothing() {
		run((context) -> {
			assertThat(context.getEnvironment().getPropertySources().contains(ResilienceDefaults.PROPERTY_SOURCE))
				.isFalse();
			assertThat(context.getBean(RetryProperties.class).getConfigs()).isEmpty();
		});
	}

	@Test
	void aDisabledStarterAddsNothing() {
		run((context) -> {
			assertThat(context.getEnvironment().getPropertySources().contains(ResilienceDefaults.PROPERTY_SOURCE))
				.isFalse();
			assertThat(context.getBean(RetryRegistry.class).getAllRetries()).isEmpty();
		}, "hooks.llm.enabled=false", MODELS[0]);
	}

	private static long waited(RetryConfig config, int attempt) {
		return config.getIntervalBiFunction().apply(attempt, null);
	}

	private static void run(Consumer<ConfigurableApplicationContext> check, String... properties) {
		String[] arguments = new String[properties.length];
		for (int i = 0; i < properties.length; i++) {
			arguments[i] = "--" + properties[i];
		}
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Resilience.class)
			.web(WebApplicationType.NONE)
			.run(arguments)) {
			check.accept(context);
		}
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ RetryAutoConfiguration.class, CircuitBreakerAutoConfiguration.class })
	static class Resilience {

	}

}
