/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link DirectHosts}.
 */
class DirectHostsTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			*                          | any.example
			example.com                | example.com
			example.com                | EXAMPLE.com.
			example.com                | hub.example.com
			.example.com               | example.com
			.example.com               | hub.example.com
			*.example.com              | hub.example.com
			Example.COM.               | hub.example.com
			other, example.com         | hub.example.com
			other example.com          | hub.example.com
			other,,example.com,        | hub.example.com
			example.com:443            | hub.example.com
			localhost                  | localhost
			model_server               | model_server
			127.0.0.1                  | 127.0.0.1
			10.0.0.0/8                 | 10.20.30.40
			10.20.30.40/32             | 10.20.30.40
			192.168.128.0/17           | 192.168.200.1
			0.0.0.0/0                  | 8.8.8.8
			127.0.0.1:443              | 127.0.0.1
			::1                        | [::1]
			[::1]                      | [0:0:0:0:0:0:0:1]
			[::1]:443                  | [::1]
			fd00::/8                   | [fd12:3456::1]
			""")
	void hostIsConnectedToDirectly(String list, String host) {
		assertThat(new DirectHosts(list).contain(host, 443)).isTrue();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			''                         | example.com
			,                          | example.com
			example.com                | badexample.com
			example.com                | example.com.evil
			hub.example.com            | example.com
			example.com:80             | example.com
			127.0.0.1                  | 127.0.0.11
			127.0.0.1:80               | 127.0.0.1
			0.0.1                      | 127.0.0.1
			10.0.0.0/8                 | 11.0.0.1
			10.0.0.0/8                 | ten.example
			10.0.0.0/33                | 10.0.0.0
			10.0.0.0/x                 | 10.0.0.0
			192.168.128.0/17           | 192.168.100.1
			::1                        | 127.0.0.1
			fd00::/8                   | [fe80::1]
			""")
	void hostNeedsTheProxy(String list, String host) {
		assertThat(new DirectHosts(list).contain(host, 443)).isFalse();
	}

}
