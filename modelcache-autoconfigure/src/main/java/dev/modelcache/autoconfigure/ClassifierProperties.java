package dev.modelcache.autoconfigure;

import java.util.ArrayList;
import java.util.List;

/**
 * How texts are classified by the model.
 */
public class ClassifierProperties {

	/**
	 * Whether there is a classifier, which loads the model as soon as its file is there.
	 */
	private boolean enabled = false;

	/**
	 * What a text can be; the model answers nothing else.
	 */
	private List<String> labels = new ArrayList<>(List.of("READ", "CREATE", "UPDATE", "DELETE"));

	/**
	 * What the model continues with a label: "{text}" stands for the text, "{labels}" for
	 * all labels.
	 */
	private String prompt = "Classify the command as one of {labels}.\nCommand: {text}\nClass:";

	/**
	 * Label of a text that the model does not answer for, because it is not loaded yet or
	 * too slow. Need not be one of the labels.
	 */
	private String labelWhenUnavailable = "UNKNOWN";

	/**
	 * Number of texts that may wait for the model; more are refused.
	 */
	private int queueCapacity = 1024;

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	public List<String> getLabels() {
		return this.labels;
	}

	public void setLabels(List<String> labels) {
		this.labels = labels;
	}

	public String getPrompt() {
		return this.prompt;
	}

	public void setPrompt(String prompt) {
		this.prompt = prompt;
	}

	public String getLabelWhenUnavailable() {
		return this.labelWhenUnavailable;
	}

	public void setLabelWhenUnavailable(String labelWhenUnavailable) {
		this.labelWhenUnavailable = labelWhenUnavailable;
	}

	public int getQueueCapacity() {
		return this.queueCapacity;
	}

	public void setQueueCapacity(int queueCapacity) {
		this.queueCapacity = queueCapacity;
	}

}
