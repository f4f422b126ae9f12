/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.net.URI;
import java.util.function.Function;

import dev.modelcache.ConnectorRules;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.HttpRedirects;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpResponse;
import reactor.core.publisher.Mono;

/**
 * Sends the requests for all hosts to a {@link ModelOrigin}.
 */
final class OriginConnector implements ClientHttpConnector {

	private final ModelOrigin origin;

	private final ClientHttpConnector connector;

	OriginConnector(ModelOrigin origin, ConnectorRules rules) {
		this.origin = origin;
		this.connector = ClientHttpConnectorBuilder.detect()
			.build(HttpClientSettings.defaults()
				.withRedirects(HttpRedirects.DONT_FOLLOW)
				.withConnectTimeout(rules.connectTimeout()));
	}

	@Override
	public Mono<ClientHttpResponse> connect(HttpMethod method, URI uri,
			Function<? super ClientHttpRequest, Mono<Void>> callback) {
		return this.connector.connect(method, this.origin.standInFor(uri), callback);
	}

}
