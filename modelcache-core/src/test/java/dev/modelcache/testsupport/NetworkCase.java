/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;

import dev.modelcache.DownloadOptions;
import dev.modelcache.ModelCacheBuilder;
import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.ModelRequest;
import org.jspecify.annotations.Nullable;

/**
 * One way in which a server answers, and what must come of it: the right file, or an
 * error that says what is so. The same cases are tests of this cache and the rounds of
 * the league, in which other tools take part.
 */
public final class NetworkCase {

	/** Where the file is, unless a case says otherwise. */
	public static final String PATH = "/m.gguf";

	private final String name;

	private final BiConsumer<MisbehavingServer, Content> prepare;

	private String path = PATH;

	private String query = "";

	private UnaryOperator<Content> expected = UnaryOperator.identity();

	private boolean digest = true;

	private boolean tls;

	private @Nullable IntFunction<ConnectProxy> proxy;

	private @Nullable ErrorCode code;

	private String problem = "";

	private Consumer<ModelRequest.Builder> request = (builder) -> {
	};

	private Consumer<ModelCacheBuilder> builder = (builder) -> {
	};

	private NetworkCase(String name, BiConsumer<MisbehavingServer, Content> prepare) {
		this.name = name;
		this.prepare = prepare;
	}

	/**
	 * Returns a case in which the file arrives.
	 * @param name what the server does
	 * @param prepare has a new server do that; it serves the content already
	 * @return the case
	 */
	public static NetworkCase server(String name, BiConsumer<MisbehavingServer, Content> prepare) {
		return new NetworkCase(name, prepare);
	}

	/**
	 * Returns a case in which every request gets the same reply, and the file arrives.
	 * @param name what the server does
	 * @param reply the reply
	 * @return the case
	 */
	public static NetworkCase always(String name, Reply reply) {
		return answering(name, () -> (request) -> reply);
	}

	/**
	 * Returns a case in which the first requests get one reply each and the others a
	 * well-behaved one, and the file arrives.
	 * @param name what the server does
	 * @param replies the replies
	 * @return the case
	 */
	public static NetworkCase first(String name, Reply... replies) {
		return answering(name, () -> {
			Queue<Reply> queue = new ArrayDeque<>(List.of(replies));
			return (request) -> {
				synchronized (queue) {
					Reply next = queue.poll();
					return (next != null) ? next : Reply.ok();
				}
			};
		});
	}

	/**
	 * Returns a case in which replies are made by the requests, and the file arrives.
	 * @param name what the server does
	 * @param answers makes what answers the requests of one run
	 * @return the case
	 */
	public static NetworkCase answering(String name, Answers answers) {
		return new NetworkCase(name, (server, content) -> server.answer(PATH, answers.begin()));
	}

	/** Returns a copy that can be changed. */
	NetworkCase again() {
		NetworkCase copy = new NetworkCase(this.name, this.prepare);
		copy.path = this.path;
		copy.query = this.query;
		copy.expected = this.expected;
		copy.digest = this.digest;
		copy.tls = this.tls;
		copy.proxy = this.proxy;
		copy.code = this.code;
		copy.problem = this.problem;
		copy.request = this.request;
		copy.builder = this.builder;
		return copy;
	}

	/** The file is elsewhere. */
	public NetworkCase at(String elsewhere) {
		this.path = elsewhere;
		return this;
	}

	/** The configured URL has a query. */
	public NetworkCase signedWith(String parameters) {
		this.query = "?" + parameters;
		return this;
	}

	/** The file that must arrive is made of the one that is served. */
	public NetworkCase expecting(UnaryOperator<Content> made) {
		this.expected = made;
		return this;
	}

	/** Nobody knows the digest. */
	public NetworkCase withoutDigest() {
		this.digest = false;
		return this;
	}

	/** The server speaks TLS, with the {@link TestCertificate}. */
	public NetworkCase tls() {
		this.tls = true;
		return this;
	}

	/** The server is asked through a proxy. */
	public NetworkCase through(IntFunction<ConnectProxy> starts) {
		this.proxy = starts;
		return this;
	}

	/**
	 * Starts the proxy of this case.
	 * @param server the server of this case
	 * @return the proxy, or {@code null} if there is none
	 */
	public @Nullable ConnectProxy startProxy(MisbehavingServer server) {
		return (this.proxy != null) ? this.proxy.apply(server.port()) : null;
	}

	/** The model is configured otherwise. */
	public NetworkCase request(Consumer<ModelRequest.Builder> change) {
		this.request = change;
		return this;
	}

	/** Downloads are configured otherwise. */
	public NetworkCase download(Consumer<DownloadOptions> change) {
		return cache((builder) -> builder.download(change));
	}

	/** The cache is configured otherwise. */
	public NetworkCase cache(Consumer<ModelCacheBuilder> change) {
		this.builder = this.builder.andThen(change);
		return this;
	}

	/**
	 * The file cannot, or must not, arrive.
	 * @param how the kind of the error
	 * @param says what its text contains
	 * @return this
	 */
	public NetworkCase fails(ErrorCode how, String says) {
		this.code = how;
		this.problem = says;
		return this;
	}

	/**
	 * Starts a server that does this.
	 * @param content what it serves
	 * @return the server
	 */
	public MisbehavingServer start(Content content) {
		MisbehavingServer server = this.tls ? MisbehavingServer.startTls() : MisbehavingServer.start();
		this.prepare.accept(server.serve(this.path, content), content);
		return server;
	}

	/**
	 * Configures the model.
	 * @param server the server
	 * @param content what it serves
	 * @return the model, with the id {@code m}
	 */
	public ModelRequest request(MisbehavingServer server, Content content) {
		ModelRequest.Builder builder = ModelRequest.builder("m").url(server.uri(this.path + this.query));
		if (this.digest) {
			builder.expectedDigest(this.expected.apply(content).sha256());
		}
		this.request.accept(builder);
		return builder.build();
	}

	/** Returns the file that must arrive. */
	public Content expected(Content served) {
		return this.expected.apply(served);
	}

	/** Configures the cache, after the defaults of whoever runs the case. */
	public void configure(ModelCacheBuilder cache) {
		this.builder.accept(cache);
	}

	public boolean isTls() {
		return this.tls;
	}

	public String path() {
		return this.path;
	}

	/** Returns how it fails, or {@code null} if the file arrives. */
	public @Nullable ErrorCode code() {
		return this.code;
	}

	public String problem() {
		return this.problem;
	}

	@Override
	public String toString() {
		return this.name + (this.digest ? "" : ", no digest") + (this.tls ? ", TLS" : "");
	}

	/**
	 * Makes the answers of one run, so that none is left over from the run before.
	 */
	@FunctionalInterface
	public interface Answers {

		Function<RecordedRequest, Reply> begin();

	}

}
