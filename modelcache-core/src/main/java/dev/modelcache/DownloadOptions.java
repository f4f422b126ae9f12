/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * Options for downloads, as configured with the keys below {@code hooks.llm.download}.
 */
public final class DownloadOptions {

	private DataSize bufferSize = DataSize.ofMegabytes(1);

	private int models = 4;

	private int connections = 4;

	private DataSize segmentSize = DataSize.ofMegabytes(16);

	private Duration connectTimeout = Duration.ofSeconds(10);

	private Duration tlsHandshakeTimeout = Duration.ofSeconds(10);

	private Duration responseTimeout = Duration.ofSeconds(30);

	private Duration stallTimeout = Duration.ofSeconds(30);

	private @Nullable DataSize maxBandwidth;

	private Duration giveUpAfter = Duration.ofMinutes(15);

	private DataSize minSpeed = DataSize.ofKilobytes(1);

	private boolean allowInsecureHttp;

	private int maxRedirects = 20;

	private @Nullable Boolean blockPrivateRedirects;

	private int maxExpansion = 20;

	private @Nullable String proxyHost;

	private @Nullable Integer proxyPort;

	private @Nullable String proxyUsername;

	private @Nullable String proxyPassword;

	private List<String> noProxy = List.of();

	private final Map<String, String> headers = new LinkedHashMap<>();

	DownloadOptions() {
	}

	/**
	 * Returns the maximum number of bytes that each connection buffers in memory.
	 * @return the buffer size
	 */
	public DataSize bufferSize() {
		return this.bufferSize;
	}

	/**
	 * Sets the maximum number of bytes that each connection buffers in memory.
	 * @param bufferSize the buffer size
	 * @return these options
	 */
	public DownloadOptions bufferSize(DataSize bufferSize) {
		this.bufferSize = bufferSize;
		return this;
	}

	/**
	 * Returns the maximum number of models that are downloaded at a time.
	 * @return the number of models
	 */
	public int models() {
		return this.models;
	}

	/**
	 * Sets the maximum number of models that are downloaded at a time. The others wait.
	 * @param models the number of models; 4 by default
	 * @return these options
	 */
	public DownloadOptions models(int models) {
		this.models = models;
		return this;
	}

	/**
	 * Returns the maximum number of connections used to download a model.
	 * @return the number of connections
	 */
	public int connections() {
		return this.connections;
	}

	/**
	 * Sets the maximum number of connections used to download a model.
	 * @param connections the number of connections
	 * @return these options
	 */
	public DownloadOptions connections(int connections) {
		this.connections = connections;
		return this;
	}

	/**
	 * Returns the number of bytes to request at a time.
	 * @return the segment size
	 */
	public DataSize segmentSize() {
		return this.segmentSize;
	}

	/**
	 * Sets the number of bytes to request at a time.
	 * @param segmentSize the segment size
	 * @return these options
	 */
	public DownloadOptions segmentSize(DataSize segmentSize) {
		this.segmentSize = segmentSize;
		return this;
	}

	/**
	 * Returns the time to wait for a connection to be established.
	 * @return the timeout
	 */
	public Duration connectTimeout() {
		return this.connectTimeout;
	}

	/**
	 * Sets the time to wait for a connection to be established.
	 * @param connectTimeout the timeout
	 * @return these options
	 */
	public DownloadOptions connectTimeout(Duration connectTimeout) {
		this.connectTimeout = connectTimeout;
		return this;
	}

	/**
	 * Returns the time to wait for a TLS handshake.
	 * @return the timeout
	 */
	public Duration tlsHandshakeTimeout() {
		return this.tlsHandshakeTimeout;
	}

	/**
	 * Sets the time to wait for a TLS handshake.
	 * @param tlsHandshakeTimeout the timeout
	 * @return these options
	 */
	public DownloadOptions tlsHandshakeTimeout(Duration tlsHandshakeTimeout) {
		this.tlsHandshakeTimeout = tlsHandshakeTimeout;
		return this;
	}

