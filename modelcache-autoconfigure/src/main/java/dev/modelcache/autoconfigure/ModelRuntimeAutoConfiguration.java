package dev.modelcache.autoconfigure;

import java.time.Clock;

import dev.modelcache.ModelCache;
import dev.modelcache.RuntimeObserver;
import dev.modelcache.internal.runtime.DefaultModelManager;
import dev.modelcache.internal.runtime.QueuedClassifier;
import dev.modelcache.runtime.LlmClassifier;
import dev.modelcache.runtime.ModelLoader;
import dev.modelcache.runtime.ModelManager;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import reactor.core.scheduler.Schedulers;
import org.springframework.context.annotation.Lazy;

/**
 * {@link AutoConfiguration Auto-configuration} of what uses the model
 * {@value ModelCacheProperties#DEFAULT_MODEL}.
 */
@AutoConfiguration(after = ModelCacheAutoConfiguration.class)
@ConditionalOnBean(ModelCache.class)
public class ModelRuntimeAutoConfiguration {

	private final Clock clock = Clock.systemUTC();

	@Lazy
	@InternalBean("dev.modelcache.internal.runtime.DefaultModelManager.ORIGINAL")
	@ConditionalOnSingleCandidate(ModelLoader.class)
	@ConditionalOnMissingBean(ModelManager.class)
	DefaultModelManager modelManager(ModelCache modelCache, ModelLoader loader,
			ObjectProvider<RuntimeObserver> observers) {
		return new DefaultModelManager(ModelCacheProperties.DEFAULT_MODEL, modelCache, loader, all(observers),
				this.clock);
	}

	@InternalBean("dev.modelcache.internal.runtime.QueuedClassifier.ORIGINAL")
	@ConditionalOnBooleanProperty("hooks.llm.classifier.enabled")
	@ConditionalOnMissingBean(LlmClassifier.class)
	QueuedClassifier llmClassifier(ObjectProvider<ModelManager> manager, ModelCacheProperties properties,
			ObjectProvider<RuntimeObserver> observers) {
		ModelManager models = manager.getIfAvailable(() -> {
			throw ModelKeys.GENERAL.wrong("classifier.enabled", "is true, but nothing can load a model",
					"Add the dependency dev.modelcache:modelcache-llama, define a ModelLoader bean, or remove the key");
		});
		return new QueuedClassifier(models, RuntimeSettings.classifier(properties), all(observers),
				Schedulers.parallel(), this.clock);
	}

	@InternalBean("dev.modelcache.autoconfigure.RuntimeEvents.ORIGINAL")
	@ConditionalOnBean(ModelManager.class)
	RuntimeEvents modelRuntimeEvents(ObjectProvider<DefaultModelManager> manager,
			ObjectProvider<QueuedClassifier> classifier) {
		return new RuntimeEvents(manager, classifier);
	}

	private static RuntimeObserver all(ObjectProvider<RuntimeObserver> observers) {
		return new CompositeRuntimeObserver(observers.orderedStream().toList());
	}

}
