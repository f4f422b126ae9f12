/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.io.IOException;
import java.net.Socket;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.TrustManagerFactorySpi;
import javax.net.ssl.X509ExtendedTrustManager;

import dev.modelcache.internal.http.RequestFailedException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * Explains why a server's certificate is not trusted.
 */
public final class Certificates {

	/** Certificates are text of others. */
	private static final int LONGEST_NAME = 120;

	private static final int MOST_NAMES = 3;

	/** RFC 5280, section 4.2.1.6. */
	private static final Integer DNS_NAME = 2;

	private static final String CLOCK = "Check this machine's clock; otherwise the operator of the host must renew the"
			+ " certificate";

	private static final String OTHER_NAME = "Use a host name of the certificate in the URL, or check that the network"
			+ " leads to the right host";

	private static final String AUTHORITY = "If you trust this authority, which may be that of a proxy or firewall"
			+ " that inspects TLS, set hooks.llm.download.ssl-bundle to an SSL bundle with its certificate, use the trust"
			+ " store of the operating system (-Djavax.net.ssl.trustStoreType=KeychainStore on macOS, Windows-ROOT on"
			+ " Windows), or import it into the trust store of the JVM";

	private Certificates() {
	}

	/**
	 * Returns trust managers that explain what they do not trust.
	 * @param decide decide what is trusted
	 * @return trust managers that decide the same
	 */
	public static TrustManager[] explained(TrustManager... decide) {
		return Arrays.stream(decide)
			.map((manager) -> (manager instanceof X509ExtendedTrustManager extended) ? new Explained(extended)
					: manager)
			.toArray(TrustManager[]::new);
	}

	/**
	 * Returns a factory of trust managers that explain what they do not trust.
	 * @param decides the factory of those that decide what is trusted
	 * @return a factory of trust managers that decide the same; it is initialized
	 */
	public static TrustManagerFactory explained(TrustManagerFactory decides) {
		return new TrustManagerFactory(new TrustManagerFactorySpi() {

			@Override
			protected void engineInit(@Nullable KeyStore trusted) {
				// The other factory is initialized.
			}

			@Override
			protected void engineInit(ManagerFactoryParameters parameters) {
				// The other factory is initialized.
			}

			@Override
			protected TrustManager[] engineGetTrustManagers() {
				return explained(decides.getTrustManagers());
			}

		}, decides.getProvider(), decides.getAlgorithm()) {
		};
	}

	/**
	 * Returns trust managers that trust what this JVM does, and explain what they do not.
	 * @return the trust managers
	 */
	public static TrustManager[] ofJvm() {
		try {
			TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
			factory.init((KeyStore) null);
			return explained(factory.getTrustManagers());
		}
		catch (NoSuchAlgorithmException | KeyStoreException ex) {
			throw new IllegalStateException("The trust store of this JVM cannot be read", ex);
		}
	}

	/**
	 * Explains a failure by the types of its causes.
	 * @param failure what a connection raised
	 * @param chain the server's certificates, or {@code null} where they are not known
	 * @return the explanation, or {@code null} if no certificate is to blame
	 */
	public static @Nullable ConnectionFailedException explain(Throwable failure, X509Certificate @Nullable [] chain) {
		if (!Failures.hasCause(failure, CertificateException.class, CertPathValidatorException.class,
				CertPathBuilderException.class, SSLPeerUnverifiedException.class) || isUnreadable(failure)) {
			return null;
		}
		if (Failures.hasCause(failure, CertificateExpiredException.class) || hasReason(failure, BasicReason.EXPIRED)) {
			return untrusted("has a certificate that has expired", CLOCK, failure);
		}
		if (Failures.hasCause(failure, CertificateNotYetValidException.class)
				|| hasReason(failure, BasicReason.NOT_YET_VALID)) {
			return untrusted("has a certificate that is not valid yet", CLOCK, failure);
		}
		if (hasReason(failure, BasicReason.REVOKED)) {
			return untrusted("has a certificate that is revoked", "Use another source", failure);
		}
		if (hasReason(failure, BasicReason.ALGORITHM_CONSTRAINED)) {
			return untrusted("has a certificate with an algorithm that this JVM does not accept",
					"The operator of the host must renew the certificate", failure);
		}
		if (Failures.hasCause(failure, CertPathValidatorException.class, CertPathBuilderException.class)) {
			return untrusted(authority(chain), AUTHORITY, failure);
		}
		return untrusted("has a certificate for " + names(chain), OTHER_NAME, failure);
	}

	/** Damaged on its way, perhaps: nothing that can be trusted or not. */
	private static boolean isUnreadable(Throwable failure) {
		for (Throwable t = failure; t != null; t = t.getCause()) {
			if (t instanceof CertificateParsingException
					|| (t instanceof CertificateException && t.getCause() instanceof IOException)) {
				return true;
			}
		}
		return false;
	}

