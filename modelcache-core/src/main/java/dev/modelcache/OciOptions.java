package dev.modelcache;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

/**
 * How to use registries: the keys below {@code hooks.llm.oci}.
 */
public final class OciOptions {

	private final Map<String, Registry> registries = new TreeMap<>();

	OciOptions() {
	}

	/**
	 * Returns the configured registries.
	 * @return the registries by host, with its port where it has one
	 */
	public Map<String, Registry> registries() {
		return Collections.unmodifiableMap(this.registries);
	}

	/**
	 * Adds a registry. A registry without a login uses the credentials of Docker's
	 * configuration.
	 * @param host its host, with its port where it has one
	 * @param registry how to use it
	 * @return these options
	 */
	public OciOptions registry(String host, Registry registry) {
		this.registries.put(host, registry);
		return this;
	}

	/**
	 * How to use one registry.
	 *
	 * @param username the name to log in with, or {@code null}
	 * @param password the password or token to log in with, or {@code null}
	 * @param insecure whether the registry uses plain http
	 */
	public record Registry(@Nullable String username, @Nullable String password, boolean insecure) {

		/** Shows no credentials. */
		@Override
		public String toString() {
			return "Registry[login=" + (this.username != null) + ", insecure=" + this.insecure + "]";
		}

	}

}
