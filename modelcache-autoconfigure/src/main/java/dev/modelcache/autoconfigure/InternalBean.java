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
 * A bean of the model cache that applications do not call. Its name is the name of its
 * class and {@value AutowireCapableBeanFactory#ORIGINAL_INSTANCE_SUFFIX}: no bean of an
 * application has that name, and Spring creates no proxy of a bean that has it, whatever
 * an application's aspects say.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Bean
@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
@interface InternalBean {

	/**
	 * The name of the bean.
	 * @return the name of its class and the suffix of original instances
	 */
	@AliasFor(annotation = Bean.class, attribute = "name")
	String value();

}
