package dev.modelcache;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * How model files are downloaded: the keys below {@code hooks.llm.download}.
 */
public final class DownloadOptions {

	private DataSize bufferSize = DataSize.ofMegabytes(1);

	private int connections = 4;

	private DataSize segmentSize = DataSize.ofMegabytes(16);

	private Duration connectTimeout = Duration.ofSeconds(10);

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

	private final Map<String, String> headers = new LinkedHashMap<>();

	DownloadOptions() {
	}

	/**
	 * Returns the maximum number of bytes that one connection holds in memory.
	 * @return the value
	 */
	public DataSize bufferSize() {
		return this.bufferSize;
	}

	/**
	 * Sets the maximum number of bytes that one connection holds in memory.
	 * @param bufferSize the value
	 * @return these options
	 */
	public DownloadOptions bufferSize(DataSize bufferSize) {
		this.bufferSize = bufferSize;
		return this;
	}

	/**
	 * Returns the number of connections that fetch one model.
	 * @return the value
	 */
	public int connections() {
		return this.connections;
	}

	/**
	 * Sets the number of connections that fetch one model.
	 * @param connections the value
	 * @return these options
	 */
	public DownloadOptions connections(int connections) {
		this.connections = connections;
		return this;
	}

	/**
	 * Returns the number of bytes that one request asks for.
	 * @return the value
	 */
	public DataSize segmentSize() {
		return this.segmentSize;
	}

	/**
	 * Sets the number of bytes that one request asks for.
	 * @param segmentSize the value
	 * @return these options
	 */
	public DownloadOptions segmentSize(DataSize segmentSize) {
		this.segmentSize = segmentSize;
		return this;
	}

	/**
	 * Returns the maximum time to open a connection.
	 * @return the value
	 */
	public Duration connectTimeout() {
		return this.connectTimeout;
	}

	/**
	 * Sets the maximum time to open a connection.
	 * @param connectTimeout the value
	 * @return these options
	 */
	public DownloadOptions connectTimeout(Duration connectTimeout) {
		this.connectTimeout = connectTimeout;
		return this;
	}

	/**
	 * Returns the maximum time to wait for the headers of a response.
	 * @return the value
	 */
	public Duration responseTimeout() {
		return this.responseTimeout;
	}

	/**
	 * Sets the maximum time to wait for the headers of a response.
	 * @param responseTimeout the value
	 * @return these options
	 */
	public DownloadOptions responseTimeout(Duration responseTimeout) {
		this.responseTimeout = responseTimeout;
		return this;
	}

	/**
	 * Returns the maximum time without a byte of a body.
	 * @return the value
	 */
	public Duration stallTimeout() {
		return this.stallTimeout;
	}

	/**
	 * Sets the maximum time without a byte of a body.
	 * @param stallTimeout the value
	 * @return these options
	 */
	public DownloadOptions stallTimeout(Duration stallTimeout) {
		this.stallTimeout = stallTimeout;
		return this;
	}

	/**
	 * Returns the maximum number of bytes per second of all downloads together.
	 * @return the value
	 */
	public @Nullable DataSize maxBandwidth() {
		return this.maxBandwidth;
	}

	/**
	 * Sets the maximum number of bytes per second of all downloads together.
	 * @param maxBandwidth the value, or {@code null} for the default
	 * @return these options
	 */
	public DownloadOptions maxBandwidth(@Nullable DataSize maxBandwidth) {
		this.maxBandwidth = maxBandwidth;
		return this;
	}

	/**
	 * Returns the time after which an acquisition without progress fails.
	 * @return the value
	 */
	public Duration giveUpAfter() {
		return this.giveUpAfter;
	}

	/**
	 * Sets the time after which an acquisition without progress fails.
	 * @param giveUpAfter the value
	 * @return these options
	 */
	public DownloadOptions giveUpAfter(Duration giveUpAfter) {
		this.giveUpAfter = giveUpAfter;
		return this;
	}

	/**
	 * Returns the minimum number of bytes per second of a mirror, averaged over a minute;
	 * 0 accepts any speed.
	 * @return the value
	 */
	public DataSize minSpeed() {
		return this.minSpeed;
	}

	/**
	 * Sets the minimum number of bytes per second of a mirror, averaged over a minute; 0
	 * accepts any speed.
	 * @param minSpeed the value
	 * @return these options
	 */
	public DownloadOptions minSpeed(DataSize minSpeed) {
		this.minSpeed = minSpeed;
		return this;
	}

