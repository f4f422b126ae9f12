/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The tests of TLS run with the implementation that the build says.
 */
class TlsImplementationTests {

	@Test
	void nativeLibraryIsUsedWhereTheBuildHasIt() {
		boolean nativeLibrary = System.getProperty("io.netty.handler.ssl.noOpenSsl", "true").equals("false");
		assertThat(TlsWatch.implementation()).isEqualTo(nativeLibrary ? "BoringSSL (netty-tcnative)" : "the JDK's");
	}

}
