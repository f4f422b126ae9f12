package dev.modelcache.autoconfigure;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import dev.modelcache.internal.store.AdoptionSettings;
import dev.modelcache.internal.store.HubCacheSettings;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.Environment;

/**
 * Finds the directories of other tools, as those tools do: from the environment variables
 * that they know. A variable that names no path is ignored, as if nothing were there.
 */
final class ForeignDirectories {

	private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)}|(\\w+))");

	/** What Ollama's installer for Linux makes. */
	private static final Path OLLAMA_SERVICE = Path.of("/usr/share/ollama/.ollama/models");

	/** As Hugging Face's library reads its own variables. */
	private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

	private final Environment environment;

	private final Path home;

	/**
	 * Creates a reader.
	 * @param environment gives the environment variables and the home directory
	 */
	ForeignDirectories(Environment environment) {
		this.environment = environment;
		this.home = Path.of(environment.getProperty("user.home", "")).toAbsolutePath();
	}

	/**
	 * Reads where to look for files.
	 * @param properties the properties
	 * @return the settings; the directories need not exist
	 */
	AdoptionSettings read(ModelCacheProperties properties) {
		if (!properties.getCache().isAdopt()) {
			return AdoptionSettings.OFF;
		}
		Path huggingFace = huggingFace(properties);
		Path ollama = variable("OLLAMA_MODELS").orElse(this.home.resolve(".ollama/models"));
		return new AdoptionSettings(true, List.of(huggingFace),
				Stream.of(ollama, OLLAMA_SERVICE.toAbsolutePath()).distinct().toList());
	}

	/**
	 * Reads where the models of a Hugging Face Hub are kept.
	 * @param properties the properties
	 * @return the cache of the Hub's own tools, or {@code null} for that of this starter
	 */
	@Nullable HubCacheSettings hubCache(ModelCacheProperties properties) {
		boolean links = !TRUE.contains(text("HF_HUB_DISABLE_SYMLINKS").toUpperCase(Locale.ROOT));
		return (properties.getCache().getLayout() == ModelCacheProperties.Layout.PRIVATE) ? null
				: new HubCacheSettings(huggingFace(properties), links);
	}

	/**
	 * Reads where the cache of the Hub's own tools is.
	 * @param properties the properties
	 * @return its root; need not exist
	 */
	Path huggingFace(ModelCacheProperties properties) {
		String configured = properties.getHuggingface().getCacheDirectory();
		return (configured != null)
				? new LocalPaths(this.environment).read(ModelKeys.GENERAL, "huggingface.cache-directory", configured)
				: huggingFaceCache();
	}

	private Path huggingFaceCache() {
		return variable("HF_HUB_CACHE").or(() -> variable("HUGGINGFACE_HUB_CACHE"))
			.or(() -> variable("HF_HOME").map((directory) -> directory.resolve("hub")))
			.orElseGet(() -> variable("XDG_CACHE_HOME").orElse(this.home.resolve(".cache")).resolve("huggingface/hub"));
	}

	private Optional<Path> variable(String name) {
		String text = text(name);
		if (text.isEmpty()) {
			return Optional.empty();
		}
		String expanded = VARIABLE.matcher(text)
			.replaceAll((variable) -> Matcher
				.quoteReplacement(text((variable.group(1) != null) ? variable.group(1) : variable.group(2))));
		try {
			return Optional.of((expanded.equals("~") || expanded.startsWith("~/"))
					? this.home.resolve(expanded.substring(Math.min(2, expanded.length())))
					: Path.of(expanded).toAbsolutePath());
		}
		catch (InvalidPathException ex) {
			return Optional.empty();
		}
	}

	private String text(String variable) {
		return this.environment.getProperty(variable, "").strip();
	}

}
