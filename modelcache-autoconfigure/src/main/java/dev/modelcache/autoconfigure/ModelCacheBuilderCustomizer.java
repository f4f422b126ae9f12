package dev.modelcache.autoconfigure;

import dev.modelcache.ModelCacheBuilder;

/**
 * Changes the builder of the {@link dev.modelcache.ModelCache} bean, after it was
 * configured by the properties. Beans of this type are called in their order.
 */
@FunctionalInterface
public interface ModelCacheBuilderCustomizer {

	/**
	 * Changes the builder.
	 * @param builder the builder
	 */
	void customize(ModelCacheBuilder builder);

}
