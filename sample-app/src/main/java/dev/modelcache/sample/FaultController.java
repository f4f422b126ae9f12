/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.TransferProgress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Lists the faults that can be tried, and plays one: the model {@code large} is removed
 * and fetched again from servers that misbehave. Only JSON is accepted, which no other
 * site can send without being asked (CORS).
 */
@RestController
@ConditionalOnBooleanProperty("sample.origin.enabled")
class FaultController {

	private static final Logger logger = LoggerFactory.getLogger(FaultController.class);

	private static final String MODEL = "large";

	private static final double HALF = 50;

	/**
	 * The exit code of a process that {@code kill -9} ends: 128 and the signal's number.
	 */
	private static final int KILLED = 137;

	private final ModelCache modelCache;

	private final ModelOrigin origin;

	private final SecondProcess secondProcess;

	/** Waits for the moment to end this process, until another fault is chosen. */
	private final Disposable.Swap kill = Disposables.swap();

	FaultController(ModelCache modelCache, ModelOrigin origin, SecondProcess secondProcess) {
		this.modelCache = modelCache;
		this.origin = origin;
		this.secondProcess = secondProcess;
	}

	@GetMapping("/faults")
	List<View> faults() {
		return Arrays.stream(Fault.values()).map((fault) -> view(fault, null)).toList();
	}

	@PostMapping(path = "/faults/{id}", consumes = MediaType.APPLICATION_JSON_VALUE)
	Mono<ResponseEntity<View>> play(@PathVariable String id) {
		return Mono.justOrEmpty(Arrays.stream(Fault.values()).filter((fault) -> id(fault).equals(id)).findFirst())
			.flatMap(this::play)
			.map(ResponseEntity::ok)
			.defaultIfEmpty(ResponseEntity.notFound().build());
	}

	private Mono<View> play(Fault fault) {
		this.kill.update(Disposables.disposed());
		// The second process would take the lock of the cancelled download.
		return Mono.fromRunnable(this.secondProcess::destroy)
			.subscribeOn(Schedulers.boundedElastic())
			.then(Mono.defer(() -> begin(fault)));
	}

	/** The model cannot be removed: another file is at its place. */
	@ExceptionHandler
	ResponseEntity<Map<String, String>> refused(ModelCacheException failure) {
		return ResponseEntity.status(HttpStatus.CONFLICT).body(Map.of("error", String.valueOf(failure.getMessage())));
	}

	private Mono<View> begin(Fault fault) {
		this.origin.play(fault);
		if (fault == Fault.NONE) {
			fetch();
			return Mono.just(view(fault, null));
		}
		return this.modelCache.cancel(MODEL).then(this.modelCache.evict(MODEL)).then(Mono.fromCallable(() -> {
			if (fault == Fault.KILL) {
				killAtHalf();
			}
			fetch();
			return view(fault, (fault == Fault.SECOND_PROCESS) ? this.secondProcess.start() : null);
		}));
	}

	private void fetch() {
		this.modelCache.get(MODEL)
			.subscribe((model) -> logger.debug("The model is there: {}", model.path()),
					(failure) -> logger.debug("The model cannot be had", failure));
	}

	private void killAtHalf() {
		this.kill.update(this.modelCache.statuses(MODEL)
			.filter(FaultController::isHalfWay)
			.next()
			.subscribe((status) -> Runtime.getRuntime().halt(KILLED)));
	}

	private static boolean isHalfWay(ModelStatus status) {
		TransferProgress progress = status.progress();
		Double percent = (progress != null) ? progress.percent() : null;
		return status.state() == ModelState.DOWNLOADING && percent != null && percent >= HALF;
	}

	private View view(Fault fault, @Nullable URI link) {
		return new View(id(fault), fault.title(), fault.description(), this.origin.fault() == fault, link);
	}

	private static String id(Fault fault) {
		return fault.name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

	/**
	 * A fault as JSON.
	 *
	 * @param id its name in requests
	 * @param title its name for people
	 * @param description what will happen
	 * @param active whether the servers behave so now
	 * @param link where else it can be seen
	 */
	@JsonInclude(JsonInclude.Include.NON_NULL)
	record View(String id, String title, String description, boolean active, @Nullable URI link) {

	}

}
