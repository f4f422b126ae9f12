/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.FailedAttempt;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelConfigurationException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Explains a start that stopped because a model could not be had, whatever the kind of
 * failure.
 */
final class ModelCacheFailureAnalyzer extends AbstractFailureAnalyzer<ModelCacheException> {

	@Override
	protected @Nullable FailureAnalysis analyze(Throwable rootFailure, ModelCacheException cause) {
		if (cause instanceof ModelConfigurationException) {
			return null;
		}
		String model = (cause.modelId() != null) ? "The model '" + cause.modelId() + "'" : "A model";
		String attempts = Stream.of(cause.getSuppressed())
			.flatMap((attempt) -> describe(attempt).stream())
			.collect(Collectors.groupingBy((line) -> line, LinkedHashMap::new, Collectors.counting()))
			.entrySet()
			.stream()
			.map((line) -> System.lineSeparator() + "    - " + line.getKey()
					+ ((line.getValue() > 1) ? " (" + line.getValue() + " times)" : ""))
			.collect(Collectors.joining());
		return new FailureAnalysis(
				model + " could not be made ready (" + cause.code() + "): " + cause.problem()
						+ (attempts.isEmpty() ? "" : System.lineSeparator() + "Attempts:" + attempts),
				cause.action(), cause);
	}

	/**
	 * A message of a class that is not ours may hold a URL with credentials, and most of
	 * these are Reactor's notes on where a failure passed.
	 */
	private static Optional<String> describe(Throwable attempt) {
		if (attempt instanceof FailedAttempt request) {
			return Optional.of(byHost(request.problem()));
		}
		return (attempt instanceof ModelCacheException ours) ? Optional.of(byHost(ours.problem())) : Optional.empty();
	}

	/** Names the host in place of the URL that a problem begins with. */
	private static String byHost(String problem) {
		int end = problem.indexOf(' ');
		try {
			URI url = (end > 0) ? URI.create(problem.substring(0, end)) : null;
			return (url != null && url.getRawAuthority() != null)
					? url.getAuthority() + ": " + problem.substring(end + 1) : problem;
		}
		catch (IllegalArgumentException ex) {
			return problem;
		}
	}

}
