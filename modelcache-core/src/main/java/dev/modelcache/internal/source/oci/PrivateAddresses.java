/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * Addresses that mean something within a machine or a network alone, so that nobody
 * outside should choose whether they are asked (RFC 6890).
 */
public final class PrivateAddresses {

	private static final int IPV4_BYTES = 4;

	/** RFC 8215: translation within a network, at any position of the address. */
	private static final byte[] LOCAL_NAT64 = { 0, 0x64, (byte) 0xff, (byte) 0x9b, 0, 1 };

	/** RFC 4380: Teredo, whose addresses lead to any IPv4 address. */
	private static final byte[] TEREDO = { 0x20, 1, 0, 0 };

	/** RFC 6052: IPv4 addresses within IPv6. */
	private static final byte[] NAT64 = { 0, 0x64, (byte) 0xff, (byte) 0x9b, 0, 0, 0, 0, 0, 0, 0, 0 };

	private PrivateAddresses() {
	}

	/**
	 * Returns whether an address is private.
	 * @param address the address
	 * @return {@code true} if it is one of a machine or a network alone, or reserved
	 */
	public static boolean contain(InetAddress address) {
		if (address.isAnyLocalAddress() || address.isLoopbackAddress() || address.isLinkLocalAddress()
				|| address.isSiteLocalAddress() || address.isMulticastAddress()) {
			return true;
		}
		byte[] bytes = address.getAddress();
		return (address instanceof Inet6Address) ? containsIpv6(bytes) : containsIpv4(bytes);
	}

	private static boolean containsIpv6(byte[] bytes) {
		if (startsWith(bytes, LOCAL_NAT64) || startsWith(bytes, TEREDO)) {
			return true;
		}
		boolean uniqueLocal = (bytes[0] & 0xfe) == 0xfc;
		boolean sixToFour = bytes[0] == 0x20 && bytes[1] == 0x02;
		if (uniqueLocal || sixToFour) {
			return uniqueLocal || isPrivateIpv4(Arrays.copyOfRange(bytes, 2, 2 + IPV4_BYTES));
		}
		boolean embedded = startsWith(bytes, NAT64) || isZero(bytes, bytes.length - IPV4_BYTES);
		return embedded && isPrivateIpv4(Arrays.copyOfRange(bytes, bytes.length - IPV4_BYTES, bytes.length));
	}

	private static boolean startsWith(byte[] bytes, byte[] prefix) {
		return Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
	}

	private static boolean isZero(byte[] bytes, int length) {
		for (int i = 0; i < length; i++) {
			if (bytes[i] != 0) {
				return false;
			}
		}
		return true;
	}

	private static boolean isPrivateIpv4(byte[] bytes) {
		try {
			return contain(InetAddress.getByAddress(bytes));
		}
		catch (UnknownHostException ex) {
			throw new IllegalStateException("an IPv4 address has four bytes", ex);
		}
	}

	private static boolean containsIpv4(byte[] bytes) {
		int first = bytes[0] & 0xff;
		int second = bytes[1] & 0xff;
		int third = bytes[2] & 0xff;
		boolean thisNetwork = first == 0;
		boolean shared = first == 100 && second >= 64 && second < 128;
		boolean protocols = first == 192 && second == 0 && third == 0;
		boolean benchmarks = first == 198 && (second == 18 || second == 19);
		boolean reserved = first >= 240;
		return thisNetwork || shared || protocols || benchmarks || reserved;
	}

}
