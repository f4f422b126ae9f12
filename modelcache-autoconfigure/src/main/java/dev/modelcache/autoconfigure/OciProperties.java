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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

	/** The rest of a key, and what separates it from its value. */
	private static final Pattern CUT_KEY = Pattern
		.compile("(\\d{1,5})]\\.(?i:(username|password|insecure))(?=[=:\\s]|$)");

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
			refuseCutKey(value);
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

	/**
	 * A colon ends a key in a file of properties: the port is the beginning of the value.
	 */
	private static void refuseCutKey(String value) {
		Matcher rest = CUT_KEY.matcher(value);
		if (rest.lookingAt()) {
			// Of the host, only its letters and digits are left.
			throw ModelKeys.GENERAL.wrong(KEY, "has a key that ends at a colon, as keys of .properties files do",
					"Write a backslash before the colon: " + ModelKeys.GENERAL.key(KEY) + "[<host>\\:" + rest.group(1)
							+ "]." + rest.group(2).toLowerCase(Locale.ROOT));
		}
	}

	private static String key(String host) {
		return (host.indexOf(':') >= 0) ? KEY + "[" + host + "]" : KEY + "." + host;
	}

	private static Registry registry(String host, Map<String, String> values) {
		String username = values.get("username");
		String password = values.get("password");
		if (StringUtils.hasText(username) != StringUtils.hasLength(password)) {
			throw ModelKeys.GENERAL.wrong(key(host), "has a username or a password, but not both",
					"Set both, or remove both");
		}
		boolean login = StringUtils.hasText(username);
		return new Registry(login ? username : null, login ? password : null, insecure(host, values.get("insecure")));
	}

	private static boolean insecure(String host, @Nullable String value) {
		return switch ((value != null) ? value.strip().toLowerCase(Locale.ROOT) : "false") {
			case "true" -> true;
			case "false" -> false;
			default -> throw ModelKeys.GENERAL.wrong(key(host) + ".insecure", "is neither true nor false",
					"Set it to true for a registry that uses plain HTTP");
		};
	}

}
