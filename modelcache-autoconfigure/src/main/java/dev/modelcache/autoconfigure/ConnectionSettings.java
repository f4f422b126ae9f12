package dev.modelcache.autoconfigure;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * How connections are opened, and what requests carry.
 *
 * @param connectTimeout how long opening a connection may take
 * @param sslBundle the name of the SSL bundle, if one is configured
 * @param proxy the proxy, if one is configured
 * @param headers the headers of the requests to the configured origin
 */
record ConnectionSettings(Duration connectTimeout, @Nullable String sslBundle, @Nullable Proxy proxy,
		Map<String, String> headers) {

	ConnectionSettings {
		headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
	}

	/** Shows no header's value. */
	@Override
	public String toString() {
		return "ConnectionSettings[connectTimeout=" + this.connectTimeout + ", sslBundle=" + this.sslBundle + ", proxy="
				+ this.proxy + ", headers=" + this.headers.keySet() + "]";
	}

	/**
	 * The proxy that connections go through.
	 *
	 * @param host its host
	 * @param port its port
	 * @param username the user name, if it wants one
	 * @param password the password, if it wants one
	 */
	record Proxy(String host, int port, @Nullable String username, @Nullable String password) {

		/** Shows no credentials. */
		@Override
		public String toString() {
			return this.host + ":" + this.port;
		}

	}

}
