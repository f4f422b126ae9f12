package dev.modelcache.engine;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelRequest;
import dev.modelcache.testsupport.ForkedJvm;

/**
 * A process with a cache of its own: gets one model, and prints when it begins and what
 * came of it.
 */
final class ChildCache {

	/** Printed when everything is loaded and the acquisition is about to begin. */
	static final String BEGINS = "begins";

	/** Printed with the outcome. */
	static final String ENDED = "ended ";

	private ChildCache() {
	}

	static ForkedJvm start(URI url, Digest digest, Path directory, String... options) {
		List<String> all = new ArrayList<>(List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1"));
		all.addAll(List.of(options));
		return ForkedJvm.start(ChildCache.class, all, url, digest, directory);
	}

	/**
	 * Gets the model.
	 * @param arguments its URL, its digest, the directory of the cache
	 */
	public static void main(String[] arguments) {
		URI url = URI.create(arguments[0]);
		ModelRequest request = ModelRequest.builder("m")
			.url(url)
			.expectedDigest(Digest.parse(arguments[1]))
			.modelPath(Path.of(arguments[2], "model.gguf"))
			.build();
		try (CacheFixture fixture = new CacheFixture(Path.of(arguments[2]))) {
			fixture.open(request);
			System.out.println(BEGINS);
			CachedModel model = fixture.get("m");
			System.out.println(ENDED + model.outcome());
		}
	}

}
