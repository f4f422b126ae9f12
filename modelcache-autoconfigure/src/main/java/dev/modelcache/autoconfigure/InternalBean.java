/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.beans.factory.config.AutowireCapableBeanFactory;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Role;
import org.springframework.core.annotation.AliasFor;

/**
 * Internal bean of the model cache. Its name is the name of its class with the suffix
 * {@value AutowireCapableBeanFactory#ORIGINAL_INSTANCE_SUFFIX}, so that it does not
 * conflict with beans of the application and Spring does not create a proxy for it.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Bean
@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
@interface InternalBean {

	/**
	 * Name of the bean.
	 * @return the name of its class with the suffix of original instances
	 */
	@AliasFor(annotation = Bean.class, attribute = "name")
	String value();

}
