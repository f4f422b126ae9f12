package dev.modelcache.autoconfigure;

import java.time.Duration;
import java.util.List;

import dev.modelcache.AcquisitionObserver;

/**
 * All observers of the application as one.
 */
final class CompositeObserver implements AcquisitionObserver {

	private final List<AcquisitionObserver> observers;

	CompositeObserver(List<AcquisitionObserver> observers) {
		this.observers = List.copyOf(observers);
	}

	@Override
	public void transferStarted(String modelId) {
		this.observers.forEach((observer) -> observer.transferStarted(modelId));
	}

	@Override
	public void transferEnded(String modelId) {
		this.observers.forEach((observer) -> observer.transferEnded(modelId));
	}

	@Override
	public void bytesWritten(String modelId, String host, long bytes) {
		this.observers.forEach((observer) -> observer.bytesWritten(modelId, host, bytes));
	}

	@Override
	public void requestFailed(String modelId, String host, String problem) {
		this.observers.forEach((observer) -> observer.requestFailed(modelId, host, problem));
	}

	@Override
	public void transferFailed(String modelId, String problem) {
		this.observers.forEach((observer) -> observer.transferFailed(modelId, problem));
	}

	@Override
	public void retried(String modelId, String reason) {
		this.observers.forEach((observer) -> observer.retried(modelId, reason));
	}

	@Override
	public void verified(boolean matched, Duration elapsed) {
		this.observers.forEach((observer) -> observer.verified(matched, elapsed));
	}

	@Override
	public void lockWaited(Duration waited) {
		this.observers.forEach((observer) -> observer.lockWaited(waited));
	}

	@Override
	public void ended(String modelId, String outcome, Duration elapsed) {
		this.observers.forEach((observer) -> observer.ended(modelId, outcome, elapsed));
	}

}
