package dev.modelcache.autoconfigure;

import dev.modelcache.ModelCacheEvent;
import dev.modelcache.ModelReady;
import dev.modelcache.ModelReplaced;
import dev.modelcache.internal.runtime.DefaultModelManager;
import dev.modelcache.internal.runtime.QueuedClassifier;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.event.EventListener;

/**
 * Loads models when their files are published or replaced.
 */
final class RuntimeEvents {

	private final ObjectProvider<DefaultModelManager> manager;

	private final ObjectProvider<QueuedClassifier> classifier;

	RuntimeEvents(ObjectProvider<DefaultModelManager> manager, ObjectProvider<QueuedClassifier> classifier) {
		this.manager = manager;
		this.classifier = classifier;
	}

	@EventListener
	void replaced(ModelReplaced event) {
		this.manager.ifAvailable((manager) -> manager.replace(event));
	}

	@EventListener({ ModelReady.class, ModelReplaced.class })
	void load(ModelCacheEvent event) {
		this.classifier.ifAvailable((classifier) -> classifier.load(event));
	}

}
