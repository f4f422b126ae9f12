package dev.modelcache.autoconfigure;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Locale;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Reads which Hub to ask, and as whom: the properties, else the environment variables
 * that the Hub's own tools know. No message shows the endpoint: a password may be in it.
 */
final class HubProperties {

	private static final String VARIABLE = "HF_ENDPOINT";

	private final Environment environment;

	private final boolean insecureHttpAllowed;

	/**
	 * Creates a reader.
	 * @param environment gives the environment variables and the home directory
	 * @param insecureHttpAllowed whether plain http is allowed
	 */
	HubProperties(Environment environment, boolean insecureHttpAllowed) {
		this.environment = environment;
		this.insecureHttpAllowed = insecureHttpAllowed;
	}

	/**
	 * Reads the properties.
	 * @param properties the properties
	 * @return the settings
	 * @throws ModelConfigurationException if the endpoint cannot be used
	 */
	HubSettings read(ModelCacheProperties.Huggingface properties) {
		Path home = Path.of(this.environment.getProperty("user.home", "")).toAbsolutePath();
		HubToken token = new HubToken(properties.getToken(), this.environment::getProperty, home);
		if (StringUtils.hasText(properties.getEndpoint())) {
			return new HubSettings(endpoint(ModelKeys.GENERAL.key("huggingface.endpoint"), properties.getEndpoint()),
					token);
		}
		String variable = this.environment.getProperty(VARIABLE);
		return new HubSettings(
				StringUtils.hasText(variable) ? endpoint(VARIABLE, variable) : HubSettings.DEFAULT_ENDPOINT, token);
	}

	private URI endpoint(String key, String text) {
		URI url;
		try {
			url = new URI(text.strip().replaceFirst("/+$", ""));
		}
		catch (URISyntaxException ex) {
			throw wrong(key, "is no valid URL");
		}
		String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
		if (!scheme.equals("https") && !scheme.equals("http")) {
			throw wrong(key, "is neither an https nor an http URL");
		}
		if (scheme.equals("http") && !this.insecureHttpAllowed) {
			throw new ModelConfigurationException(null, key,
					"is plain http, which anybody on the way can read and change",
					"Use https, or set " + ModelKeys.GENERAL.key("download.allow-insecure-http") + "=true");
		}
		if (url.getHost() == null) {
			throw wrong(key, "names no valid host");
		}
		if (url.getRawUserInfo() != null || url.getRawQuery() != null || url.getRawFragment() != null) {
			throw wrong(key, "has user-info, a query or a fragment");
		}
		return url;
	}

	private static ModelConfigurationException wrong(String key, String problem) {
		return new ModelConfigurationException(null, key, problem,
				"Write the Hub's address, such as " + HubSettings.DEFAULT_ENDPOINT);
	}

}
