/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PublicAddresses}.
 */
class PublicAddressesTests {

	@Test
	void hostIsPublicUnlessItsAddressWasPrivate() throws UnknownHostException {
		PublicAddresses addresses = new PublicAddresses();
		URI url = URI.create("https://models.example/m.gguf");
		assertThat(addresses.isPublic(url)).isTrue();
		assertThat(addresses.admit(address("models.example.", 10, 0, 0, 1))).isFalse();
		assertThat(addresses.isPublic(url)).isFalse();
		assertThat(addresses.admit(address("models.example", 1, 1, 1, 1))).isTrue();
		assertThat(addresses.isPublic(url)).isTrue();
	}

	@Test
	void proxyIsNotAskedForNamesOfTheLocalMachine() {
		PublicAddresses addresses = new PublicAddresses();
		assertThat(List.of("localhost", "localhost.", "a.localhost", "0x7f.1", "2130706433"))
			.noneMatch((host) -> addresses.admit(InetSocketAddress.createUnresolved(host, 443)));
		assertThat(addresses.admit(InetSocketAddress.createUnresolved("models.example", 443))).isTrue();
	}

	@Test
	void onlySomeHostsAreRemembered() throws UnknownHostException {
		PublicAddresses addresses = new PublicAddresses();
		for (int i = 0; i < 3000; i++) {
			addresses.admit(address("host" + i + ".example", 10, 0, 0, 1));
		}
		assertThat(addresses.isPublic(URI.create("https://host2999.example/m.gguf"))).isFalse();
		assertThat(addresses.isPublic(URI.create("https://host0.example/m.gguf"))).isTrue();
	}

	private static InetSocketAddress address(String host, int... bytes) throws UnknownHostException {
		byte[] address = new byte[bytes.length];
		for (int i = 0; i < bytes.length; i++) {
			address[i] = (byte) bytes[i];
		}
		return new InetSocketAddress(InetAddress.getByAddress(host, address), 443);
	}

}
