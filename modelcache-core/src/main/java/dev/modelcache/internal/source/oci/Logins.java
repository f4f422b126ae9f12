/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

import dev.modelcache.OciOptions.Registry;
import dev.modelcache.internal.FailureBoundary;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Finds the credentials of a registry: in the URL, in the configuration, in Docker's
 * configuration, in the files of Podman, in this order.
 */
final class Logins {

	private final OciSettings settings;

	private final Scheduler io;

	private final Scheduler timer;

	private static final String READING = "reading a file of logins";

	Logins(OciSettings settings, Scheduler io, Scheduler timer) {
		this.settings = settings;
		this.io = io;
		this.timer = timer;
	}

	/** Returns what is configured about registries. */
	OciSettings settings() {
		return this.settings;
	}

	/** Returns where blocking work runs. */
	Scheduler io() {
		return this.io;
	}

	/**
	 * Finds credentials.
	 * @param reference the model
	 * @param url the URL that names it, with its user-info
	 * @return the credentials; empty where there are none
	 */
	Mono<Login> find(ModelReference reference, URI url) {
		return Mono.defer(() -> {
			Login own = fromUrl(url);
			Login configured = (own != null) ? own : configured(reference.registry());
			return (configured != null) ? Mono.just(configured) : fromFiles(reference);
		});
	}

	private static @Nullable Login fromUrl(URI url) {
		String authority = String.valueOf(url.getRawAuthority());
		int at = authority.lastIndexOf('@');
		int colon = authority.indexOf(':');
		if (at < 0 || colon < 0 || colon > at) {
			return null;
		}
		return new Login(decode(authority.substring(0, colon)), decode(authority.substring(colon + 1, at)), "the URL");
	}

	/** Only percent-encoding: a plus sign is one in a URL's authority (RFC 3986). */
	private static String decode(String text) {
		return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
	}

	private @Nullable Login configured(String registry) {
		Registry configured = this.settings.registry(registry);
		if (configured == null || configured.username() == null || configured.password() == null) {
			return null;
		}
		return new Login(configured.username(), configured.password(), "hooks.llm.oci.registries");
	}

	private Mono<Login> fromFiles(ModelReference reference) {
		return FailureBoundary.on(this.io, "looking for logins", this.settings::loginFiles)
			.flatMapIterable(Function.identity())
			.concatMap((file) -> from(new DockerConfig(file, file.equals(this.settings.dockerConfig())), reference))
			.next();
	}

	private Mono<Login> from(DockerConfig docker, ModelReference reference) {
		String registry = reference.registry();
		Mono<Login> fromHelper = FailureBoundary.on(this.io, READING, () -> docker.helperFor(registry))
			.flatMap((helper) -> CredentialHelper.ask(helper, DockerConfig.serverOf(registry), this.io, this.timer));
		return fromHelper.switchIfEmpty(
				FailureBoundary.on(this.io, READING, () -> docker.loginFor(registry, reference.repository())));
	}

}
