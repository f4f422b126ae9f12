/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.net.IDN;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.Deque;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.web.util.UriUtils;

/**
 * Reads {@code https:} and {@code http:} URLs as browsers and curl do (URL Living
 * Standard, section 4.4), where {@link URI} is stricter. The results are URIs whose
 * illegal characters are percent-encoded, and whose host has no characters beyond ASCII.
 * A host that {@link URI} does not take for one, such as one with an underscore, is in
 * the authority of the result.
 */
public final class WebUrl {

	private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*):(.*)", Pattern.DOTALL);

	private static final Pattern AUTHORITY = Pattern
		.compile("(?:(.*)@)?(\\[[0-9A-Fa-f:.]+]|[^:@\\[\\]]+)(?::(0*\\d{0,5}))?", Pattern.DOTALL);

	/** Of RFC 1035, section 2.3.4; a pattern must not meet a longer name. */
	private static final int LONGEST_NAME = 255;

	/** Letters, digits, dashes and underscores. */
	private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*\\.?");

	/** Such a name could only be an IPv4 address (section 3.6, "ends in a number"). */
	private static final Pattern ENDS_IN_A_NUMBER = Pattern.compile("(.*\\.)?(\\d+|0[xX][0-9a-fA-F]*)\\.?");

	/** A sharp s, a final sigma, and the joiners of zero width. */
	private static final Pattern DEVIATION = Pattern.compile("[\u00df\u03c2\u200c\u200d]");

	/** RFC 3490, section 3.1. */
	private static final Pattern DOT = Pattern.compile("[.\u3002\uff0e\uff61]");

	private static final String LEGAL = "-._~!$&'()*+,;=:@/";

	private WebUrl() {
	}

	/**
	 * Returns whether a URL has a host that can be one.
	 * @param url the URL
	 * @return {@code false} without a valid host
	 */
	public static boolean hasHost(URI url) {
		String host = rawHost(url);
		// Of IPv6 addresses, URI takes those of interfaces, too.
		return host != null && (host.startsWith("[") || host(host) != null);
	}

	/**
	 * Makes the host of a URL one that can be resolved: without characters beyond ASCII
	 * and percent-encoding. An IPv4 address becomes one of four decimal numbers, so that
	 * it means the same for whatever reads the URL.
	 * @param url the URL
	 * @return the URL; itself where nothing is to be done
	 */
	public static URI withPlainHost(URI url) {
		String raw = rawHost(url);
		String plain = (raw != null) ? host(raw) : null;
		if (raw == null || plain == null || plain.equalsIgnoreCase(raw)) {
			return url;
		}
		String authority = url.getRawAuthority();
		int start = authority.lastIndexOf('@') + 1;
		return withAuthority(url, authority.substring(0, start) + plain + authority.substring(start + raw.length()));
	}

	private static @Nullable String rawHost(URI url) {
		if (url.getHost() != null) {
			return url.getHost();
		}
		Matcher authority = AUTHORITY.matcher((url.getRawAuthority() != null) ? url.getRawAuthority() : "");
		return authority.matches() ? authority.group(2) : null;
	}

	private static @Nullable String rawUserInfo(URI url) {
		String authority = url.getRawAuthority();
		int at = (authority != null) ? authority.lastIndexOf('@') : -1;
		return (at >= 0) ? authority.substring(0, at) : null;
	}

	/**
	 * Returns the credentials in a URL.
	 * @param url the URL
	 * @return the value of the header {@code Authorization} (RFC 7617), or {@code null}
	 * if the URL has no user-info
	 */
	public static @Nullable String basicCredentials(URI url) {
		String userInfo = rawUserInfo(url);
		return (userInfo == null) ? null : "Basic " + Base64.getEncoder()
			.encodeToString(UriUtils.decode(userInfo, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8));
	}

	/**
	 * Removes the user-info of a URL.
	 * @param url the URL
	 * @return the URL without it
	 */
	public static URI withoutUserInfo(URI url) {
		String userInfo = rawUserInfo(url);
		return (userInfo == null) ? url : withAuthority(url, url.getRawAuthority().substring(userInfo.length() + 1));
	}

	private static URI withAuthority(URI url, String authority) {
		String query = (url.getRawQuery() != null) ? "?" + url.getRawQuery() : "";
		String fragment = (url.getRawFragment() != null) ? "#" + url.getRawFragment() : "";
		return URI.create(url.getScheme() + "://" + authority + url.getRawPath() + query + fragment);
	}

	/**
	 * Resolves a reference, such as that of a redirect.
	 * @param base the URL that it is relative to, of https or http
	 * @param reference the reference; its characters may be the bytes of UTF-8
	 * @return the URL without its fragment, or {@code null} if it is not a valid one of
	 * https or http
	 */
	public static @Nullable URI resolve(URI base, String reference) {
		String rest = reference.strip().replaceAll("[\\t\\r\\n]", "");
		rest = before(rest, '#');
		String scheme = base.getScheme().toLowerCase(Locale.ROOT);
		boolean own = true;
		Matcher absolute = SCHEME.matcher(rest);
		if (absolute.matches()) {
			own = absolute.group(1).equalsIgnoreCase(scheme);
			scheme = absolute.group(1).toLowerCase(Locale.ROOT);
			rest = absolute.group(2);
		}
		if (!scheme.equals("https") && !scheme.equals("http")) {
			return null;
		}
		String path = before(rest, '?').replace('\\', '/');
		String query = (rest.length() > path.length()) ? rest.substring(path.length() + 1) : null;
		String authority = base.getRawAuthority();
		if (path.startsWith("//") || !own) {
			String named = path.replaceFirst("^/+", "");
			path = named.substring(before(named, '/').length());
			authority = authority(before(named, '/'));
		}
		else if (path.isEmpty()) {
			path = base.getRawPath();
			query = (query != null) ? query : base.getRawQuery();
		}
		else if (!path.startsWith("/")) {
			path = base.getRawPath().substring(0, base.getRawPath().lastIndexOf('/') + 1) + path;
		}
		if (authority == null) {
			return null;
		}
		String whole = scheme + "://" + authority + encoded(withoutDotSegments(path), false)
				+ ((query != null) ? "?" + encoded(query, true) : "");
		try {
			return URI.create(whole);
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	private static String before(String text, char end) {
		int index = text.indexOf(end);
		return (index >= 0) ? text.substring(0, index) : text;
	}

	private static @Nullable String authority(String text) {
		Matcher authority = AUTHORITY.matcher(text);
		String host = authority.matches() ? host(authority.group(2)) : null;
		if (host == null) {
			return null;
		}
		String userInfo = (authority.group(1) != null) ? encoded(authority.group(1), false).replace("@", "%40") + "@"
				: "";
		String port = (authority.group(3) != null) ? authority.group(3) : "";
		if (!port.isEmpty() && (Integer.parseInt(port) > 65535 || Integer.parseInt(port) == 0)) {
			return null;
		}
		return userInfo + host + (port.isEmpty() ? "" : ":" + Integer.parseInt(port));
	}

	/** Section 3.5, "host parser". */
	private static @Nullable String host(String text) {
		if (text.startsWith("[")) {
			return text;
		}
		try {
			String name = ascii(UriUtils.decode(decoded(text), StandardCharsets.UTF_8)).toLowerCase(Locale.ROOT);
			if (name.length() > LONGEST_NAME || !NAME.matcher(name).matches()) {
				return null;
			}
			return ENDS_IN_A_NUMBER.matcher(name).matches() ? ipv4(name) : name;
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	/**
	 * The JDK maps what IDNA 2003 maps, such as a sharp s to two letters. Today that is
	 * another name (Unicode Technical Standard 46, section 2.3).
	 */
	private static String ascii(String host) {
		return !DEVIATION.matcher(host).find() ? IDN.toASCII(host)
				: Arrays.stream(DOT.split(host, -1))
					.map((label) -> !DEVIATION.matcher(label).find() ? IDN.toASCII(label)
							: "xn--" + Punycode
								.encode(Normalizer.normalize(label.toLowerCase(Locale.ROOT), Normalizer.Form.NFC)))
					.collect(Collectors.joining("."));
	}

	/**
	 * Section 3.5, "IPv4 parser": one to four numbers, of which the last one fills the
	 * bytes that are left; octal behind {@code 0}, hexadecimal behind {@code 0x}.
	 */
	private static @Nullable String ipv4(String text) {
		String[] parts = text.split("\\.");
		if (parts.length > 4) {
			return null;
		}
		long address = 0;
		for (int i = 0; i < parts.length; i++) {
			String part = parts[i];
			boolean hex = part.startsWith("0x");
			int radix = hex ? 16 : (part.startsWith("0") && part.length() > 1) ? 8 : 10;
			String digits = hex ? part.substring(2) : part;
			long number = digits.isEmpty() ? 0 : Long.parseLong(digits, radix);
			int bytes = (i < parts.length - 1) ? 1 : 5 - parts.length;
			if (number >= 1L << (8 * bytes)) {
				return null;
			}
			address = address << (8 * bytes) | number;
		}
		return (address >> 24) + "." + (address >> 16 & 0xff) + "." + (address >> 8 & 0xff) + "." + (address & 0xff);
	}

	/** Section 4.4, "path state": "%2e" is a dot. */
	private static String withoutDotSegments(String path) {
		Deque<String> segments = new ArrayDeque<>();
		String[] all = (path.startsWith("/") ? path : "/" + path).split("/", -1);
		for (int i = 1; i < all.length; i++) {
			String plain = all[i].replaceAll("(?i)%2e", ".");
			boolean last = i == all.length - 1;
			if (plain.equals("..")) {
				segments.pollLast();
			}
			else if (!plain.equals(".")) {
				segments.addLast(all[i]);
				continue;
			}
			if (last) {
				segments.addLast("");
			}
		}
		return "/" + String.join("/", segments);
	}

	/** Percent-encodes what must be, once; a percent sign that encodes nothing, too. */
	private static String encoded(String text, boolean query) {
		StringBuilder encoded = new StringBuilder(text.length() + 16);
		byte[] bytes = bytes(text);
		for (int i = 0; i < bytes.length; i++) {
			int c = bytes[i] & 0xff;
			boolean escape = c == '%' && i + 2 < bytes.length && isHex(bytes[i + 1]) && isHex(bytes[i + 2]);
			boolean alphanumeric = c < 0x80 && Character.isLetterOrDigit(c);
			if (escape || alphanumeric || LEGAL.indexOf(c) >= 0 || (query && c == '?')) {
				encoded.append((char) c);
			}
			else {
				encoded.append(String.format(Locale.ROOT, "%%%02X", c));
			}
		}
		return encoded.toString();
	}

	private static boolean isHex(byte c) {
		return Character.digit(c, 16) >= 0;
	}

	/** The characters of a header are the bytes that were sent. */
	private static byte[] bytes(String text) {
		boolean bytes = text.chars().allMatch((c) -> c <= 0xff);
		return text.getBytes(bytes ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
	}

	/** Returns the characters of a host. */
	private static String decoded(String host) {
		String utf8 = new String(bytes(host), StandardCharsets.UTF_8);
		return (utf8.indexOf('\ufffd') < 0) ? utf8 : host;
	}

}
