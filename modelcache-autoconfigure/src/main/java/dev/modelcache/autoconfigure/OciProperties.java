/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.OciOptions.Registry;
import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;

/**
 * Reads the configuration of registries. Host names contain dots, which would end the
 * name of a key. Therefore the keys are bound as one flat map with entries such as
 * {@code <host>.username}, which this class splits. Messages contain no values.
 */
final class OciProperties {

	private static final String KEY = "oci.registries";

	private static final Set<String> NAMES = Set.of("username", "password", "insecure");

	private OciProperties() {
	}

	/**
	 * Reads the properties.
	 * @param properties the properties
	 * @return the registries by host
	 * @throws ModelConfigurationException if a value is invalid
	 */
	static Map<String, Registry> read(ModelCacheProperties.Oci properties) {
		Map<String, Map<String, String>> byHost = new TreeMap<>();
		properties.getRegistries().forEach((key, value) -> {
			int dot = key.lastIndexOf('.');
			String name = key.substring(dot + 1).toLowerCase(Locale.ROOT);
			if (dot <= 0 || !NAMES.contains(name)) {
				throw ModelKeys.GENERAL.wrong(KEY, "contains a key other than username, password and insecure",
						"Use " + ModelKeys.GENERAL.key(KEY) + ".<host>.username, and enclose a host with a port in "
								+ "brackets, such as [localhost:5000]");
			}
			byHost.computeIfAbsent(key.substring(0, dot), (host) -> new HashMap<>()).put(name, value);
		});
		Map<String, Registry> registries = new TreeMap<>();
		byHost.forEach((host, values) -> registries.put(host, registry(host, values)));
		return registries;
	}

	private static Registry registry(String host, Map<String, String> values) {
		String username = values.get("username");
		String password = values.get("password");
		if (StringUtils.hasText(username) != StringUtils.hasLength(password)) {
			throw ModelKeys.GENERAL.wrong(KEY + "." + host, "has a username or a password, but not both",
					"Set both, or remove both");
		}
		boolean login = StringUtils.hasText(username);
		return new Registry(login ? username : null, login ? password : null, insecure(host, values.get("insecure")));
	}

	private static boolean insecure(String host, @Nullable String value) {
		return switch ((value != null) ? value.strip().toLowerCase(Locale.ROOT) : "false") {
			case "true" -> true;
			case "false" -> false;
			default -> throw ModelKeys.GENERAL.wrong(KEY + "." + host + ".insecure", "is neither true nor false",
					"Set it to true for a registry that uses plain HTTP");
		};
	}

}
