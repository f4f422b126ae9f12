package dev.modelcache.runtime;

/**
 * Thrown when the queue of a classifier is full. Callers should slow down and try again.
 */
public final class ClassifierBusyException extends ClassificationException {

	private final int capacity;

	public ClassifierBusyException(int capacity) {
		super(capacity + " texts wait for the model already", "Send fewer at a time or try again later (HTTP: 503),"
				+ " or raise hooks.llm.classifier.queue-capacity", null);
		this.capacity = capacity;
	}

	/**
	 * Returns the capacity of the queue.
	 * @return the maximum number of texts that wait for the model
	 */
	public int capacity() {
		return this.capacity;
	}

}
