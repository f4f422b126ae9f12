package dev.modelcache.autoconfigure;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.internal.runtime.ClassifierSettings;

/**
 * Reads how a model is used from the properties.
 */
final class RuntimeSettings {

	private RuntimeSettings() {
	}

	/**
	 * Reads how texts are classified.
	 * @param properties the properties
	 * @return the settings
	 * @throws ModelConfigurationException if a value is wrong
	 */
	static ClassifierSettings classifier(ModelCacheProperties properties) {
		ClassifierProperties classifier = properties.getClassifier();
		List<String> labels = classifier.getLabels();
		if (labels.isEmpty()) {
			throw wrong("labels", "is empty", "List what a text can be, or remove the key");
		}
		for (int i = 0; i < labels.size(); i++) {
			check("labels[" + i + "]", labels.get(i));
		}
		if (new HashSet<>(labels).size() < labels.size()) {
			throw wrong("labels", "holds a label twice: " + labels, "Name each once");
		}
		check("label-when-unavailable", classifier.getLabelWhenUnavailable());
		if (!classifier.getPrompt().contains(ClassifierSettings.TEXT)) {
			throw wrong("prompt", "has no place for the text",
					"Write " + ClassifierSettings.TEXT + " where it belongs");
		}
		if (classifier.getQueueCapacity() < 1) {
			throw wrong("queue-capacity", "is less than 1: " + classifier.getQueueCapacity(), "Use 1 or more");
		}
		return new ClassifierSettings(ModelCacheProperties.DEFAULT_MODEL, labels, classifier.getPrompt(),
				classifier.getLabelWhenUnavailable(), properties.getTemperature(),
				Duration.ofMillis(properties.getInferenceTimeoutMs()), classifier.getQueueCapacity());
	}

	/**
	 * A label becomes a tag of meters, and what a model writes has no blanks around it.
	 */
	private static void check(String name, String label) {
		if (label.isBlank() || !label.equals(label.strip()) || label.chars().anyMatch(Character::isISOControl)) {
			throw wrong(name, "is no label: '" + label + "'",
					"Use a word without line breaks and without blanks around it");
		}
	}

	private static ModelConfigurationException wrong(String name, String problem, String action) {
		return ModelKeys.GENERAL.wrong("classifier." + name, problem, action);
	}

}
