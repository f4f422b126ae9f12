/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * The parameters of a query that grant access for a while. They are others each time a
 * URL is signed, so they do not tell which file it is of.
 *
 * @see <a href=
 * "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html">Amazon
 * S3</a>
 * @see <a href=
 * "https://learn.microsoft.com/en-us/rest/api/storageservices/create-service-sas">Azure</a>
 */
public final class RotatingParameters {

	/** Amazon's, Google's and those that Hugging Face adds to links to its storage. */
	private static final List<String> PREFIXES = List.of("x-amz-", "x-goog-", "x-xet-", "q-sign-");

	private static final Set<String> ALWAYS = Set.of(
			// Of any origin
			"signature", "sig", "expires", "token", "access_token", "jwt", "se", "security-token",
			// Of S3 before its fourth version, Google, Alibaba and Huawei
			"awsaccesskeyid", "googleaccessid", "ossaccesskeyid", "accesskeyid", "x-oss-signature",
			"x-oss-signature-version", "x-oss-credential", "x-oss-date", "x-oss-expires", "x-oss-security-token",
			"x-oss-additional-headers", "x-obs-security-token", "x-cos-security-token",
			// Of Tencent
			"q-ak", "q-key-time", "q-header-list", "q-url-param-list", "q-signature",
			// Of content delivery networks
			"key-pair-id", "hdnts", "hdnea", "__token__", "__gda__", "auth_key", "bcdn_token");

	/** Short or common names that mean that only beside another one. */
	private static final Map<String, Set<String>> BESIDE = Map.of("sig",
			Set.of("sv", "ss", "srt", "sr", "sp", "st", "spr", "sip", "si", "sdd", "ses", "skoid", "sktid", "skt",
					"ske", "sks", "skv", "saoid", "suoid", "scid"),
			"signature", Set.of("policy", "algorithm", "keyname", "key_name"), "key-pair-id", Set.of("policy"),
			"urlprefix", Set.of("keyname"), "expires", Set.of("md5", "urlprefix", "token_path"));

	private RotatingParameters() {
	}

	/**
	 * Returns what a query says of the file.
	 * @param url a URL
	 * @return its query without these parameters, as it is encoded there; {@code null}
	 * where nothing is left
	 */
	public static @Nullable String without(URI url) {
		String query = url.getRawQuery();
		if (query == null) {
			return null;
		}
		List<String> parameters = Arrays.asList(query.split("&", -1));
		Set<String> names = parameters.stream().map(RotatingParameters::name).collect(Collectors.toSet());
		String rest = parameters.stream()
			.filter((parameter) -> !isRotating(name(parameter), names))
			.collect(Collectors.joining("&"));
		return (rest.isEmpty() && !query.isEmpty()) ? null : rest;
	}

	private static boolean isRotating(String name, Set<String> names) {
		return ALWAYS.contains(name) || PREFIXES.stream().anyMatch(name::startsWith)
				|| BESIDE.entrySet()
					.stream()
					.anyMatch((beside) -> names.contains(beside.getKey()) && beside.getValue().contains(name));
	}

	private static String name(String parameter) {
		String name = parameter.substring(0,
				(parameter.indexOf('=') < 0) ? parameter.length() : parameter.indexOf('='));
		return URLDecoder.decode(name, StandardCharsets.UTF_8).toLowerCase(Locale.ROOT);
	}

}
