/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.net.URI;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class RedactedUriTests {

	@ParameterizedTest
	@CsvSource({ "https://host/a/m.gguf, https://host/a/m.gguf", //
			"https://host:8443/m.gguf, https://host:8443/m.gguf", //
			"http://[::1]:80/m.gguf, http://[::1]:80/m.gguf", //
			"https://host, https://host", //
			"https://host/a%20b/%2F.gguf, https://host/a%20b/%2F.gguf", //
			"https://my_host:81/m.gguf, https://my_host:81/m.gguf", //
			"hf://org/repo@main/m.gguf, hf://org/repo@main/m.gguf", //
			"file:///models/m.gguf, /models/m.gguf", //
			"file:/models/a%20b.gguf, /models/a b.gguf", //
			"catalog:tinyllama, catalog:tinyllama", //
			"models/m.gguf, models/m.gguf" })
	void schemeHostPortAndPathStay(URI uri, String shown) {
		assertThat(RedactedUri.of(uri)).isEqualTo(shown);
	}

	@ParameterizedTest
	@CsvSource({ "https://me:secret@host:1/m.gguf?secret=1#secret, https://host:1/m.gguf", //
			"https://secret@host/m.gguf, https://host/m.gguf", //
			"https://host/m.gguf?X-Amz-Signature=secret, https://host/m.gguf", //
			"https://host/m.gguf#secret, https://host/m.gguf", //
			"https://me:sec@ret@host/m.gguf, https://host/m.gguf", //
			"https://me:secret@my_host/m.gguf, https://my_host/m.gguf", //
			"https://me:secret/m.gguf, https://?/m.gguf", //
			"https:me:secret@host/m.gguf?secret, https:host/m.gguf", //
			"catalog:tinyllama?secret#secret, catalog:tinyllama", //
			"file:///models/m.gguf?secret, /models/m.gguf", //
			"//me:secret@host/m.gguf, //host/m.gguf" })
	void whatMayHoldCredentialsIsLeftOut(URI uri, String shown) {
		assertThat(RedactedUri.of(uri)).isEqualTo(shown);
	}

}
