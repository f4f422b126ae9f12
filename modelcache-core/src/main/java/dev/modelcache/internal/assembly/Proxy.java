/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.net.InetSocketAddress;

import org.jspecify.annotations.Nullable;

/**
 * A proxy for connections.
 *
 * @param type how to speak to it
 * @param host its host
 * @param port its port
 * @param username the user name, or {@code null} if it requires none
 * @param password the password, or {@code null} if it requires none
 * @param setting the name of the setting that it comes from
 */
record Proxy(Type type, String host, int port, @Nullable String username, @Nullable String password, String setting) {

	/** The prefix of the configuration keys. */
	static final String KEYS = "hooks.llm.download.proxy";

	InetSocketAddress address() {
		return InetSocketAddress.createUnresolved(this.host, this.port);
	}

	boolean isSocks() {
		return this.type == Type.SOCKS4 || this.type == Type.SOCKS5;
	}

	boolean isConfigured() {
		return this.setting.startsWith(KEYS);
	}

	/** Returns what errors call it. */
	String name() {
		return "the proxy " + this;
	}

	/** Shows no credentials. */
	@Override
	public String toString() {
		return ((this.host.indexOf(':') >= 0) ? "[" + this.host + "]" : this.host) + ":" + this.port;
	}

	/**
	 * The protocols of proxies.
	 */
	enum Type {

		/** RFC 9110: absolute URLs for http, CONNECT for https. */
		HTTP,

		/** The same by TLS. */
		HTTPS,

		/** SOCKS 4, and 4a for host names. */
		SOCKS4,

		/** RFC 1928. */
		SOCKS5

	}

}
