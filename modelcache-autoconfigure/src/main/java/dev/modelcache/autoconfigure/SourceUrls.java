package dev.modelcache.autoconfigure;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;

import dev.modelcache.internal.source.SourceResolvers;
import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;

/**
 * The URLs of models as people write them. No message shows a URL: what is malformed
 * cannot be redacted reliably, and the key tells where it stands.
 */
final class SourceUrls {

	/** The schemes of single files; all others are those of repositories. */
	private static final Set<String> OF_FILES = Set.of("https", "http", "file");

	private final SourceResolvers sources;

	private final boolean insecureHttpAllowed;

	/**
	 * Creates a reader of URLs.
	 * @param sources all sources
	 * @param insecureHttpAllowed whether plain http is allowed
	 */
	SourceUrls(SourceResolvers sources, boolean insecureHttpAllowed) {
		this.sources = sources;
		this.insecureHttpAllowed = insecureHttpAllowed;
	}

	/**
	 * Reads a URL.
	 * @param keys the keys that the URL stands at
	 * @param name the key's name
	 * @param text the URL as it was written
	 * @return the URL
	 */
	URI read(ModelKeys keys, String name, String text) {
		if (text.isBlank()) {
			throw keys.wrong(name, "is empty", "Give it a URL, or remove the key");
		}
		URI url;
		try {
			url = new URI(text.strip());
		}
		catch (URISyntaxException ex) {
			throw keys.wrong(name, "is no valid URL (" + ex.getReason() + " at position " + ex.getIndex() + ")",
					"Percent-encode special characters; a local file is written file:///path");
		}
		checkScheme(keys, name, url);
		switch (url.getScheme().toLowerCase(Locale.ROOT)) {
			case "file" -> checkFileUrl(keys, name, url);
			case "https", "http" -> checkWebUrl(keys, name, url);
			default -> {
				return checkBySource(keys, name, url);
			}
		}
		return url;
	}

	private void checkScheme(ModelKeys keys, String name, URI url) {
		String scheme = url.getScheme();
		if (scheme == null) {
			throw keys.wrong(name, "has no scheme", "Begin it with one of " + supported());
		}
		if (!this.sources.schemes().contains(scheme.toLowerCase(Locale.ROOT))) {
			// What is no URL at all may begin with a user's name: "user:password@host".
			boolean credentials = url.isOpaque() && url.getRawSchemeSpecificPart().contains("@");
			throw keys.wrong(name, "has an unknown scheme" + (credentials ? "" : ", '" + scheme + ":'"),
					"Use one of " + supported());
		}
		if (scheme.equalsIgnoreCase("http") && !this.insecureHttpAllowed) {
			throw keys.wrong(name, "is plain http, which anybody on the way can read and change",
					"Use https, or set " + ModelKeys.GENERAL.key("download.allow-insecure-http") + "=true");
		}
	}

	private URI checkBySource(ModelKeys keys, String name, URI url) {
		try {
			return this.sources.check(url);
		}
		catch (IllegalArgumentException ex) {
			throw keys.wrong(name, String.valueOf(ex.getMessage()), "Correct the URL");
		}
	}

	private void checkFileUrl(ModelKeys keys, String name, URI url) {
		if (url.isOpaque() || StringUtils.hasLength(url.getRawAuthority())) {
			throw keys.wrong(name, "is a file: URL without an absolute path", "Write file:///path with three slashes");
		}
		if (url.getRawQuery() != null || url.getRawFragment() != null) {
			throw keys.wrong(name, "is a file: URL with a query or a fragment",
					"Percent-encode '?' as %3F and '#' as %23");
		}
		checkFileName(keys, name, url);
	}

	private void checkWebUrl(ModelKeys keys, String name, URI url) {
		if (url.getHost() == null || url.getPort() == 0 || url.getPort() > 65535) {
			throw keys.wrong(name, "names no valid host or port",
					"Write https://host/path or https://host:port/path; a host has letters, digits, dashes and dots,"
							+ " and special characters of a password are percent-encoded");
		}
		checkFileName(keys, name, url);
	}

	private void checkFileName(ModelKeys keys, String name, URI url) {
		if (fileName(url) == null) {
			throw keys.wrong(name, "names no file", "Let the URL's path end with the model's file name");
		}
	}

	private String supported() {
		return String.join(", ",
				this.sources.schemes()
					.stream()
					.filter((scheme) -> this.insecureHttpAllowed || !scheme.equals("http"))
					.map((scheme) -> scheme + ":")
					.toList());
	}

	/**
	 * Returns the name of the file that a URL names.
	 * @param url the URL
	 * @return the last segment of its path, decoded, or {@code null} if there is none, or
	 * if it is the name of a repository
	 */
	static @Nullable String fileName(URI url) {
		String path = url.getPath();
		if (path == null || (isOfRepository(url) && path.indexOf('/', 1) < 0)) {
			return null;
		}
		String name = path.substring(path.lastIndexOf('/') + 1);
		return (name.isBlank() || name.equals(".") || name.equals("..") || name.indexOf('\0') != -1) ? null : name;
	}

	/**
	 * Returns whether a URL names a repository, which has files to choose from.
	 * @param url the URL
	 * @return {@code false} for the URL of a single file
	 */
	static boolean isOfRepository(URI url) {
		return !OF_FILES.contains(url.getScheme().toLowerCase(Locale.ROOT));
	}

}
