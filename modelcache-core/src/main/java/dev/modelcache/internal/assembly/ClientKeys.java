/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.net.Socket;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;

import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.KeyManagerFactorySpi;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;

import org.jspecify.annotations.Nullable;

/**
 * Key managers that note which servers asked for a certificate of the client, and whether
 * they were sent one.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class ClientKeys {

	private final Map<SSLEngine, Boolean> asked = Collections.synchronizedMap(new WeakHashMap<>());

	/**
	 * Returns whether a server was sent a certificate of the client.
	 * @param engine its connection
	 * @return whether it was, or {@code null} if it did not ask for one
	 */
	@Nullable Boolean sentTo(SSLEngine engine) {
		return this.asked.get(engine);
	}

	/** The server has accepted what it was sent. */
	void forget(SSLEngine engine) {
		this.asked.remove(engine);
	}

	/** Returns a key manager without keys. */
	X509ExtendedKeyManager none() {
		return new Noting(null);
	}

	/**
	 * Returns a factory of key managers that choose as others do.
	 * @param chosen the factory of the others
	 * @return the factory; it is initialized
	 */
	KeyManagerFactory noting(KeyManagerFactory chosen) {
		return new KeyManagerFactory(new KeyManagerFactorySpi() {

			@Override
			protected void engineInit(@Nullable KeyStore keys, char @Nullable [] password) {
				// The other factory is initialized.
			}

			@Override
			protected void engineInit(ManagerFactoryParameters parameters) {
				// The other factory is initialized.
			}

			@Override
			protected KeyManager[] engineGetKeyManagers() {
				return Arrays.stream(chosen.getKeyManagers())
					.map((manager) -> (manager instanceof X509ExtendedKeyManager keys) ? new Noting(keys) : manager)
					.toArray(KeyManager[]::new);
			}

		}, chosen.getProvider(), chosen.getAlgorithm()) {
		};
	}

	private final class Noting extends X509ExtendedKeyManager {

		private final @Nullable X509ExtendedKeyManager keys;

		Noting(@Nullable X509ExtendedKeyManager keys) {
			this.keys = keys;
		}

		@Override
		public @Nullable String chooseEngineClientAlias(String[] types, Principal @Nullable [] issuers,
				SSLEngine engine) {
			String alias = (this.keys != null) ? this.keys.chooseEngineClientAlias(types, issuers, engine) : null;
			// An implementation may ask for one type of key after the other.
			ClientKeys.this.asked.merge(engine, alias != null, Boolean::logicalOr);
			return alias;
		}

		@Override
		public @Nullable String chooseClientAlias(String[] types, Principal @Nullable [] issuers, Socket socket) {
			return (this.keys != null) ? this.keys.chooseClientAlias(types, issuers, socket) : null;
		}

		@Override
		public @Nullable String chooseServerAlias(String type, Principal @Nullable [] issuers, Socket socket) {
			return null;
		}

		@Override
		public String @Nullable [] getClientAliases(String type, Principal @Nullable [] issuers) {
			return (this.keys != null) ? this.keys.getClientAliases(type, issuers) : null;
		}

		@Override
		public String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
			return null;
		}

		@Override
		public X509Certificate @Nullable [] getCertificateChain(String alias) {
			return (this.keys != null) ? this.keys.getCertificateChain(alias) : null;
		}

		@Override
		public @Nullable PrivateKey getPrivateKey(String alias) {
			return (this.keys != null) ? this.keys.getPrivateKey(alias) : null;
		}

	}

}
