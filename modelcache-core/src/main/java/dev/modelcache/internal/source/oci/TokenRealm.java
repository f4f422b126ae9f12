/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Locale;

import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.Origin;
import dev.modelcache.internal.WebUrl;
import dev.modelcache.internal.http.SentSecrets;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether tokens may be asked for where a registry says. The registry's answer
 * chooses that address, and credentials are sent there: it must not be a way to reach
 * into a private network, or to read credentials on the wire.
 */
final class TokenRealm {

	private final ModelReference reference;

	private final OciSettings settings;

	private final ModelRequest request;

	TokenRealm(ModelReference reference, OciSettings settings, ModelRequest request) {
		this.reference = reference;
		this.settings = settings;
		this.request = request;
	}

	/**
	 * Checks a realm.
	 * <p>
	 * <em>Blocking</em>: asks the name service.
	 * @param realm the realm, as the registry told it
	 * @param sent what the registry was sent before; a realm that repeats it would be
	 * named in logs and errors
	 * @return the realm's URL
	 * @throws ModelAccessDeniedException if it is refused
	 */
	URI check(@Nullable String realm, SentSecrets sent) {
		if (sent.areIn(realm)) {
			throw refused("an address that repeats what it was sent", "Use another registry");
		}
		URI uri = encrypted(parse(realm));
		String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
		boolean configured = this.settings.registry(this.reference.registry()) != null;
		boolean insecure = this.settings.schemeOf(this.reference.registry()).equals("http");
		if (!scheme.equals("https") && !(insecure && scheme.equals("http"))) {
			throw refused("an address that is not an https URL",
					"Use another registry, or set " + Hosts.key(this.reference.registry(), "insecure=true")
							+ " to send the credentials without encryption");
		}
		String registryHost = Origin.of(URI.create(scheme + "://" + this.reference.apiAuthority())).host();
		boolean own = Origin.of(uri).host().equals(registryHost);
		if (this.reference.isOllama() && !own && !configured) {
			throw refused("another host",
					"Configure the registry below hooks.llm.oci.registries if its tokens come from that host");
		}
		if (!own && !configured && isPrivate(Origin.of(uri).host())) {
			throw privateAddress();
		}
		return uri;
	}

	/**
	 * A registry behind a proxy that terminates TLS may take its own requests for plain
	 * http. Its realm is then asked as the registry itself is: by https, at its port.
	 */
	private URI encrypted(URI realm) {
		URI registry = URI.create("https://" + this.reference.apiAuthority());
		boolean own = Origin.of(realm).host().equals(Origin.of(registry).host());
		boolean encrypted = this.settings.schemeOf(this.reference.registry()).equals("https");
		if (!own || !encrypted || !realm.getScheme().equalsIgnoreCase("http")) {
			return realm;
		}
		String query = (realm.getRawQuery() != null) ? "?" + realm.getRawQuery() : "";
		return URI.create("https://" + registry.getRawAuthority() + realm.getRawPath() + query);
	}

	/**
	 * Returns whether nothing but the registry's answer names the host of a realm, so
	 * that a private address of it is refused, whoever resolves its name.
	 */
	boolean isChosenByRegistry(URI realm) {
		String registryHost = Origin.of(URI.create(realm.getScheme() + "://" + this.reference.apiAuthority())).host();
		return !Origin.of(realm).host().equals(registryHost)
				&& this.settings.registry(this.reference.registry()) == null;
	}

	/** Returns the error of a realm whose host turned out to have a private address. */
	ModelAccessDeniedException privateAddress() {
		return refused("a private address",
				"Configure the registry below hooks.llm.oci.registries if its tokens come from that host");
	}

	private URI parse(@Nullable String realm) {
		try {
			String text = (realm != null) ? realm.strip() : "";
			// Some registries leave their own host out.
			URI uri = text.startsWith("/") ? WebUrl.resolve(registry(), text) : URI.create(text);
			if (uri != null && uri.getScheme() != null && !Origin.of(uri).host().isEmpty()
					&& uri.getRawAuthority().indexOf('@') < 0 && uri.getRawFragment() == null) {
				return uri;
			}
		}
		catch (IllegalArgumentException ex) {
			// Said below.
		}
		throw refused("an address that is not a URL", "Use another registry");
	}

	private URI registry() {
		return URI
			.create(this.settings.schemeOf(this.reference.registry()) + "://" + this.reference.apiAuthority() + "/");
	}

	private static boolean isPrivate(String host) {
		try {
			return Arrays.stream(InetAddress.getAllByName(host)).anyMatch(PrivateAddresses::contain);
		}
		catch (UnknownHostException ex) {
			// The request fails of itself; or a proxy knows the host, and it is not ours.
			return false;
		}
	}

	private ModelAccessDeniedException refused(String place, String action) {
		return new ModelAccessDeniedException(this.request.id(), "the registry " + this.reference.registry()
				+ " requests tokens from " + place + "; no credentials were sent", action);
	}

}
