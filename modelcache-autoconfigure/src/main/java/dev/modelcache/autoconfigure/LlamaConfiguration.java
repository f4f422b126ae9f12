package dev.modelcache.autoconfigure;

import java.time.Clock;

import de.kherud.llama.LlamaModel;
import dev.modelcache.llama.LlamaModelLoader;
import dev.modelcache.runtime.ModelLoader;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Configuration;

/**
 * The loader for applications that have llama.cpp.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(LlamaModel.class)
@ConditionalOnMissingBean(ModelLoader.class)
class LlamaConfiguration {

	@InternalBean("dev.modelcache.llama.LlamaModelLoader.ORIGINAL")
	LlamaModelLoader modelCacheLlamaLoader(ModelCacheProperties properties) {
		return new LlamaModelLoader(RuntimeSettings.llama(properties.getLlama()), Clock.systemUTC());
	}

}
