/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.net.InetAddress;
import java.net.UnknownHostException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PrivateAddresses}.
 */
class PrivateAddressesTests {

	@ParameterizedTest
	@ValueSource(strings = { "127.0.0.1", "127.255.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
			"169.254.169.254", "0.0.0.0", "0.1.2.3", "100.64.0.1", "100.127.255.255", "192.0.0.1", "198.18.0.1",
			"224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fec0::1", "fc00::1", "fdab::1",
			"ff02::1", "::ffff:10.0.0.1", "::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe",
			"64:ff9b:1:a9fe:a9:fe00::", "2001:0:4136:e378::f5ff:fffe", "2002:7f00:1::1" })
	void privateOnesAreKnown(String address) throws UnknownHostException {
		assertThat(PrivateAddresses.contain(InetAddress.getByName(address))).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "1.1.1.1", "100.63.0.1", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1",
			"198.20.0.1", "223.255.255.255", "2606:4700::1111", "64:ff9b::101:101", "2001:1::1", "2001:4860:4860::8888",
			"2002:101:101::1", "::ffff:1.1.1.1" })
	void publicOnesAreToo(String address) throws UnknownHostException {
		assertThat(PrivateAddresses.contain(InetAddress.getByName(address))).isFalse();
	}

}
