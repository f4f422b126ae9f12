/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;

/**
 * The hosts that are connected to without a proxy, as curl reads {@code NO_PROXY}: an
 * entry is a domain, which includes the hosts below it, an IP address, a range of
 * addresses such as {@code 10.0.0.0/8}, or {@code *} for all hosts. A port restricts an
 * entry to that port. Names are compared as they are, without resolving them.
 */
final class DirectHosts {

	private static final Pattern IPV4 = Pattern
		.compile("(25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(25[0-5]|2[0-4]\\d|1?\\d?\\d)){3}");

	private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:]+:[0-9a-fA-F:.]*(%\\w+)?");

	private static final Pattern SEPARATORS = Pattern.compile("[,\\s]+");

	private final List<Entry> entries = new ArrayList<>();

	/**
	 * Reads a list.
	 * @param list entries, separated by commas or blanks
	 */
	DirectHosts(String list) {
		this(Arrays.asList(SEPARATORS.split(list)));
	}

	/**
	 * Reads entries.
	 * @param entries the entries; one that no host can match is ignored
	 */
	DirectHosts(List<String> entries) {
		entries.stream().map(String::strip).filter(StringUtils::hasText).map(Entry::of).forEach(this.entries::add);
	}

	/**
	 * Returns whether a host is connected to without a proxy.
	 * @param host the host of a URL
	 * @param port the port
	 * @return {@code true} if an entry matches
	 */
	boolean contain(String host, int port) {
		String name = normal(host);
		InetAddress address = literal(name);
		return this.entries.stream().anyMatch((entry) -> entry.matches(name, address, port));
	}

	private static String normal(String host) {
		String name = host.toLowerCase(Locale.ROOT);
		if (name.startsWith("[") && name.endsWith("]")) {
			name = name.substring(1, name.length() - 1);
		}
		return (name.length() > 1 && name.endsWith(".")) ? name.substring(0, name.length() - 1) : name;
	}

	/**
	 * Returns an IP address that is written as such. Nothing is resolved.
	 * @param name a host
	 * @return the address, or {@code null} for a name
	 */
	static @Nullable InetAddress literal(String name) {
		String host = normal(name);
		// Of these forms, the JDK asks no name server.
		if (!IPV4.matcher(host).matches() && !IPV6.matcher(host).matches()) {
			return null;
		}
		try {
			return InetAddress.getByName(host);
		}
		catch (UnknownHostException ex) {
			return null;
		}
	}

	/**
	 * One entry.
	 *
	 * @param name the domain, lower case, or {@code *}
	 * @param network the address, or {@code null} for a name
	 * @param bits how many bits of the address count
	 * @param port the port, or -1 for all ports
	 */
	private record Entry(String name, @Nullable InetAddress network, int bits, int port) {

		static Entry of(String text) {
			String host = text;
			int port = -1;
			int colon = text.lastIndexOf(':');
			boolean oneColon = colon >= 0
					&& (text.indexOf(':') == colon || text.startsWith("[") && text.charAt(colon - 1) == ']');
			if (oneColon && text.substring(colon + 1).matches("\\d{1,5}")) {
				host = text.substring(0, colon);
				port = Integer.parseInt(text.substring(colon + 1));
			}
			int slash = host.indexOf('/');
			String plain = normal((slash >= 0) ? host.substring(0, slash) : host);
			InetAddress network = literal(plain);
			if (network != null) {
				int all = network.getAddress().length * 8;
				return new Entry(plain, network, (slash >= 0) ? bits(host.substring(slash + 1), all) : all, port);
			}
			String domain = plain.startsWith("*.") ? plain.substring(2)
					: plain.startsWith(".") ? plain.substring(1) : plain;
			return new Entry(domain, null, 0, port);
		}

		/** What is not a prefix length matches no address. */
		private static int bits(String text, int most) {
			int bits = text.matches("\\d{1,3}") ? Integer.parseInt(text) : -1;
			return (bits <= most) ? bits : -1;
		}

		boolean matches(String host, @Nullable InetAddress address, int port) {
			if (this.port >= 0 && this.port != port) {
				return false;
			}
			if (this.name.equals("*")) {
				return true;
			}
			if (this.network != null) {
				return address != null && isWithin(this.network.getAddress(), address.getAddress(), this.bits);
			}
			return address == null && (host.equals(this.name) || host.endsWith("." + this.name));
		}

		private static boolean isWithin(byte[] network, byte[] address, int bits) {
			if (network.length != address.length || bits < 0) {
				return false;
			}
			for (int bit = 0; bit < bits; bit++) {
				int mask = 0x80 >> (bit % 8);
				if ((network[bit / 8] & mask) != (address[bit / 8] & mask)) {
					return false;
				}
			}
			return true;
		}

	}

}
