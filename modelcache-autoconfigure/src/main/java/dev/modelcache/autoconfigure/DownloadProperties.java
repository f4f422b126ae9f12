/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * Downloads and their connections.
 */
public class DownloadProperties {

	/**
	 * Maximum number of bytes that each connection buffers in memory.
	 */
	private DataSize bufferSize = DataSize.ofMegabytes(1);

	/**
	 * Maximum number of models that are downloaded at a time. The others wait.
	 */
	private int models = 4;

	/**
	 * Maximum number of connections used to download a model.
	 */
	private int connections = 4;

	/**
	 * Number of bytes to request at a time. A file smaller than two segments is
	 * downloaded with one request.
	 */
	private DataSize segmentSize = DataSize.ofMegabytes(16);

	/**
	 * Time to wait for a connection to be established.
	 */
	private Duration connectTimeout = Duration.ofSeconds(10);

	/**
	 * Time to wait for a TLS handshake.
	 */
	private Duration tlsHandshakeTimeout = Duration.ofSeconds(10);

	/**
	 * Time to wait for the headers of a response. Multiplied by 4 and then by 20 for a
	 * host that takes requests and does not answer in time.
	 */
	private Duration responseTimeout = Duration.ofSeconds(30);

	/**
	 * Time to wait for the next bytes of a response body, including the first ones.
	 */
	private Duration stallTimeout = Duration.ofSeconds(30);

	/**
	 * Maximum number of bytes per second for all downloads together. Unlimited by
	 * default.
	 */
	private @Nullable DataSize maxBandwidth;

	/**
	 * Time after which an operation that makes no progress fails. Progress is a change of
	 * state, a received byte, or a wait with a known reason; retries share this time.
	 */
	private Duration giveUpAfter = Duration.ofMinutes(15);

	/**
	 * Minimum number of bytes per second that a mirror must send, averaged over a minute.
	 * A slower mirror counts as failed and the next one is used. 0 accepts any speed.
	 */
	private DataSize minSpeed = DataSize.ofKilobytes(1);

	/**
	 * Whether to allow plain HTTP, for URLs and for redirect targets.
	 */
	private boolean allowInsecureHttp = false;

	/**
	 * Maximum number of redirects to follow for each request.
	 */
	private int maxRedirects = 20;

	/**
	 * Whether to refuse redirects to private, link-local and loopback addresses. Defaults
	 * to true for URLs whose own host has a public address. Needs Spring Boot 4.1.
	 */
	private @Nullable Boolean blockPrivateRedirects;

	/**
	 * Maximum ratio of the decompressed size of a model to its compressed size.
	 * Decompressed sizes below 1 MiB are always allowed.
	 */
	private int maxExpansion = 20;

	/**
	 * Name of the SSL bundle to use for connections.
	 */
	private @Nullable String sslBundle;

	/**
	 * Headers to send to the configured origin. They are not sent to mirrors on other
	 * origins or to redirect targets.
	 */
	private Map<String, String> headers = new LinkedHashMap<>();

	private final Proxy proxy = new Proxy();

	public DataSize getBufferSize() {
		return this.bufferSize;
	}

	public void setBufferSize(DataSize bufferSize) {
		this.bufferSize = bufferSize;
	}

	public int getModels() {
		return this.models;
	}

	public void setModels(int models) {
		this.models = models;
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

	public Duration getTlsHandshakeTimeout() {
		return this.tlsHandshakeTimeout;
	}

	public void setTlsHandshakeTimeout(Duration tlsHandshakeTimeout) {
		this.tlsHandshakeTimeout = tlsHandshakeTimeout;
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
	 * Proxy to use for connections.
	 */
	public static class Proxy {

		/**
		 * Host of the HTTP proxy. Defaults to the proxy of the system properties of the
		 * JVM, or else of the environment variables HTTPS_PROXY, HTTP_PROXY and
		 * ALL_PROXY.
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

		/**
		 * Hosts to connect to without a proxy: domains, which include the hosts below
		 * them, IP addresses, and ranges of addresses such as 10.0.0.0/8.
		 */
		private List<String> noProxy = new ArrayList<>();

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

		public List<String> getNoProxy() {
			return this.noProxy;
		}

		public void setNoProxy(List<String> noProxy) {
			this.noProxy = noProxy;
		}

	}

}
