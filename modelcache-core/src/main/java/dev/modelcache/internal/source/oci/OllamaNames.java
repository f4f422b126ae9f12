/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The grammar of Ollama's names ({@code types/model/name.go} of Ollama):
 * {@code [host[:port]/][namespace/]model[:tag]}.
 */
final class OllamaNames {

	private static final Pattern HOST = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,343}(:[0-9]{1,5})?");

	private static final Pattern NAMESPACE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_-]{0,79}");

	private static final Pattern MODEL_OR_TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}");

	private OllamaNames() {
	}

	static ModelReference parse(String name) {
		String[] parts = name.split("/", -1);
		return switch (parts.length) {
			case 1 -> reference(ModelReference.OLLAMA_REGISTRY, "library", parts[0]);
			case 2 -> Hosts.isHost(parts[0]) ? reference(parts[0], "library", parts[1])
					: reference(ModelReference.OLLAMA_REGISTRY, parts[0], parts[1]);
			case 3 -> reference(hostOf(parts[0]), parts[1], parts[2]);
			default -> throw new IllegalArgumentException(
					"has " + parts.length + " parts, but a name in Ollama has at most three: host/namespace/model");
		};
	}

	private static String hostOf(String part) {
		if (!Hosts.isHost(part)) {
			throw new IllegalArgumentException(
					"does not start with a host, which contains a dot or a colon, or is localhost");
		}
		return part;
	}

	private static ModelReference reference(String host, String namespace, String modelAndTag) {
		check(HOST, host, "host");
		check(NAMESPACE, namespace, "namespace");
		int colon = modelAndTag.indexOf(':');
		String model = check(MODEL_OR_TAG, (colon < 0) ? modelAndTag : modelAndTag.substring(0, colon), "model");
		String tag = check(MODEL_OR_TAG, (colon < 0) ? "latest" : modelAndTag.substring(colon + 1), "tag");
		return new ModelReference(ModelReference.OLLAMA, host.toLowerCase(Locale.ROOT), namespace + "/" + model, tag,
				null);
	}

	private static String check(Pattern pattern, String part, String what) {
		if (!pattern.matcher(part).matches()) {
			throw new IllegalArgumentException("has no valid " + what
					+ ": up to 80 letters, digits, underscores, dashes and, except in a namespace, dots");
		}
		return part;
	}

}
