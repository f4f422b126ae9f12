package dev.modelcache.autoconfigure;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.internal.runtime.ClassifierSettings;
import dev.modelcache.llama.LlamaSettings;

/**
 * Reads how a model is used from the properties.
 */
final class RuntimeSettings {

	private static final Pattern VARIABLE = Pattern.compile("[^\\s=*]+\\*?");

	private RuntimeSettings() {
	}

	/**
	 * Reads how llama.cpp runs the model.
	 * @param llama the properties
	 * @return the settings
	 * @throws ModelConfigurationException if a value is wrong
	 */
	static LlamaSettings llama(LlamaProperties llama) {
		if (llama.getThreads() != null) {
			SettingChecks.atLeastOne("llama.threads", llama.getThreads());
		}
		if (llama.getContextSize() != null) {
			SettingChecks.atLeastOne("llama.context-size", llama.getContextSize());
		}
		if (llama.getGpuLayers() != null) {
			SettingChecks.notNegative("llama.gpu-layers", llama.getGpuLayers() < 0);
		}
		List<String> environment = llama.getEnvironment();
		for (int i = 0; i < environment.size(); i++) {
			if (!VARIABLE.matcher(environment.get(i)).matches()) {
				throw ModelKeys.GENERAL.wrong("llama.environment[" + i + "]",
						"is not the name of an environment variable",
						"Write a name such as CUDA_VISIBLE_DEVICES, or the beginning of names such as GGML_*");
			}
		}
		return new LlamaSettings(llama.getThreads(), llama.getContextSize(), llama.getGpuLayers(), llama.isMmap(),
				environment);
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
		SettingChecks.atLeastOne("classifier.queue-capacity", classifier.getQueueCapacity());
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
