package dev.modelcache.internal.acquire;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All observers of the application as one. One that fails is logged, and breaks nothing.
 */
public final class Observers implements AcquisitionObserver {

	private static final Logger logger = LoggerFactory.getLogger(Observers.class);

	private final List<AcquisitionObserver> observers;

	/**
	 * Combines observers.
	 * @param observers the observers, in order
	 */
	public Observers(List<AcquisitionObserver> observers) {
		this.observers = List.copyOf(observers);
	}

	@Override
	public void configured(Set<String> modelIds) {
		each((observer) -> observer.configured(modelIds));
	}

	@Override
	public void transferStarted(String modelId) {
		each((observer) -> observer.transferStarted(modelId));
	}

	@Override
	public void transferEnded(String modelId) {
		each((observer) -> observer.transferEnded(modelId));
	}

	@Override
	public void bytesWritten(String modelId, String host, long bytes) {
		each((observer) -> observer.bytesWritten(modelId, host, bytes));
	}

	@Override
	public void requestFailed(String modelId, String host, String problem) {
		each((observer) -> observer.requestFailed(modelId, host, problem));
	}

	@Override
	public void transferFailed(String modelId, String problem) {
		each((observer) -> observer.transferFailed(modelId, problem));
	}

	@Override
	public void retried(String modelId, String reason) {
		each((observer) -> observer.retried(modelId, reason));
	}

	@Override
	public void verified(boolean matched, Duration elapsed) {
		each((observer) -> observer.verified(matched, elapsed));
	}

	@Override
	public void lockWaited(Duration waited) {
		each((observer) -> observer.lockWaited(waited));
	}

	@Override
	public void ended(String modelId, String outcome, Duration elapsed) {
		each((observer) -> observer.ended(modelId, outcome, elapsed));
	}

	private void each(Consumer<AcquisitionObserver> told) {
		for (AcquisitionObserver observer : this.observers) {
			try {
				told.accept(observer);
			}
			catch (Throwable ex) {
				logger.warn("An observer failed; the model is not affected", ex);
			}
		}
	}

}
