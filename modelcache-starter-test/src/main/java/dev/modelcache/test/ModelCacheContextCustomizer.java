/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.PropertySource;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.MergedContextConfiguration;

/**
 * Prepares the application context of a test. Its model cache, if it creates one, is
 * changed by a {@link TestedModelCache}.
 *
 * @param served whether models are served by a {@link ModelOrigin}
 * @param startup whether the start of the application acquires models
 */
record ModelCacheContextCustomizer(boolean served, boolean startup) implements ContextCustomizer {

	/** The key that has models downloaded as in production. */
	static final String ALLOW_DOWNLOADS = "modelcache.test.allow-downloads";

	@Override
	public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration mergedConfig) {
		BeanDefinitionRegistry registry = (BeanDefinitionRegistry) context.getBeanFactory();
		TestedModelCache.Downloads downloads = TestedModelCache.Downloads.REFUSED;
		if (this.served) {
			downloads = TestedModelCache.Downloads.SERVED;
			RootBeanDefinition origin = new RootBeanDefinition(ModelOrigin.class);
			origin.setFactoryMethodName("start");
			origin.setDestroyMethodName("close");
			registry.registerBeanDefinition(ModelOrigin.class.getName(), origin);
		}
		else if (context.getEnvironment().getProperty(ALLOW_DOWNLOADS, Boolean.class, false)) {
			downloads = TestedModelCache.Downloads.ALLOWED;
		}
		if (!this.startup && downloads != TestedModelCache.Downloads.ALLOWED) {
			context.getEnvironment().getPropertySources().addFirst(new NothingAtStart());
		}
		RootBeanDefinition cache = new RootBeanDefinition(TestedModelCache.class);
		cache.setRole(BeanDefinition.ROLE_INFRASTRUCTURE);
		cache.getConstructorArgumentValues().addIndexedArgumentValue(0, downloads);
		cache.getConstructorArgumentValues()
			.addIndexedArgumentValue(1, !this.startup && downloads != TestedModelCache.Downloads.ALLOWED);
		registry.registerBeanDefinition(TestedModelCache.class.getName(), cache);
	}

	/**
	 * Has the start of the application acquire nothing. It does not tell its names, so
	 * that an application without any key of ours is still one.
	 */
	private static final class NothingAtStart extends PropertySource<String> {

		NothingAtStart() {
			super("modelCacheOfTests", "none");
		}

		@Override
		public @Nullable Object getProperty(String name) {
			return name.equals("hooks.llm.startup.mode") ? this.source : null;
		}

	}

}
