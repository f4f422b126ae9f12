package dev.modelcache.runtime;

/**
 * More texts wait for the model than may: whoever sends them has to slow down.
 */
public final class ClassifierBusyException extends ClassificationException {

	private final int capacity;

	public ClassifierBusyException(int capacity) {
		super(capacity + " texts wait for the model already", "Send fewer at a time or try again later (HTTP: 503),"
				+ " or raise hooks.llm.classifier.queue-capacity", null);
		this.capacity = capacity;
	}

	/**
	 * Returns how many texts may wait.
	 * @return the number
	 */
	public int capacity() {
		return this.capacity;
	}

}
