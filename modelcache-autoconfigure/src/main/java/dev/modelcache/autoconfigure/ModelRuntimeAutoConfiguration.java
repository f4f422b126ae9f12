/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.time.Duration;

import dev.modelcache.ModelCache;
import dev.modelcache.runtime.LlmClassifier;
import dev.modelcache.runtime.LlmClassifierBuilder;
import dev.modelcache.runtime.ModelLoader;
import dev.modelcache.runtime.ModelManager;
import dev.modelcache.runtime.ModelManagerBuilder;
import dev.modelcache.runtime.ModelRuntimeMeters;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Proxyable;
import org.springframework.context.annotation.ProxyType;
import org.springframework.context.annotation.Role;

/**
 * {@link AutoConfiguration Auto-configuration} for loading the model
 * {@value ModelCacheProperties#DEFAULT_MODEL} and classifying texts with it.
 */
@AutoConfiguration(after = ModelCacheAutoConfiguration.class)
@ConditionalOnBean(ModelCache.class)
@Conditional(ModelRuntimeAutoConfiguration.OnUse.class)
public class ModelRuntimeAutoConfiguration {

	private static final String CLASSIFIER = "dev.modelcache.runtime.LlmClassifier";

	@Lazy
	@Bean("dev.modelcache.runtime.ModelManager")
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	@Proxyable(ProxyType.INTERFACES)
	@ConditionalOnSingleCandidate(ModelLoader.class)
	@ConditionalOnMissingBean
	ModelManager modelManager(ModelCache modelCache, ModelLoader loader, ObjectProvider<ModelRuntimeMeters> meters) {
		ModelManagerBuilder builder = ModelManager.builder(modelCache, loader)
			.modelId(ModelCacheProperties.DEFAULT_MODEL);
		meters.ifAvailable((all) -> all.bindTo(builder));
		return builder.build();
	}

	@Bean(CLASSIFIER)
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	@Proxyable(ProxyType.INTERFACES)
	@ConditionalOnBooleanProperty("hooks.llm.classifier.enabled")
	@ConditionalOnMissingBean
	LlmClassifier llmClassifier(ObjectProvider<ModelManager> manager, ObjectProvider<ModelLoader> loaders,
			ModelCacheProperties properties, ObjectProvider<ModelRuntimeMeters> meters) {
		ModelManager models = manager.getIfAvailable(() -> {
			// Several of them are explained as such.
			loaders.getIfAvailable();
			throw ModelKeys.GENERAL.wrong("classifier.enabled", "is true, but no model loader is available",
					"Add the dependency dev.modelcache:modelcache-llama, define a ModelLoader bean, or remove the key");
		});
		LlmClassifierBuilder builder = classifier(models, properties);
		meters.ifAvailable((all) -> all.bindTo(builder));
		return builder.build();
	}

	@InternalBean("dev.modelcache.autoconfigure.RuntimeEvents.ORIGINAL")
	@ConditionalOnBean(ModelManager.class)
	RuntimeEvents modelRuntimeEvents(ObjectProvider<ModelManager> manager,
			@Qualifier(CLASSIFIER) ObjectProvider<LlmClassifier> classifier) {
		return new RuntimeEvents(manager, classifier);
	}

	/**
	 * Maps the properties to the builder of a classifier.
	 * @param models the manager of the model
	 * @param properties the properties
	 * @return a builder, which validates the values when it builds
	 */
	static LlmClassifierBuilder classifier(ModelManager models, ModelCacheProperties properties) {
		ModelChecks.checkUse(properties);
		ClassifierProperties classifier = properties.getClassifier();
		return LlmClassifier.builder(models)
			.configuredAs(ModelKeys.GENERAL.key("classifier"))
			.labels(classifier.getLabels())
			.prompt(classifier.getPrompt())
			.labelWhenUnavailable(classifier.getLabelWhenUnavailable())
			.queueCapacity(classifier.getQueueCapacity())
			.timeout(Duration.ofMillis(properties.getInferenceTimeoutMs()))
			.temperature(properties.getTemperature());
	}

	/**
	 * Matches if the application has a loader or a manager, or wants a classifier, which
	 * may fail for want of a loader.
	 */
	static final class OnUse extends AnyNestedCondition {

		OnUse() {
			super(ConfigurationPhase.REGISTER_BEAN);
		}

		@ConditionalOnBooleanProperty("hooks.llm.classifier.enabled")
		static class Classifier {

		}

		@ConditionalOnBean(ModelLoader.class)
		static class Loader {

		}

		@ConditionalOnBean(ModelManager.class)
		static class Manager {

		}

	}

}
