/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.net.URI;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;
import reactor.netty.Connection;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;

/**
 * Three HTTP servers on free ports of the loopback interface: a model hub, its mirror and
 * a fallback. They serve files as a hub would (RFC 9110: ranges, {@code If-Range}, HEAD),
 * but slowly, so that a download can be watched, and with a {@link Fault} on demand. The
 * connection that brings the first half of {@code commands.gguf} is always broken.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class ModelOrigin implements AutoCloseable {

	private static final int PIECE_BYTES = 8 * 1024;

	private static final long PETABYTE = 1_000_000_000_000_000L;

	/** While a second process starts, the file must still be on its way. */
	private static final int SLOWER_FOR_SECOND_PROCESS = 4;

	/** The file is downloaded several times before the model fails. */
	private static final int FASTER_FOR_WRONG_CHECKSUM = 8;

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	private final ServedFile commands = ServedFile.commands();

	private final ServedFile large = ServedFile.large();

	private volatile DataSize largePerSecond;

	private final LoopResources threads = LoopResources.create("model-origin", 1, true);

	private final AtomicLong sentOfCommands = new AtomicLong();

	private final AtomicBoolean brokenOnce = new AtomicBoolean();

	private final AtomicInteger responses = new AtomicInteger();

	private final Map<Server, DisposableServer> servers = new EnumMap<>(Server.class);

	private final Pace commandsPace;

	private final Map<Server, Pace> largePaces = new EnumMap<>(Server.class);

	private volatile Fault fault = Fault.NONE;

	private ModelOrigin(DataSize perSecond, DataSize largePerSecond) {
		this.largePerSecond = largePerSecond;
		this.commandsPace = new Pace(perSecond, Schedulers.parallel());
		for (Server server : Server.values()) {
			this.largePaces.put(server, new Pace(largePerSecond, Schedulers.parallel()));
			this.servers.put(server,
					HttpServer.create()
						.host("127.0.0.1")
						.port(0)
						.runOn(this.threads)
						.route((routes) -> List.of(this.commands, this.large)
							.forEach((file) -> routes
								.get(path(file), (request, response) -> answer(server, file, request, response))
								.head(path(file), (request, response) -> answer(server, file, request, response))))
						.bindNow(PATIENCE));
		}
	}

	/**
	 * Starts the servers.
	 * @param perSecond how many bytes of {@code commands.gguf} are sent per second
	 * @param largePerSecond how many bytes of {@code large.gguf} each server sends per
	 * second
	 * @return the servers
	 */
	static ModelOrigin start(DataSize perSecond, DataSize largePerSecond) {
		return new ModelOrigin(perSecond, largePerSecond);
	}

	static String path(ServedFile file) {
		return "/models/" + file.name();
	}

	/**
	 * Returns where a server is.
	 * @param server the server
	 * @return the URI without a path
	 */
	URI uri(Server server) {
		return URI.create("http://127.0.0.1:" + Objects.requireNonNull(this.servers.get(server)).port());
	}

	/**
	 * Lets something go wrong from the next response on, instead of what went wrong
	 * before.
	 * @param fault the fault
	 */
	void play(Fault fault) {
		this.fault = fault;
		changePace(this.largePerSecond);
	}

	/**
	 * Changes how fast {@code large.gguf} is sent.
	 * @param perSecond the bytes per second, of each server
	 */
	void changePace(DataSize perSecond) {
		this.largePerSecond = perSecond;
		DataSize pace = DataSize.ofBytes(switch (this.fault) {
			case SECOND_PROCESS -> perSecond.toBytes() / SLOWER_FOR_SECOND_PROCESS;
			case WRONG_CHECKSUM -> perSecond.toBytes() * FASTER_FOR_WRONG_CHECKSUM;
			default -> perSecond.toBytes();
		});
		this.largePaces.values().forEach((each) -> each.change(pace));
	}

	/**
	 * Changes how fast {@code commands.gguf} is sent.
	 * @param perSecond the bytes per second
	 */
	void changePaceOfCommands(DataSize perSecond) {
		this.commandsPace.change(perSecond);
	}

	/**
	 * Returns what goes wrong.
	 * @return the fault, {@link Fault#NONE} if everything works
	 */
	Fault fault() {
		return this.fault;
	}

	@Override
	public void close() {
		this.servers.values().forEach((server) -> server.disposeNow(PATIENCE));
		this.threads.dispose();
	}

	private Publisher<Void> answer(Server server, ServedFile file, HttpServerRequest request,
			HttpServerResponse response) {
		Fault fault = (file == this.large) ? this.fault : Fault.NONE;
		if (fault.isDown(server)) {
			return response.status(503).header(HttpHeaderNames.CONTENT_LENGTH, "0").send();
		}
		long size = (fault == Fault.FULL_DISK) ? PETABYTE : file.size();
		ByteRange range = requestedRange(file, request, size);
		response.header(HttpHeaderNames.ACCEPT_RANGES, "bytes")
			.header(HttpHeaderNames.ETAG, file.etag())
			.header(HttpHeaderNames.CONTENT_TYPE, "application/octet-stream");
		if (range != null && range.isEmpty()) {
			return response.status(416)
				.header(HttpHeaderNames.CONTENT_RANGE, "bytes */" + size)
				.header(HttpHeaderNames.CONTENT_LENGTH, "0")
				.send();
		}
		if (range != null) {
			response.status(206).header(HttpHeaderNames.CONTENT_RANGE, range.contentRange(size));
		}
		else {
			range = new ByteRange(0, size);
		}
		response.header(HttpHeaderNames.CONTENT_LENGTH, Long.toString(range.length()));
		if (request.method().equals(HttpMethod.HEAD)) {
			return response.send();
		}
		AtomicReference<@Nullable Connection> connection = new AtomicReference<>();
		response.withConnection(connection::set);
		Breaking breaking = breaking(file, fault, range);
		AtomicBoolean broken = new AtomicBoolean();
		Flux<ByteBuf> sent = body(file, range, fault, server).takeUntil((buffer) -> {
			broken.set(breaking.isDueAfter(buffer.readableBytes()));
			return broken.get();
		});
		return response.send(sent.concatWith(Flux.defer(() -> broken.get() ? close(connection.get()) : Flux.empty())),
				(buffer) -> true);
	}

	/** Nothing more is sent, however much the connection would take at once. */
	private static Flux<ByteBuf> close(@Nullable Connection connection) {
		return Flux.<ByteBuf>never().doOnSubscribe((subscription) -> {
			if (connection != null) {
				connection.dispose();
			}
		});
	}

	private static @Nullable ByteRange requestedRange(ServedFile file, HttpServerRequest request, long size) {
		String ifRange = request.requestHeaders().get(HttpHeaderNames.IF_RANGE);
		if (ifRange != null && !ifRange.equals(file.etag())) {
			return null;
		}
		return ByteRange.parse(request.requestHeaders().get(HttpHeaderNames.RANGE), size);
	}

	private Breaking breaking(ServedFile file, Fault fault, ByteRange range) {
		if (file == this.commands) {
			return (bytes) -> this.sentOfCommands.addAndGet(bytes) >= file.size() / 2
					&& this.brokenOnce.compareAndSet(false, true);
		}
		if (fault == Fault.INTERRUPTIONS && this.responses.incrementAndGet() % 3 == 0) {
			AtomicLong sent = new AtomicLong();
			return (bytes) -> sent.addAndGet(bytes) >= range.length() / 2;
		}
		return (bytes) -> false;
	}

	private Flux<ByteBuf> body(ServedFile file, ByteRange range, Fault fault, Server server) {
		Pace pace = (file == this.large) ? Objects.requireNonNull(this.largePaces.get(server)) : this.commandsPace;
		return range.pieces(PIECE_BYTES)
			.concatMap((piece) -> pace.reserve(piece.length()).thenReturn(piece), 1)
			.map((piece) -> Unpooled.wrappedBuffer(bytes(file, piece, fault)));
	}

	private static byte[] bytes(ServedFile file, ByteRange piece, Fault fault) {
		int length = (int) piece.length();
		if (piece.end() > file.size()) {
			return new byte[length];
		}
		byte[] bytes = file.bytes(piece.start(), length);
		long wrong = file.size() / 2;
		if (fault == Fault.WRONG_CHECKSUM && piece.start() <= wrong && wrong < piece.end()) {
			bytes[(int) (wrong - piece.start())] ^= 1;
		}
		return bytes;
	}

	/**
	 * The servers.
	 */
	enum Server {

		/** The one that {@code url} names. */
		FIRST,

		/** Has the same files. */
		MIRROR,

		/** Has the same files, and is used last. */
		FALLBACK

	}

	/** Says when a connection is broken. */
	private interface Breaking {

		boolean isDueAfter(int bytes);

	}

}
