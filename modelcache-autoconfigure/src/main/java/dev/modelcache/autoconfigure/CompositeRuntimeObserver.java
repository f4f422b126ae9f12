package dev.modelcache.autoconfigure;

import java.time.Duration;
import java.util.List;

import dev.modelcache.RuntimeObserver;

/**
 * All observers of the application as one.
 */
final class CompositeRuntimeObserver implements RuntimeObserver {

	private final List<RuntimeObserver> observers;

	CompositeRuntimeObserver(List<RuntimeObserver> observers) {
		this.observers = List.copyOf(observers);
	}

	@Override
	public void loaded(String modelId, boolean succeeded, Duration elapsed) {
		this.observers.forEach((observer) -> observer.loaded(modelId, succeeded, elapsed));
	}

	@Override
	public void classificationStarted() {
		this.observers.forEach(RuntimeObserver::classificationStarted);
	}

	@Override
	public void classificationEnded(String label, String outcome, Duration elapsed) {
		this.observers.forEach((observer) -> observer.classificationEnded(label, outcome, elapsed));
	}

}
