/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.time.Duration;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

import dev.modelcache.testsupport.TestCertificate;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link Certificates}: host names that the JDK does not take for one. No
 * server of the JDK accepts them in SNI either, so the clients here send none.
 */
class CertificatesTests {

	/** RFC 6125, section 6.4. */
	@ParameterizedTest
	@CsvSource({ "model_server, model_server", "model_server., model_server",
			"Model_Server.lab.test, model_server.LAB.test", "a_b.lab.test, *.lab.test", "a_b.c_d.test, *.c_d.test",
			"-a.lab.test, -a.lab.test" })
	void certificateNamesAHostThatIsNoName(String host, String certified) throws Exception {
		TestCertificate keys = TestCertificate.selfSigned(certified);
		assertThat(failure(host, keys, keys)).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "a_b.c.lab.test, *.lab.test", "a_b.c.lab.test, a_b.*.lab.test", "a_b.lab.test, a*.lab.test",
			"a_b.test, *.test", "a_b.test, *", "a_b, *", "_.lab.test, *.test", "a_b.lab.test, b.lab.test",
			"a_b.lab.test, lab.test", "lab.te_st, *.lab.te_st", "a_b.lab.test, localhost" })
	void certificateNamesAnotherHost(String host, String certified) throws Exception {
		TestCertificate keys = TestCertificate.selfSigned(certified);
		assertThat(failure(host, keys, keys)).hasMessageContaining("certificate for another host name (" + certified);
	}

	@Test
	void certificateOfAHostThatIsNoNameMustBeTrusted() throws Exception {
		TestCertificate keys = TestCertificate.selfSigned("a_b.lab.test");
		assertThat(failure("a_b.lab.test", keys, TestCertificate.selfSigned("a_b.lab.test")))
			.hasMessageContaining("has a self-signed certificate");
		TestCertificate late = TestCertificate.authority("Company CA").sign("a_b.lab.test", Duration.ofDays(-10));
		assertThat(failure("a_b.lab.test", late, late)).hasMessageContaining("has expired");
	}

	/** Such as one that pins keys, and fails in a way of its own. */
	@Test
	void trustManagerThatRefusesAnOrdinaryHostIsBelieved() throws Exception {
		X509ExtendedTrustManager refusing = mock(X509ExtendedTrustManager.class);
		willThrow(new CertificateException(new IllegalArgumentException("not pinned"))).given(refusing)
			.checkServerTrusted(any(), any(), any(SSLEngine.class));
		TestCertificate keys = TestCertificate.selfSigned("model.lab.test");
		assertThat(failure("model.lab.test", keys, new TrustManager[] { refusing })).isNotNull();
	}

	private static @Nullable Throwable failure(String host, TestCertificate server, TestCertificate trusted)
			throws GeneralSecurityException {
		return failure(host, server, trusted.trust().getTrustManagers());
	}

	private static @Nullable Throwable failure(String host, TestCertificate server, TrustManager[] deciding)
			throws GeneralSecurityException {
		SSLContext trusting = SSLContext.getInstance("TLS");
		trusting.init(null, Certificates.explained(deciding), null);
		SSLEngine engine = trusting.createSSLEngine(host, 443);
		engine.setUseClientMode(true);
		SSLParameters parameters = engine.getSSLParameters();
		parameters.setEndpointIdentificationAlgorithm("HTTPS");
		engine.setSSLParameters(parameters);
		SSLEngine serving = server.sslContext().createSSLEngine();
		serving.setUseClientMode(false);
		SslHandler tls = new SslHandler(engine);
		EmbeddedChannel near = new EmbeddedChannel(tls);
		EmbeddedChannel far = new EmbeddedChannel(new SslHandler(serving));
		Future<Channel> handshake = tls.handshakeFuture();
		while (!handshake.isDone()) {
			assertThat(passOn(near, far) | passOn(far, near)).isTrue();
		}
		return (handshake.cause() != null) ? ConnectionFailedException.in(handshake.cause()) : null;
	}

	/** Passes on what one side has sent, if it has. */
	private static boolean passOn(EmbeddedChannel from, EmbeddedChannel to) {
		Object sent = from.readOutbound();
		if (sent != null) {
			to.pipeline().fireChannelRead(sent).fireChannelReadComplete();
		}
		return sent != null;
	}

}
