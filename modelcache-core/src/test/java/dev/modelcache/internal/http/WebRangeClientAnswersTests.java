/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.net.URI;
import java.time.Clock;
import java.time.Duration;

import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.client.HttpClient;

/**
 * Exchanges with a web server, by the contract of all clients.
 */
class WebRangeClientAnswersTests extends RangeClientContractTests {

	private final MisbehavingServer server = MisbehavingServer.start().always("/m.gguf", Reply.status(404));

	private final WebRangeClient client = new WebRangeClient(
			HttpConnections.anywhere(WebClient.builder()
				.clientConnector(new ReactorClientHttpConnector(NettyBuffers.forDownloads(HttpClient.create())))
				.build()),
			new Breakers(null, (host) -> true),
			new HttpSettings(Duration.ofMinutes(3), HttpSettings.LARGEST_ANSWER, 5, true), Schedulers.parallel(),
			Schedulers.boundedElastic(), Clock.systemUTC());

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	@Override
	protected RangeClient client() {
		return this.client;
	}

	@Override
	protected URI file() {
		return URI.create(this.server.uri("/m.gguf") + "?signature=s3cret");
	}

	@Override
	protected void serve(Content content) {
		this.server.serve("/m.gguf", content).always("/m.gguf", Reply.ok());
	}

}
