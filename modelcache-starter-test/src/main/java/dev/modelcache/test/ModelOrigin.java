/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import com.sun.net.httpserver.HttpServer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A web server on a free port of the loopback interface, which serves model files and
 * misbehaves on demand. It knows ranges, validators and digests. With
 * {@link AutoConfigureModelCache} it is a bean, and stands for every host that the model
 * cache asks.
 * <p>
 * A file is named by the end of its URL: {@code model.gguf} names the files of that name
 * on all hosts, {@code v2/model.gguf} those in a directory {@code v2}. A whole URL names
 * a single file. The longest name that matches is used. What no name matches is one of
 * the {@link TinyModels}, by its extension, or is answered with 404.
 * <p>
 * <em>Thread-safety</em>: may be used from any thread.
 */
public final class ModelOrigin implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(ModelOrigin.class);

	/** What the paths of other hosts begin with: {@code /to/https/host/path}. */
	private static final String ELSEWHERE = "/to/";

	private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "[::1]");

	private final HttpServer server;

	private final ExecutorService threads;

	private final Object monitor = new Object();

	private final Map<String, byte[]> contents = new LinkedHashMap<>();

	private final Map<String, Queue<Fault>> next = new LinkedHashMap<>();

	private final Map<String, Fault> every = new LinkedHashMap<>();

	private final List<Request> requests = new ArrayList<>();

	private int releases;

	private ModelOrigin(HttpServer server, ExecutorService threads) {
		this.server = server;
		this.threads = threads;
	}

	/**
	 * Starts an origin.
	 * @return the origin; to be closed
	 */
	public static ModelOrigin start() {
		try {
			HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
			ExecutorService threads = Executors.newCachedThreadPool((task) -> {
				Thread thread = new Thread(task, "model-origin-" + server.getAddress().getPort());
				thread.setDaemon(true);
				return thread;
			});
			ModelOrigin origin = new ModelOrigin(server, threads);
			server.createContext("/", new OriginHandler(origin)::handle);
			server.setExecutor(threads);
			server.start();
			return origin;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Serves a file, in place of what was served by this name.
	 * @param name the end of its URL, such as {@code model.gguf}
	 * @param content its content
	 * @return this origin
	 */
	public ModelOrigin serve(String name, byte[] content) {
		synchronized (this.monitor) {
			this.contents.put(name(name), content.clone());
		}
		return this;
	}

	/**
	 * Returns a URL of this server, for clients other than the model cache of a test with
	 * {@link AutoConfigureModelCache}, which may use any URL.
	 * @param name the name of the file
	 * @return {@code http://127.0.0.1:port/name}
	 */
	public URI uri(String name) {
		return URI.create("http://127.0.0.1:" + port() + "/" + name.replaceFirst("^/", ""));
	}

	/**
	 * Has the next requests for a file fail, one fault each.
	 * @param name the end of its URL, such as {@code model.gguf}
	 * @param faults the faults, in the order of the requests
	 * @return this origin
	 */
	public ModelOrigin failNext(String name, Fault... faults) {
		synchronized (this.monitor) {
			this.next.computeIfAbsent(name(name), (key) -> new ArrayDeque<>()).addAll(List.of(faults));
		}
		return this;
	}

	/**
	 * Has every request for a file fail that {@link #failNext} says nothing of.
	 * @param name the end of its URL, such as {@code model.gguf}
	 * @param fault the fault
	 * @return this origin
	 */
	public ModelOrigin failEvery(String name, Fault fault) {
		synchronized (this.monitor) {
			this.every.put(name(name), fault);
		}
		return this;
	}

	/**
	 * Returns the requests so far.
	 * @return the requests in the order in which they came
	 */
	public List<Request> requests() {
		synchronized (this.monitor) {
			return List.copyOf(this.requests);
		}
	}

	/**
	 * Returns the requests for a file so far.
	 * @param name the end of its URL, such as {@code model.gguf}
	 * @return the requests in the order in which they came
	 */
	public List<Request> requests(String name) {
		String wanted = name(name);
		return requests().stream().filter((request) -> matches(wanted, request.uri())).toList();
	}

	/**
	 * Sends the rest of all answers that are {@linkplain Fault#holdAfter held} now.
	 */
	public void release() {
		synchronized (this.monitor) {
			this.releases++;
			this.monitor.notifyAll();
		}
	}

	/**
	 * Forgets files, faults and requests, and releases what is held.
	 */
	public void reset() {
		synchronized (this.monitor) {
			this.contents.clear();
			this.next.clear();
			this.every.clear();
			this.requests.clear();
		}
		release();
	}

	@Override
	public void close() {
		this.threads.shutdownNow();
		this.server.stop(0);
	}

	private int port() {
		return this.server.getAddress().getPort();
	}

	/**
	 * Returns where this server answers for a URL.
	 * @param uri a URL; one of the loopback interface stands for itself
	 * @return a URL of the loopback interface
	 */
	URI standInFor(URI uri) {
		if (LOOPBACK.contains(String.valueOf(uri.getHost()))) {
			return uri;
		}
		// The brackets of an IPv6 address have no place in a path (RFC 3986, section
		// 3.3).
		String authority = uri.getRawAuthority().replace("[", "%5B").replace("]", "%5D");
		String query = (uri.getRawQuery() != null) ? "?" + uri.getRawQuery() : "";
		return URI.create("http://127.0.0.1:" + port() + ELSEWHERE + uri.getScheme() + "/" + authority
				+ uri.getRawPath() + query);
	}

	boolean standsInFor(URI uri) {
		return uri.getHost() != null && (!LOOPBACK.contains(uri.getHost()) || uri.getPort() == port());
	}

	/**
	 * Returns the URL for which this server answers.
	 * @param requested the path and the query that were requested
	 * @return the URL as the cache knows it
	 */
	URI original(URI requested) {
		String path = requested.getRawPath();
		if (!path.startsWith(ELSEWHERE)) {
			return URI.create("http://127.0.0.1:" + port() + requested);
		}
		String[] parts = requested.toString().substring(ELSEWHERE.length()).split("/", 3);
		return URI.create(parts[0] + "://" + parts[1].replace("%5B", "[").replace("%5D", "]") + "/" + parts[2]);
	}

	Fault fault(Request request) {
		synchronized (this.monitor) {
			this.requests.add(request);
			Optional<Fault> once = longest(request.uri(), this.next).map(this.next::get).map(Queue::poll);
			return once.or(() -> longest(request.uri(), this.every).map(this.every::get)).orElse(Fault.NONE);
		}
	}

	byte @Nullable [] content(URI uri) {
		synchronized (this.monitor) {
			Optional<byte[]> content = longest(uri, this.contents)
				.flatMap((path) -> Optional.ofNullable(this.contents.get(path)))
				.or(() -> TinyModels.named(uri.getPath()));
			if (content.isEmpty()) {
				logger.warn("Nothing is served for {}. Call ModelOrigin.serve with the end of this URL", plain(uri));
			}
			return content.orElse(null);
		}
	}

	/** Returns the names of the files that are served, without the tiny models. */
	List<String> served() {
		synchronized (this.monitor) {
			return List.copyOf(this.contents.keySet());
		}
	}

	int releases() {
		synchronized (this.monitor) {
			return this.releases;
		}
	}

	void awaitRelease(int before) throws InterruptedException {
		synchronized (this.monitor) {
			while (this.releases == before) {
				this.monitor.wait();
			}
		}
	}

	private static Optional<String> longest(URI uri, Map<String, ?> named) {
		return named.keySet()
			.stream()
			.filter((name) -> matches(name, uri))
			.max((one, other) -> Integer.compare(one.length(), other.length()));
	}

	private static boolean matches(String name, URI uri) {
		return name.startsWith("//") ? name.equals("//" + plain(uri)) : ("/" + plain(uri)).endsWith("/" + name);
	}

	/** A URL without scheme and query. */
	private static String plain(URI uri) {
		return uri.getRawAuthority().toLowerCase(Locale.ROOT) + uri.getPath();
	}

	/** The name of a whole URL begins with two slashes, so that it has one meaning. */
	private static String name(String name) {
		int scheme = name.indexOf("://");
		return (scheme >= 0) ? name.substring(scheme + 1) : name.replaceFirst("^/", "");
	}

	/**
	 * A request that reached the origin.
	 *
	 * @param method the method
	 * @param uri the URL that the cache asked for
	 * @param headers the values by name; names match in any case
	 */
	public record Request(String method, URI uri, Map<String, List<String>> headers) {

		/**
		 * Creates a request.
		 */
		public Request {
			Map<String, List<String>> copy = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
			copy.putAll(headers);
			headers = Collections.unmodifiableMap(copy);
		}

		/**
		 * Returns the first value of a header.
		 * @param name the name, in any case
		 * @return the value, or {@code null}
		 */
		public @Nullable String header(String name) {
			List<String> values = this.headers.get(name);
			return (values != null) ? values.get(0) : null;
		}

	}

}