	/**
	 * Returns the time to wait for the headers of a response. It is multiplied by 4 and
	 * then by 20 for a host that takes requests and does not answer in time.
	 * @return the timeout
	 */
	public Duration responseTimeout() {
		return this.responseTimeout;
	}

	/**
	 * Sets the time to wait for the headers of a response. It is multiplied by 4 and then
	 * by 20 for a host that takes requests and does not answer in time.
	 * @param responseTimeout the timeout
	 * @return these options
	 */
	public DownloadOptions responseTimeout(Duration responseTimeout) {
		this.responseTimeout = responseTimeout;
		return this;
	}

	/**
	 * Returns the time to wait for the next bytes of a response body.
	 * @return the timeout
	 */
	public Duration stallTimeout() {
		return this.stallTimeout;
	}

	/**
	 * Sets the time to wait for the next bytes of a response body.
	 * @param stallTimeout the timeout
	 * @return these options
	 */
	public DownloadOptions stallTimeout(Duration stallTimeout) {
		this.stallTimeout = stallTimeout;
		return this;
	}

	/**
	 * Returns the maximum number of bytes per second for all downloads together.
	 * Unlimited by default.
	 * @return the number of bytes per second, or {@code null} for the default
	 */
	public @Nullable DataSize maxBandwidth() {
		return this.maxBandwidth;
	}

	/**
	 * Sets the maximum number of bytes per second for all downloads together. Unlimited
	 * by default.
	 * @param maxBandwidth the number of bytes per second, or {@code null} for the default
	 * @return these options
	 */
	public DownloadOptions maxBandwidth(@Nullable DataSize maxBandwidth) {
		this.maxBandwidth = maxBandwidth;
		return this;
	}

	/**
	 * Returns the time after which an operation that makes no progress fails.
	 * @return the time
	 */
	public Duration giveUpAfter() {
		return this.giveUpAfter;
	}

	/**
	 * Sets the time after which an operation that makes no progress fails.
	 * @param giveUpAfter the time
	 * @return these options
	 */
	public DownloadOptions giveUpAfter(Duration giveUpAfter) {
		this.giveUpAfter = giveUpAfter;
		return this;
	}

	/**
	 * Returns the minimum number of bytes per second that a mirror must send, averaged
	 * over a minute. 0 accepts any speed.
	 * @return the number of bytes per second
	 */
	public DataSize minSpeed() {
		return this.minSpeed;
	}

	/**
	 * Sets the minimum number of bytes per second that a mirror must send, averaged over
	 * a minute. 0 accepts any speed.
	 * @param minSpeed the number of bytes per second
	 * @return these options
	 */
	public DownloadOptions minSpeed(DataSize minSpeed) {
		this.minSpeed = minSpeed;
		return this;
	}

	/**
	 * Returns whether to allow plain HTTP, for URLs and for redirect targets.
	 * @return {@code true} if plain HTTP is allowed
	 */
	public boolean allowInsecureHttp() {
		return this.allowInsecureHttp;
	}

	/**
	 * Sets whether to allow plain HTTP, for URLs and for redirect targets.
	 * @param allowInsecureHttp whether to allow plain HTTP
	 * @return these options
	 */
	public DownloadOptions allowInsecureHttp(boolean allowInsecureHttp) {
		this.allowInsecureHttp = allowInsecureHttp;
		return this;
	}

	/**
	 * Returns the maximum number of redirects to follow for each request.
	 * @return the number of redirects
	 */
	public int maxRedirects() {
		return this.maxRedirects;
	}

	/**
	 * Sets the maximum number of redirects to follow for each request.
	 * @param maxRedirects the number of redirects
	 * @return these options
	 */
	public DownloadOptions maxRedirects(int maxRedirects) {
		this.maxRedirects = maxRedirects;
		return this;
	}

	/**
	 * Returns whether to refuse redirects to private, link-local and loopback addresses.
	 * Defaults to {@code true} for URLs whose own host has a public address.
	 * @return {@code true} if such redirects are refused, or {@code null} for the default
	 */
	public @Nullable Boolean blockPrivateRedirects() {
		return this.blockPrivateRedirects;
	}

