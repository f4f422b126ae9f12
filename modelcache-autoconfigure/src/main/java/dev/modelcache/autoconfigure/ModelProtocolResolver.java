package dev.modelcache.autoconfigure;

import dev.modelcache.ModelCache;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationContext;
import org.springframework.core.io.ProtocolResolver;
import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;

/**
 * Resolves the locations of models. Spring Boot finds it in {@code spring.factories} and
 * gives it to each application context, which it is asked with; a bean would come too
 * late.
 */
final class ModelProtocolResolver implements ProtocolResolver {

	@Override
	public @Nullable Resource resolve(String location, ResourceLoader loader) {
		if (!ModelLocation.matches(location)) {
			return null;
		}
		ModelLocation model = ModelLocation.parse(location);
		if (!(loader instanceof ApplicationContext context)) {
			throw new IllegalStateException("'" + location + "' can be resolved by an application context alone, "
					+ "which was not asked for it: let it be a Resource or a java.nio.file.Path");
		}
		return new ModelResource(model, new LocatedModels(() -> cache(context, model)));
	}

	private static ModelCache cache(ApplicationContext context, ModelLocation location) {
		ModelCache cache = context.getBeanProvider(ModelCache.class).getIfAvailable();
		if (cache == null) {
			throw new IllegalStateException(
					"'" + location + "' needs the model cache, which this application does not have: "
							+ ModelCacheProperties.PREFIX + ".enabled is false, or its auto-configuration is left out");
		}
		return cache;
	}

}
