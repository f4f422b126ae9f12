package dev.modelcache.autoconfigure;

import org.springframework.ai.transformers.TransformersEmbeddingModel;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;

/**
 * {@link AutoConfiguration Auto-configuration} of the models that Spring AI's embeddings
 * are computed with.
 */
@AutoConfiguration(after = ModelCacheAutoConfiguration.class)
@ConditionalOnClass(TransformersEmbeddingModel.class)
@ConditionalOnBooleanProperty(name = "hooks.llm.enabled", matchIfMissing = true)
public final class ModelCacheSpringAiAutoConfiguration {

	@Bean
	static TransformersResources modelCacheTransformersResources(ApplicationContext context) {
		return new TransformersResources(context);
	}

}
