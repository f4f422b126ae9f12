/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Collections;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

import dev.modelcache.internal.RecentlyUsed;
import dev.modelcache.internal.source.oci.PrivateAddresses;
import dev.modelcache.internal.Origin;

/**
 * Tells public addresses from private ones, at the moment of connecting, and remembers
 * which hosts had private ones. A proxy resolves names itself: of those, only names that
 * always mean the local machine and unusual spellings of addresses count as private.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class PublicAddresses {

	/** Netty knows host names as they were asked for; a trailing dot means the same. */
	private static final Pattern TRAILING_DOT = Pattern.compile("\\.$");

	/** What URL parsers may read as an IPv4 address, such as 0x7f.1 or 2130706433. */
	private static final Pattern ENDS_IN_A_NUMBER = Pattern.compile("(.*\\.)?(\\d+|0x[0-9a-f]*)");

	private static final int MOST_HOSTS = 1024;

	/** Hosts with private addresses, those that were connected to last. */
	private final Set<String> privateHosts = Collections
		.synchronizedSet(Collections.newSetFromMap(new RecentlyUsed<>(MOST_HOSTS)));

	/** Returns whether the host of a URL, which has answered, has a public address. */
	boolean isPublic(URI url) {
		return !this.privateHosts.contains(normal(Origin.of(url).host()));
	}

	private static String normal(String host) {
		String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
		return TRAILING_DOT.matcher(bare.toLowerCase(Locale.ROOT)).replaceFirst("");
	}

	private static boolean isPrivate(InetSocketAddress address) {
		if (address.getAddress() != null) {
			return PrivateAddresses.contain(address.getAddress());
		}
		String host = normal(address.getHostString());
		return host.equals("localhost") || host.endsWith(".localhost") || ENDS_IN_A_NUMBER.matcher(host).matches();
	}

	/**
	 * Returns whether an address is public. Also remembers what its host is.
	 * @param address the address; unresolved where a proxy resolves it
	 * @return {@code false} for a private address
	 */
	boolean admit(InetSocketAddress address) {
		boolean isPrivate = isPrivate(address);
		if (isPrivate) {
			this.privateHosts.add(normal(address.getHostString()));
		}
		else {
			this.privateHosts.remove(normal(address.getHostString()));
		}
		return !isPrivate;
	}

	/**
	 * Returns whether a resolved address is public. A host with private and public
	 * addresses counts as private.
	 * @param address the address, with the host name that was resolved
	 * @return {@code false} for a private address
	 */
	boolean admit(InetAddress address) {
		// The name that was resolved, or the address itself: no look-up.
		String[] nameAndAddress = address.toString().split("/", 2);
		String host = nameAndAddress[0].isEmpty() ? nameAndAddress[1] : nameAndAddress[0];
		boolean isPrivate = PrivateAddresses.contain(address);
		if (isPrivate) {
			this.privateHosts.add(normal(host));
		}
		return !isPrivate;
	}

}
