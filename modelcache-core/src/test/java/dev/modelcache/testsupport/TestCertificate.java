/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;

import org.jspecify.annotations.Nullable;

/**
 * A certificate (RFC 5280) with its key, made in this JVM and worth nothing outside it.
 */
public final class TestCertificate {

	private static final char[] PASSWORD = "changeit".toCharArray();

	private static final int SEQUENCE = 0x30;

	private static final int OCTETS = 0x04;

	private static final byte[] ECDSA_WITH_SHA256 = { SEQUENCE, 10, 6, 8, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 4,
			3, 2 };

	private static final byte[] ALTERNATIVE_NAMES = { 6, 3, 0x55, 0x1d, 0x11 };

	private static final byte[] CRITICAL_BASIC_CONSTRAINTS = { 6, 3, 0x55, 0x1d, 0x13, 1, 1, (byte) 0xff };

	private static final byte[] AUTHORITY = { SEQUENCE, 3, 1, 1, (byte) 0xff };

	private static final byte[] LOOPBACK = { 127, 0, 0, 1 };

	private final PrivateKey key;

	private final List<X509Certificate> chain;

	private final KeyManagerFactory keys;

	private final TrustManagerFactory trust;

	private final SSLContext context;

	private TestCertificate(PrivateKey key, List<X509Certificate> chain) throws GeneralSecurityException, IOException {
		this.key = key;
		this.chain = chain;
		this.trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		this.trust.init(trusted());
		KeyStore keys = KeyStore.getInstance("PKCS12");
		keys.load(null, null);
		keys.setKeyEntry("origin", key, PASSWORD, chain.toArray(Certificate[]::new));
		this.keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		this.keys.init(keys, PASSWORD);
		this.context = SSLContext.getInstance("TLS");
		this.context.init(this.keys.getKeyManagers(), this.trust.getTrustManagers(), null);
	}

	/**
	 * Returns the certificate of the loopback interface, signed by itself.
	 * @return the one certificate of this JVM
	 */
	public static TestCertificate get() {
		return Holder.INSTANCE;
	}

	/**
	 * Makes a certificate that is signed by itself.
	 * @param host the host name for which it is valid
	 * @return the certificate
	 */
	public static TestCertificate selfSigned(String host) {
		return make(host, names(host), null, Duration.ZERO);
	}

	/**
	 * Makes the certificate of an authority, signed by itself.
	 * @param name the name of the authority
	 * @return the certificate
	 */
	public static TestCertificate authority(String name) {
		return make(name, extension(CRITICAL_BASIC_CONSTRAINTS, AUTHORITY), null, Duration.ofDays(-20));
	}

	/**
	 * Makes a certificate that this authority signs, for the five days from its start on.
	 * @param host the host name for which it is valid
	 * @param start when it becomes valid, from now on
	 * @return the certificate
	 */
	public TestCertificate sign(String host, Duration start) {
		return make(host, names(host), this, start);
	}

	/**
	 * Returns the certificate as text, for {@code spring.ssl.bundle.pem.<name>} and its
	 * {@code truststore.certificate}.
	 * @return the PEM text
	 */
	public String pem() {
		try {
			return "-----BEGIN CERTIFICATE-----\n"
					+ Base64.getMimeEncoder(64, new byte[] { '\n' }).encodeToString(this.chain.get(0).getEncoded())
					+ "\n-----END CERTIFICATE-----\n";
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Returns what a client trusts that trusts alone who signed this certificate.
	 * @return the initialized factory
	 */
	public TrustManagerFactory trust() {
		return this.trust;
	}

	/**
	 * Stores what a client trusts that trusts alone who signed this certificate.
	 * @param file the PKCS12 file to write
	 * @return the password of the file
	 */
	public String storeTrust(Path file) {
		try (OutputStream out = Files.newOutputStream(file)) {
			trusted().store(out, PASSWORD);
			return String.valueOf(PASSWORD);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private KeyStore trusted() throws GeneralSecurityException, IOException {
		KeyStore trusted = KeyStore.getInstance("PKCS12");
		trusted.load(null, null);
		trusted.setCertificateEntry("signer", this.chain.get(this.chain.size() - 1));
		return trusted;
	}

	/**
	 * Returns the certificate and its key.
	 * @return the initialized factory
	 */
	public KeyManagerFactory keys() {
		return this.keys;
	}

	/**
	 * Returns a context for both sides of a connection.
	 * @return the context
	 */
	public SSLContext sslContext() {
		return this.context;
	}

	private static TestCertificate make(String name, byte[] extension, @Nullable TestCertificate signer,
			Duration start) {
		try {
			KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
			generator.initialize(new ECGenParameterSpec("secp256r1"));
			KeyPair keys = generator.generateKeyPair();
			X500Principal subject = new X500Principal("CN=" + name);
			X500Principal issuer = (signer != null) ? signer.chain.get(0).getSubjectX500Principal() : subject;
			Instant from = Instant.now().plus(start);
			byte[] content = content(keys.getPublic(), subject, issuer, from, extension);
			Signature signature = Signature.getInstance("SHA256withECDSA");
			signature.initSign((signer != null) ? signer.key : keys.getPrivate());
			signature.update(content);
			byte[] encoded = der(SEQUENCE, content, ECDSA_WITH_SHA256, der(3, new byte[1], signature.sign()));
			X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
				.generateCertificate(new ByteArrayInputStream(encoded));
			return new TestCertificate(keys.getPrivate(),
					(signer != null) ? List.of(certificate, signer.chain.get(0)) : List.of(certificate));
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** RFC 5280, section 4.1: what is signed, of version 3. */
	private static byte[] content(PublicKey key, X500Principal subject, X500Principal issuer, Instant from,
			byte[] extension) {
		byte[] version = der(0xa0, der(2, new byte[] { 2 }));
		byte[] serial = der(2, new byte[] { 1 }, Long.toString(System.nanoTime()).getBytes(StandardCharsets.US_ASCII));
		Instant until = from.plus(Duration.ofDays(subject.equals(issuer) ? 90 : 5));
		return der(SEQUENCE, version, serial, ECDSA_WITH_SHA256, issuer.getEncoded(),
				der(SEQUENCE, time(from), time(until)), subject.getEncoded(), key.getEncoded(),
				der(0xa3, der(SEQUENCE, extension)));
	}

	private static byte[] time(Instant time) {
		String text = DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC).format(time);
		return der(0x17, text.getBytes(StandardCharsets.US_ASCII));
	}

	private static byte[] names(String host) {
		byte[] name = der(0x82, host.getBytes(StandardCharsets.US_ASCII));
		byte[] address = host.equals("localhost") ? der(0x87, LOOPBACK) : new byte[0];
		return extension(ALTERNATIVE_NAMES, der(SEQUENCE, name, address));
	}

	private static byte[] extension(byte[] id, byte[] value) {
		return der(SEQUENCE, id, der(OCTETS, value));
	}

	/** X.690, section 8.1: a tag, a length of at most two bytes, and the content. */
	private static byte[] der(int tag, byte[]... parts) {
		ByteArrayOutputStream content = new ByteArrayOutputStream();
		for (byte[] part : parts) {
			content.writeBytes(part);
		}
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		out.write(tag);
		if (content.size() > 255) {
			out.write(0x82);
			out.write(content.size() >> 8);
		}
		else if (content.size() > 127) {
			out.write(0x81);
		}
		out.write(content.size());
		out.writeBytes(content.toByteArray());
		return out.toByteArray();
	}

	private static final class Holder {

		static final TestCertificate INSTANCE = selfSigned("localhost");

	}

}