	private static ConnectionFailedException untrusted(String problem, String action, Throwable cause) {
		return new ConnectionFailedException(Reason.UNTRUSTED, "cannot be trusted: it " + problem, action, cause);
	}

	private static boolean hasReason(Throwable failure, BasicReason reason) {
		for (Throwable t = failure; t != null; t = t.getCause()) {
			if (t instanceof CertPathValidatorException invalid && invalid.getReason() == reason) {
				return true;
			}
		}
		return false;
	}

	private static String authority(X509Certificate @Nullable [] chain) {
		if (chain == null || chain.length == 0) {
			return "has a certificate of an unknown authority";
		}
		X509Certificate last = chain[chain.length - 1];
		return (chain.length == 1 && last.getSubjectX500Principal().equals(last.getIssuerX500Principal()))
				? "has a self-signed certificate, of " + shown(last.getSubjectX500Principal().getName())
				: "has a certificate of an unknown authority, " + shown(last.getIssuerX500Principal().getName());
	}

	/** RFC 6125: the names of the host are in an extension. */
	private static String names(X509Certificate @Nullable [] chain) {
		try {
			Collection<List<?>> names = (chain != null && chain.length > 0) ? chain[0].getSubjectAlternativeNames()
					: null;
			return (names == null || names.isEmpty()) ? "another host name"
					: names.stream()
						.limit(MOST_NAMES)
						.map((name) -> shown(String.valueOf(name.get(1))))
						.collect(Collectors.joining(", ", "another host name (", ")"));
		}
		catch (CertificateParsingException ex) {
			return "another host name";
		}
	}

	/** RFC 6125, section 6.4: a wildcard is the whole first label, and stands for one. */
	private static boolean isNamed(String host, String certified) {
		String name = host.toLowerCase(Locale.ROOT).replaceFirst("\\.$", "");
		String pattern = certified.toLowerCase(Locale.ROOT);
		int dot = name.indexOf('.');
		boolean hasDomain = dot > 0 && name.indexOf('.', dot + 1) > 0;
		return name.equals(pattern) || (hasDomain && pattern.equals("*" + name.substring(dot)));
	}

	private static String shown(String name) {
		String text = name.replaceAll("\\p{Cntrl}", "?");
		return (text.length() > LONGEST_NAME) ? text.substring(0, LONGEST_NAME) + "..." : text;
	}

	/** Adds an explanation to the failures of a trust manager. */
	private static final class Explained extends X509ExtendedTrustManager {

		private final X509ExtendedTrustManager decides;

		Explained(X509ExtendedTrustManager decides) {
			this.decides = decides;
		}

		private static CertificateException explained(CertificateException failure, X509Certificate[] chain) {
			return new CertificateException(failure.getMessage(), explain(failure, chain));
		}

		@Override
		public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
				throws CertificateException {
			try {
				this.decides.checkServerTrusted(chain, type, engine);
			}
			catch (CertificateException ex) {
				if (!isOddName(ex, chain, engine.getHandshakeSession())) {
					throw explained(ex, chain);
				}
				// Whatever decides, it must trust the chain apart from the name.
				this.decides.checkServerTrusted(chain, type);
			}
		}

		/**
		 * The JDK compares names after it has trusted the chain. Before it looks at those
		 * of a certificate, it refuses a host name that is invalid by RFC 1123, as one
		 * with an underscore, by an IllegalArgumentException.
		 */
		private static boolean isOddName(CertificateException failure, X509Certificate[] chain,
				@Nullable SSLSession session) throws CertificateParsingException {
			String host = (session != null) ? session.getPeerHost() : null;
			if (host == null || isName(host) || !(failure.getCause() instanceof IllegalArgumentException)) {
				return false;
			}
			Collection<List<?>> names = chain[0].getSubjectAlternativeNames();
			return names != null && names.stream()
				.anyMatch((name) -> name.get(0).equals(DNS_NAME) && isNamed(host, String.valueOf(name.get(1))));
		}

		private static boolean isName(String host) {
			try {
				return !new SNIHostName(host).getAsciiName().isEmpty();
			}
			catch (IllegalArgumentException ex) {
				return false;
			}
		}

		@Override
		public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
				throws CertificateException {
			try {
				this.decides.checkServerTrusted(chain, type, socket);
			}
			catch (CertificateException ex) {
				throw explained(ex, chain);
			}
		}

		@Override
		public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
			this.decides.checkServerTrusted(chain, type);
		}

		@Override
		public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
				throws CertificateException {
			this.decides.checkClientTrusted(chain, type, engine);
		}

		@Override
		public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
				throws CertificateException {
			this.decides.checkClientTrusted(chain, type, socket);
		}

		@Override
		public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
			this.decides.checkClientTrusted(chain, type);
		}

		@Override
		public X509Certificate[] getAcceptedIssuers() {
			return this.decides.getAcceptedIssuers();
		}

	}

}
