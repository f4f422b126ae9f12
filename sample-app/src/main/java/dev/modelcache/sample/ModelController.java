/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheView;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import org.springframework.core.env.Environment;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;

/**
 * Shows the models: the model {@code default} as JSON, with 503 until it is ready, and
 * all models live as server-sent events.
 */
@RestController
class ModelController {

	/** The id of the model that the top-level keys describe. */
	private static final String MODEL = "default";

	/** Proxies close connections that are silent for longer. */
	private static final Duration HEARTBEAT = Duration.ofSeconds(15);

	private final ModelCache modelCache;

	private final ModelCacheView models;

	private final Environment environment;

	ModelController(ModelCache modelCache, ModelCacheView models, Environment environment) {
		this.modelCache = modelCache;
		this.models = models;
		this.environment = environment;
	}

	@GetMapping("/model")
	ResponseEntity<ModelView> model() {
		ModelStatus status = this.modelCache.status(MODEL);
		boolean ready = status.state() == ModelState.READY;
		return ResponseEntity.status(ready ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE)
			.body(ModelView.of(status, this.models));
	}

	/**
	 * Streams the present status of each configured model, then each change. An event
	 * {@code process} that describes this process comes first.
	 */
	@GetMapping(path = "/models/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
	Flux<ServerSentEvent<Object>> events() {
		Flux<ServerSentEvent<Object>> process = Flux.just(event("process", process()));
		Set<String> configured = this.models.models().stream().map(ModelRequest::id).collect(Collectors.toSet());
		Flux<ServerSentEvent<Object>> statuses = this.modelCache.statuses()
			.filter((status) -> configured.contains(status.id()))
			.map((status) -> event("model", ModelView.of(status, this.models)));
		Flux<ServerSentEvent<Object>> heartbeats = Flux.interval(HEARTBEAT)
			.onBackpressureDrop()
			.map((count) -> ServerSentEvent.builder().comment("still here").build());
		return process.concatWith(statuses.mergeWith(heartbeats));
	}

	private Process process() {
		return new Process(ProcessHandle.current().pid(), isSet("hooks.llm.classifier.enabled"),
				isSet("sample.origin.enabled"));
	}

	private boolean isSet(String key) {
		return this.environment.getProperty(key, Boolean.class, false);
	}

	private static ServerSentEvent<Object> event(String name, Object data) {
		return ServerSentEvent.<Object>builder(data).event(name).build();
	}

	/**
	 * This process.
	 *
	 * @param pid its id
	 * @param classifier whether it answers {@code /classify}
	 * @param faults whether it answers {@code /faults}
	 */
	record Process(long pid, boolean classifier, boolean faults) {

	}

}
