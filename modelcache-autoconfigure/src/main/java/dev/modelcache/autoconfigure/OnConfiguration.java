/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.List;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.ConfigurationCondition;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Matches if the application has a key below {@value ModelCacheProperties#PREFIX}, or a
 * bean that customizes the builder of the cache. Otherwise the cache is created only if a
 * bean of the application requires it.
 * <p>
 * Also matches during ahead-of-time processing, because the keys are known only at
 * runtime.
 */
final class OnConfiguration extends SpringBootCondition implements ConfigurationCondition {

	private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of(ModelCacheProperties.PREFIX);

	/** Keys that each define a model on their own. */
	private static final List<String> OF_MODELS = List.of("url", "model-path", "model-type", "model-name");

	@Override
	public ConfigurationPhase getConfigurationPhase() {
		return ConfigurationPhase.REGISTER_BEAN;
	}

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		ConditionMessage.Builder message = ConditionMessage.forCondition("Model cache");
		if (hasKeys((ConfigurableEnvironment) context.getEnvironment())) {
			return ConditionOutcome.match(message.foundExactly("keys below " + ModelCacheProperties.PREFIX));
		}
		if (isCustomized(context.getBeanFactory())) {
			return ConditionOutcome.match(message.foundExactly("a customizer"));
		}
		if (Boolean.getBoolean("spring.aot.processing")) {
			return ConditionOutcome.match(message.because("the keys are known when the application runs"));
		}
		return ConditionOutcome.noMatch(message.didNotFind("keys below " + ModelCacheProperties.PREFIX).atAll());
	}

	private static boolean isCustomized(@Nullable ListableBeanFactory beans) {
		return beans != null && beans.getBeanNamesForType(ModelCacheBuilderCustomizer.class, true, false).length > 0;
	}

	/**
	 * Returns whether the configuration contains a key below
	 * {@value ModelCacheProperties#PREFIX}.
	 * @param environment the environment
	 * @return {@code true} if it does
	 */
	static boolean hasKeys(ConfigurableEnvironment environment) {
		for (ConfigurationPropertySource source : ConfigurationPropertySources.from(environment.getPropertySources())) {
			ConfigurationPropertyState state = source.containsDescendantOf(PREFIX);
			if (state == ConfigurationPropertyState.PRESENT
					|| (state == ConfigurationPropertyState.UNKNOWN && OF_MODELS.stream()
						.anyMatch((name) -> source.getConfigurationProperty(PREFIX.append(name)) != null))) {
				return true;
			}
		}
		return false;
	}

}
