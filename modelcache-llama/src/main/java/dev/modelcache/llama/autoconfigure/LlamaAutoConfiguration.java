/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama.autoconfigure;

import java.time.Clock;

import de.kherud.llama.LlamaModel;
import dev.modelcache.ModelCache;
import dev.modelcache.llama.LlamaModelLoader;
import dev.modelcache.runtime.ModelLoader;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Role;

/**
 * {@link AutoConfiguration Auto-configuration} for running models with llama.cpp.
 */
@AutoConfiguration(afterName = "dev.modelcache.autoconfigure.ModelCacheAutoConfiguration",
		beforeName = "dev.modelcache.autoconfigure.ModelRuntimeAutoConfiguration")
@ConditionalOnClass(LlamaModel.class)
@ConditionalOnBean(ModelCache.class)
@EnableConfigurationProperties(LlamaProperties.class)
public class LlamaAutoConfiguration {

	/** Aspects of an application do not apply to a bean of this name. */
	@Bean("dev.modelcache.llama.LlamaModelLoader.ORIGINAL")
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	@ConditionalOnMissingBean(ModelLoader.class)
	LlamaModelLoader modelCacheLlamaLoader(LlamaProperties properties) {
		return new LlamaModelLoader(properties.settings(), Clock.systemUTC());
	}

}
