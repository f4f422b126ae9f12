/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * Picks the model out of an index of manifests. Models are the same for all platforms;
 * where a publisher tells platforms apart nevertheless, this machine's is taken.
 */
final class IndexChoice {

	/** Docker's BuildKit puts provenance beside what it is about. */
	private static final String REFERENCE_TYPE = "vnd.docker.reference.type";

	private IndexChoice() {
	}

	/**
	 * Picks a manifest.
	 * @param index the index
	 * @param architecture this machine's architecture, as the JVM calls it
	 * @return the description of the manifest
	 * @throws IllegalArgumentException if nothing tells which one is meant
	 */
	static Descriptor choose(Manifest index, String architecture) {
		List<Descriptor> manifests = Objects.requireNonNullElse(index.manifests(), List.of());
		if (manifests.isEmpty()) {
			throw new IllegalArgumentException("is an empty index: it names no manifest");
		}
		List<Descriptor> candidates = manifests.stream()
			.filter((entry) -> entry.annotation(REFERENCE_TYPE) == null)
			.filter((entry) -> !"unknown/unknown".equals(entry.platform()))
			.toList();
		if (candidates.isEmpty()) {
			throw new IllegalArgumentException(
					"is an index of " + manifests.size() + " manifests, none of which is that of a model");
		}
		for (Predicate<Descriptor> rule : rules(architecture)) {
			List<Descriptor> chosen = candidates.stream().filter(rule).toList();
			if (chosen.size() == 1) {
				return chosen.get(0);
			}
			candidates = chosen.isEmpty() ? candidates : chosen;
		}
		throw new IllegalArgumentException("is an index of " + manifests.size()
				+ " manifests, and the one of the model cannot be determined; specify its digest");
	}

	private static List<Predicate<Descriptor>> rules(String architecture) {
		String goName = switch (architecture) {
			case "x86_64", "amd64" -> "amd64";
			case "aarch64", "arm64" -> "arm64";
			default -> architecture;
		};
		return List.of((entry) -> true,
				(entry) -> entry.artifactType() != null && entry.artifactType().contains(".model"),
				(entry) -> entry.platform() == null, (entry) -> ("linux/" + goName).equals(entry.platform()));
	}

}