	/**
	 * Returns whether plain http is allowed, also as the target of a redirect.
	 * @return the value
	 */
	public boolean allowInsecureHttp() {
		return this.allowInsecureHttp;
	}

	/**
	 * Sets whether plain http is allowed, also as the target of a redirect.
	 * @param allowInsecureHttp the value
	 * @return these options
	 */
	public DownloadOptions allowInsecureHttp(boolean allowInsecureHttp) {
		this.allowInsecureHttp = allowInsecureHttp;
		return this;
	}

	/**
	 * Returns the maximum number of redirects that one request follows.
	 * @return the value
	 */
	public int maxRedirects() {
		return this.maxRedirects;
	}

	/**
	 * Sets the maximum number of redirects that one request follows.
	 * @param maxRedirects the value
	 * @return these options
	 */
	public DownloadOptions maxRedirects(int maxRedirects) {
		this.maxRedirects = maxRedirects;
		return this;
	}

	/**
	 * Returns whether to refuse redirects to private, link-local and loopback addresses;
	 * by default for URLs whose own host has a public address.
	 * @return the value
	 */
	public @Nullable Boolean blockPrivateRedirects() {
		return this.blockPrivateRedirects;
	}

	/**
	 * Sets whether to refuse redirects to private, link-local and loopback addresses; by
	 * default for URLs whose own host has a public address.
	 * @param blockPrivateRedirects the value, or {@code null} for the default
	 * @return these options
	 */
	public DownloadOptions blockPrivateRedirects(@Nullable Boolean blockPrivateRedirects) {
		this.blockPrivateRedirects = blockPrivateRedirects;
		return this;
	}

	/**
	 * Returns the maximum number of decompressed bytes for each byte of a compressed
	 * model.
	 * @return the value
	 */
	public int maxExpansion() {
		return this.maxExpansion;
	}

	/**
	 * Sets the maximum number of decompressed bytes for each byte of a compressed model.
	 * @param maxExpansion the value
	 * @return these options
	 */
	public DownloadOptions maxExpansion(int maxExpansion) {
		this.maxExpansion = maxExpansion;
		return this;
	}

	/**
	 * Returns the host of the HTTP proxy.
	 * @return the value
	 */
	public @Nullable String proxyHost() {
		return this.proxyHost;
	}

	/**
	 * Sets the host of the HTTP proxy.
	 * @param proxyHost the value, or {@code null} for the default
	 * @return these options
	 */
	public DownloadOptions proxyHost(@Nullable String proxyHost) {
		this.proxyHost = proxyHost;
		return this;
	}

	/**
	 * Returns the port of the HTTP proxy.
	 * @return the value
	 */
	public @Nullable Integer proxyPort() {
		return this.proxyPort;
	}

	/**
	 * Sets the port of the HTTP proxy.
	 * @param proxyPort the value, or {@code null} for the default
	 * @return these options
	 */
	public DownloadOptions proxyPort(@Nullable Integer proxyPort) {
		this.proxyPort = proxyPort;
		return this;
	}

	/**
	 * Returns the user name that the proxy requires.
	 * @return the value
	 */
	public @Nullable String proxyUsername() {
		return this.proxyUsername;
	}

	/**
	 * Sets the user name that the proxy requires.
	 * @param proxyUsername the value, or {@code null} for the default
	 * @return these options
	 */
	public DownloadOptions proxyUsername(@Nullable String proxyUsername) {
		this.proxyUsername = proxyUsername;
		return this;
	}

	/**
	 * Returns the password that the proxy requires.
	 * @return the value
	 */
	public @Nullable String proxyPassword() {
		return this.proxyPassword;
	}

	/**
	 * Sets the password that the proxy requires.
	 * @param proxyPassword the value, or {@code null} for the default
	 * @return these options
	 */
	public DownloadOptions proxyPassword(@Nullable String proxyPassword) {
		this.proxyPassword = proxyPassword;
		return this;
	}

	/**
	 * Returns the headers of requests to the configured origin.
	 * @return the headers by name
	 */
	public Map<String, String> headers() {
		return Collections.unmodifiableMap(this.headers);
	}

	/**
	 * Adds a header to the requests to the configured origin. Other origins, such as the
	 * targets of redirects, never receive it.
	 * @param name the name of the header
	 * @param value its value
	 * @return these options
	 */
	public DownloadOptions header(String name, String value) {
		this.headers.put(name, value);
		return this;
	}

}
