/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

import dev.modelcache.ModelCacheOperations;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.ReactiveHealthContributor;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.ConfigurationCondition;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.context.annotation.ProxyType;
import org.springframework.context.annotation.Proxyable;
import org.springframework.context.annotation.Role;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * {@link AutoConfiguration Auto-configuration} of the models' health.
 */
@AutoConfiguration(after = ModelCacheAutoConfiguration.class,
		afterName = "org.springframework.boot.health.autoconfigure.actuate.endpoint.AvailabilityProbesAutoConfiguration")
@ConditionalOnClass(HealthIndicator.class)
@ConditionalOnBean(ModelCacheOperations.class)
@Conditional(OnConfiguration.class)
public class ModelCacheHealthAutoConfiguration {

	private static final String CONTRIBUTOR = "modelCache";

	/** The name of the contributor is that of the bean, without its suffix. */
	@Bean(CONTRIBUTOR + "healthindicator")
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	@Proxyable(ProxyType.INTERFACES)
	@ConditionalOnEnabledHealthIndicator("modelcache")
	@Conditional(OnFreeContributorName.class)
	HealthIndicator modelCacheHealthIndicator(ModelCacheOperations operations) {
		return new ModelCacheHealthIndicator(operations);
	}

	/**
	 * The place of the models' health in the readiness group. It comes after Boot's own
	 * post-processor, which makes that group.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(SecurityContext.class)
	@ConditionalOnBooleanProperty(name = "hooks.llm.health.readiness", matchIfMissing = true)
	@ImportRuntimeHints(ReadinessGroupMembership.ProxyHints.class)
	static class ReadinessConfiguration {

		@InternalBean("dev.modelcache.autoconfigure.ReadinessGroupMembership.ORIGINAL")
		@ConditionalOnMissingBean
		ReadinessGroupMembership modelCacheReadinessGroupMembership(Environment environment) {
			Set<String> excluded = Binder.get(environment)
				.bind("management.endpoint.health.group.readiness.exclude", Bindable.setOf(String.class))
				.orElse(Set.of());
			return new ReadinessGroupMembership(CONTRIBUTOR, excluded);
		}

	}

	/**
	 * Matches unless the application has a health contributor of this name, which then
	 * replaces ours. A bean of another type may have any name.
	 */
	static final class OnFreeContributorName implements ConfigurationCondition {

		private static final Logger logger = LoggerFactory.getLogger(ModelCacheHealthAutoConfiguration.class);

		/** In any case, as Spring Boot takes them off names. */
		private static final Set<String> SUFFIXES = Set.of("", "healthindicator", "healthcontributor");

		@Override
		public ConfigurationPhase getConfigurationPhase() {
			return ConfigurationPhase.REGISTER_BEAN;
		}

		@Override
		public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
			ListableBeanFactory beans = context.getBeanFactory();
			if (beans == null) {
				return true;
			}
			List<String> own = Stream.of(HealthContributor.class, ReactiveHealthContributor.class)
				.flatMap((type) -> Arrays.stream(beans.getBeanNamesForType(type, true, false)))
				.filter((name) -> name.startsWith(CONTRIBUTOR)
						&& SUFFIXES.contains(name.substring(CONTRIBUTOR.length()).toLowerCase(Locale.ROOT)))
				.distinct()
				.toList();
			own.forEach((name) -> logger.info("The health contributor '{}' of the application replaces "
					+ "the health of the models; readiness depends on it", name));
			return own.isEmpty();
		}

	}

}