	/**
	 * Sets whether to refuse redirects to private, link-local and loopback addresses.
	 * Defaults to {@code true} for URLs whose own host has a public address.
	 * @param blockPrivateRedirects whether to refuse such redirects, or {@code null} for
	 * the default
	 * @return these options
	 */
	public DownloadOptions blockPrivateRedirects(@Nullable Boolean blockPrivateRedirects) {
		this.blockPrivateRedirects = blockPrivateRedirects;
		return this;
	}

	/**
	 * Returns the maximum ratio of the decompressed size of a model to its compressed
	 * size.
	 * @return the ratio
	 */
	public int maxExpansion() {
		return this.maxExpansion;
	}

	/**
	 * Sets the maximum ratio of the decompressed size of a model to its compressed size.
	 * @param maxExpansion the ratio
	 * @return these options
	 */
	public DownloadOptions maxExpansion(int maxExpansion) {
		this.maxExpansion = maxExpansion;
		return this;
	}

	/**
	 * Returns the host of the HTTP proxy. Defaults to the proxy of the system properties
	 * of the JVM, or else of the environment variables.
	 * @return the host, or {@code null} for the default
	 */
	public @Nullable String proxyHost() {
		return this.proxyHost;
	}

	/**
	 * Sets the host of the HTTP proxy. Defaults to the proxy of the system properties of
	 * the JVM, or else of the environment variables.
	 * @param proxyHost the host, or {@code null} for the default
	 * @return these options
	 */
	public DownloadOptions proxyHost(@Nullable String proxyHost) {
		this.proxyHost = proxyHost;
		return this;
	}

	/**
	 * Returns the port of the HTTP proxy.
	 * @return the port, 1 to 65535, or {@code null} for the default
	 */
	public @Nullable Integer proxyPort() {
		return this.proxyPort;
	}

	/**
	 * Sets the port of the HTTP proxy.
	 * @param proxyPort the port, 1 to 65535, or {@code null} for the default
	 * @return these options
	 */
	public DownloadOptions proxyPort(@Nullable Integer proxyPort) {
		this.proxyPort = proxyPort;
		return this;
	}

	/**
	 * Returns the user name for the proxy.
	 * @return the user name, or {@code null} for the default
	 */
	public @Nullable String proxyUsername() {
		return this.proxyUsername;
	}

	/**
	 * Sets the user name for the proxy.
	 * @param proxyUsername the user name, or {@code null} for the default
	 * @return these options
	 */
	public DownloadOptions proxyUsername(@Nullable String proxyUsername) {
		this.proxyUsername = proxyUsername;
		return this;
	}

	/**
	 * Returns the password for the proxy.
	 * @return the password, or {@code null} for the default
	 */
	public @Nullable String proxyPassword() {
		return this.proxyPassword;
	}

	/**
	 * Sets the password for the proxy.
	 * @param proxyPassword the password, or {@code null} for the default
	 * @return these options
	 */
	public DownloadOptions proxyPassword(@Nullable String proxyPassword) {
		this.proxyPassword = proxyPassword;
		return this;
	}

	/**
	 * Returns the hosts to connect to without a proxy.
	 * @return domains, IP addresses and ranges of addresses
	 */
	public List<String> noProxy() {
		return this.noProxy;
	}

	/**
	 * Sets the hosts to connect to without a proxy, in the format of the environment
	 * variable {@code NO_PROXY}: domains, which include the hosts below them, IP
	 * addresses, and ranges of addresses such as {@code 10.0.0.0/8}.
	 * @param noProxy the hosts
	 * @return these options
	 */
	public DownloadOptions noProxy(List<String> noProxy) {
		this.noProxy = List.copyOf(noProxy);
		return this;
	}

	/**
	 * Returns the headers to send to the configured origin.
	 * @return the headers by name
	 */
	public Map<String, String> headers() {
		return Collections.unmodifiableMap(this.headers);
	}

	/**
	 * Adds a header to send to the configured origin. It is not sent to other origins,
	 * such as redirect targets.
	 * @param name the name of the header
	 * @param value the value of the header
	 * @return these options
	 */
	public DownloadOptions header(String name, String value) {
		this.headers.put(name, value);
		return this;
	}

}
