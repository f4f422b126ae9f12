package dev.modelcache.autoconfigure;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * How bytes are fetched.
 */
public class DownloadProperties {

	/**
	 * Most bytes that one connection holds in memory.
	 */
	private DataSize bufferSize = DataSize.ofMegabytes(1);

	/**
	 * Number of connections that fetch one model.
	 */
	private int connections = 4;

	/**
	 * Bytes that one request asks for; a file of less than two such segments is fetched
	 * by one.
	 */
	private DataSize segmentSize = DataSize.ofMegabytes(16);

	/**
	 * How long opening a connection may take.
	 */
	private Duration connectTimeout = Duration.ofSeconds(10);

	/**
	 * How long a request may wait for its response's headers.
	 */
	private Duration responseTimeout = Duration.ofSeconds(30);

	/**
	 * How long a body may bring no byte, also before the first one.
	 */
	private Duration stallTimeout = Duration.ofSeconds(30);

	/**
	 * Most bytes per second that all downloads together take; without it, as many as
	 * come.
	 */
	private @Nullable DataSize maxBandwidth;

	/**
	 * Time after which an acquisition that does not advance fails: no change of state, no
	 * byte, and no wait with a reason, in all its retries together.
	 */
	private Duration giveUpAfter = Duration.ofMinutes(15);

	/**
	 * Minimum number of bytes per second that a mirror must send, averaged over a minute.
	 * A slower mirror counts as failed, and the next one is used; 0 accepts any speed.
	 */
	private DataSize minSpeed = DataSize.ofKilobytes(1);

	/**
	 * Whether plain http is allowed, also as a redirect's target.
	 */
	private boolean allowInsecureHttp = false;

	/**
	 * Number of redirects that are followed for one request.
	 */
	private int maxRedirects = 20;

	/**
	 * Whether to refuse redirects to private, link-local and loopback addresses. Defaults
	 * to true for URLs whose own host has a public address. Needs Spring Boot 4.1.
	 */
	private @Nullable Boolean blockPrivateRedirects;

	/**
	 * Most decompressed bytes for each byte of a compressed model; what stays below 1 MiB
	 * is always allowed.
	 */
	private int maxExpansion = 20;

	/**
	 * Name of the SSL bundle of the connections.
	 */
	private @Nullable String sslBundle;

	/**
	 * Headers of the requests to the configured origin; no other origin gets them.
	 */
	private Map<String, String> headers = new LinkedHashMap<>();

	private final Proxy proxy = new Proxy();

	public DataSize getBufferSize() {
		return this.bufferSize;
	}

	public void setBufferSize(DataSize bufferSize) {
		this.bufferSize = bufferSize;
	}

	public int getConnections() {
		return this.connections;
	}

	public void setConnections(int connections) {
		this.connections = connections;
	}

	public DataSize getSegmentSize() {
		return this.segmentSize;
	}

	public void setSegmentSize(DataSize segmentSize) {
		this.segmentSize = segmentSize;
	}

	public Duration getConnectTimeout() {
		return this.connectTimeout;
	}

	public void setConnectTimeout(Duration connectTimeout) {
		this.connectTimeout = connectTimeout;
	}

	public Duration getResponseTimeout() {
		return this.responseTimeout;
	}

	public void setResponseTimeout(Duration responseTimeout) {
		this.responseTimeout = responseTimeout;
	}

	public Duration getStallTimeout() {
		return this.stallTimeout;
	}

	public void setStallTimeout(Duration stallTimeout) {
		this.stallTimeout = stallTimeout;
	}

	public @Nullable DataSize getMaxBandwidth() {
		return this.maxBandwidth;
	}

	public void setMaxBandwidth(@Nullable DataSize maxBandwidth) {
		this.maxBandwidth = maxBandwidth;
	}

	public Duration getGiveUpAfter() {
		return this.giveUpAfter;
	}

	public void setGiveUpAfter(Duration giveUpAfter) {
		this.giveUpAfter = giveUpAfter;
	}

	public DataSize getMinSpeed() {
		return this.minSpeed;
	}

	public void setMinSpeed(DataSize minSpeed) {
		this.minSpeed = minSpeed;
	}

	public boolean isAllowInsecureHttp() {
		return this.allowInsecureHttp;
	}

	public void setAllowInsecureHttp(boolean allowInsecureHttp) {
		this.allowInsecureHttp = allowInsecureHttp;
	}

	public int getMaxRedirects() {
		return this.maxRedirects;
	}

	public void setMaxRedirects(int maxRedirects) {
		this.maxRedirects = maxRedirects;
	}

	public @Nullable Boolean getBlockPrivateRedirects() {
		return this.blockPrivateRedirects;
	}

	public void setBlockPrivateRedirects(@Nullable Boolean blockPrivateRedirects) {
		this.blockPrivateRedirects = blockPrivateRedirects;
	}

	public int getMaxExpansion() {
		return this.maxExpansion;
	}

	public void setMaxExpansion(int maxExpansion) {
		this.maxExpansion = maxExpansion;
	}

	public @Nullable String getSslBundle() {
		return this.sslBundle;
	}

	public void setSslBundle(@Nullable String sslBundle) {
		this.sslBundle = sslBundle;
	}

	public Map<String, String> getHeaders() {
		return this.headers;
	}

	public void setHeaders(Map<String, String> headers) {
		this.headers = headers;
	}

	public Proxy getProxy() {
		return this.proxy;
	}

	/**
	 * The proxy that connections go through.
	 */
	public static class Proxy {

		/**
		 * Host of the proxy.
		 */
		private @Nullable String host;

		/**
		 * Port of the proxy, 1 to 65535.
		 */
		private @Nullable Integer port;

		/**
		 * User name for the proxy.
		 */
		private @Nullable String username;

		/**
		 * Password for the proxy.
		 */
		private @Nullable String password;

		public @Nullable String getHost() {
			return this.host;
		}

		public void setHost(@Nullable String host) {
			this.host = host;
		}

		public @Nullable Integer getPort() {
			return this.port;
		}

		public void setPort(@Nullable Integer port) {
			this.port = port;
		}

		public @Nullable String getUsername() {
			return this.username;
		}

		public void setUsername(@Nullable String username) {
			this.username = username;
		}

		public @Nullable String getPassword() {
			return this.password;
		}

		public void setPassword(@Nullable String password) {
			this.password = password;
		}

	}

}
