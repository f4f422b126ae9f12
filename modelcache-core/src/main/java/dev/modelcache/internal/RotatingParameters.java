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
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * The parameters of a query that grant access for a while. They are others each time a
 * URL is signed, so they do not tell which file it is of. A parameter such as
 * {@code token} counts among them if the path of the URL names a file: in
 * {@code /download?token=…} it may be the only thing that does. What other parameters are
 * called as well, such as {@code exp}, must look like what it is, because two files must
 * never be taken for one.
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

	/** Names that no other parameter has. */
	private static final Set<String> ALWAYS = Set.of(
			// Of S3 before its fourth version, Google, Alibaba and Huawei
			"awsaccesskeyid", "googleaccessid", "ossaccesskeyid", "accesskeyid", "security-token", "x-oss-signature",
			"x-oss-signature-version", "x-oss-credential", "x-oss-date", "x-oss-expires", "x-oss-security-token",
			"x-oss-additional-headers", "x-obs-security-token", "x-cos-security-token",
			// Of Volcengine
			"x-tos-algorithm", "x-tos-credential", "x-tos-date", "x-tos-expires", "x-tos-signedheaders",
			"x-tos-signature", "x-tos-security-token",
			// Of Tencent
			"q-ak", "q-key-time", "q-header-list", "q-url-param-list", "q-signature",
			// Of content delivery networks
			"key-pair-id", "hdnts", "hdnea", "__token__", "__gda__", "bcdn_token", "wssecret", "wstime");

	/** Names that a link may have as well whose parameter alone says what it leads to. */
	private static final Set<String> OF_A_FILE = Set.of("signature", "sig", "expires", "token", "access_token", "jwt",
			"se", "auth_key", "authorization", "tempauth", "private_token", "job_token");

	/**
	 * A hash or a random text, and no word: the shortest one is an MD5 in base64, of 22
	 * characters.
	 */
	private static final String PROOF = "(?=.*[0-9A-Z])[\\w.~:+/=-]{20,}";

	/** Names that other parameters have as well, and what they are like if they prove. */
	private static final Map<String, Pattern> PROOFS = Map.of("hmac", Pattern.compile(PROOF), "verify",
			Pattern.compile("\\d{10}-" + PROOF));

	/** When a signature ends, if there is one beside it. */
	private static final Set<String> TIMES = Set.of("expire", "exp", "e");

	/** Seconds, or milliseconds, since 1970. */
	private static final Pattern TIME = Pattern.compile("\\d{10}|\\d{13}");

	private static final List<Scheme> SCHEMES = List.of(
			new Scheme("sig", Set.of("sv", "se"),
					Set.of("se", "sv", "ss", "srt", "sr", "sp", "st", "spr", "sip", "si", "sdd", "ses", "skoid",
							"sktid", "skt", "ske", "sks", "skv", "saoid", "suoid", "scid")),
			new Scheme("signature", Set.of("expires", "policy", "algorithm", "keyname", "key_name", "key-pair-id"),
					Set.of("expires", "policy", "algorithm", "keyname", "key_name", "urlprefix")),
			new Scheme("expires", Set.of("md5"), Set.of("md5")),
			new Scheme("token", Set.of("token_path"), Set.of("token_path", "expires")));

	/** Ends of the names of files of models, and of what they are packed in. */
	private static final Pattern FILE = Pattern
		.compile("(?i).\\.(gguf|safetensors|onnx|onnx_data|data|bin|pt|pth|ckpt|h5|tflite|msgpack|ot|npz|npy|pkl|pb"
				+ "|mlmodel|xml|json|jsonl|jinja|txt|model|yaml|yml|toml|tar|tgz|zip|gz|zst|xz)");

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
		boolean file = namesFile(url);
		List<String> parameters = Arrays.asList(query.split("&", -1));
		Set<String> names = parameters.stream().map(RotatingParameters::name).collect(Collectors.toSet());
		boolean signed = file && parameters.stream()
			.anyMatch((parameter) -> isRotating(parameter, names, true) && !isShortToken(parameter));
		String rest = parameters.stream()
			.filter((parameter) -> !isRotating(parameter, names, file) && !(signed && isTime(parameter)))
			.collect(Collectors.joining("&"));
		return (rest.isEmpty() && !query.isEmpty()) ? null : rest;
	}

	/**
	 * Returns the extension of a name if it is one of files of models.
	 * @param name the name of a file
	 * @return the extension with its dot, or an empty text
	 */
	public static String extension(String name) {
		return FILE.matcher(name.substring(Math.max(0, name.lastIndexOf('.') - 1))).matches()
				? name.substring(name.lastIndexOf('.')) : "";
	}

	private static boolean namesFile(URI url) {
		String path = (url.getPath() != null) ? url.getPath() : "";
		return !extension(path.substring(path.lastIndexOf('/') + 1)).isEmpty();
	}

	/** It grants access, perhaps, but it is not a signature that ends. */
	private static boolean isShortToken(String parameter) {
		return name(parameter).equals("token") && !value(parameter).matches(PROOF);
	}

	private static boolean isTime(String parameter) {
		return TIMES.contains(name(parameter)) && TIME.matcher(value(parameter)).matches();
	}

	private static boolean isRotating(String parameter, Set<String> names, boolean file) {
		String name = name(parameter);
		Pattern proof = PROOFS.get(name);
		return ALWAYS.contains(name) || PREFIXES.stream().anyMatch(name::startsWith)
				|| (file && (OF_A_FILE.contains(name) || (proof != null && proof.matcher(value(parameter)).matches())))
				|| SCHEMES.stream().anyMatch((scheme) -> scheme.isUsed(names) && scheme.has(name));
	}

	private static String name(String parameter) {
		String name = parameter.substring(0,
				(parameter.indexOf('=') < 0) ? parameter.length() : parameter.indexOf('='));
		return URLDecoder.decode(name, StandardCharsets.UTF_8).toLowerCase(Locale.ROOT);
	}

	/** Unlike a form's, the plus sign of base64 is one. */
	private static String value(String parameter) {
		String value = parameter.substring(parameter.indexOf('=') + 1);
		return URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
	}

	/**
	 * Parameters that mean that only together.
	 *
	 * @param proof the name of the parameter that proves the access
	 * @param marks one of which is beside it
	 * @param others which belong to it
	 */
	private record Scheme(String proof, Set<String> marks, Set<String> others) {

		boolean isUsed(Set<String> names) {
			return names.contains(this.proof) && this.marks.stream().anyMatch(names::contains);
		}

		boolean has(String name) {
			return this.proof.equals(name) || this.others.contains(name);
		}

	}

}
