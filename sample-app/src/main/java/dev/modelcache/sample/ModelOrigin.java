package dev.modelcache.sample;

import java.net.URI;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
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
 * A second HTTP server, on a free port of the loopback interface, that serves a
 * {@link DemoModel} as a model hub would (RFC 9110: ranges, {@code If-Range}, HEAD), but
 * slowly, and that breaks a connection when half of the model is sent, so that there is
 * something to see.
 */
final class ModelOrigin implements AutoCloseable {

	static final String PATH = "/models/" + DemoModel.FILE;

	private static final int PIECE_BYTES = 8 * 1024;

	private static final Duration PATIENCE = Duration.ofSeconds(5);

	private final DemoModel model;

	private final Pace pace;

	private final LoopResources threads = LoopResources.create("model-origin", 1, true);

	private final AtomicLong sent = new AtomicLong();

	private final AtomicBoolean broken = new AtomicBoolean();

	private final DisposableServer server;

	private ModelOrigin(DemoModel model, DataSize perSecond) {
		this.model = model;
		this.pace = new Pace(perSecond, Schedulers.parallel());
		this.server = HttpServer.create()
			.host("127.0.0.1")
			.port(0)
			.runOn(this.threads)
			.route((routes) -> routes.get(PATH, this::answer).head(PATH, this::answer))
			.bindNow(PATIENCE);
	}

	/**
	 * Starts an origin.
	 * @param model what it serves
	 * @param perSecond how many bytes it sends per second, over all connections
	 * @return the origin
	 */
	static ModelOrigin start(DemoModel model, DataSize perSecond) {
		return new ModelOrigin(model, perSecond);
	}

	/**
	 * Returns where it is.
	 * @return the URI without a path
	 */
	URI uri() {
		return URI.create("http://127.0.0.1:" + this.server.port());
	}

	@Override
	public void close() {
		this.server.disposeNow(PATIENCE);
		this.threads.dispose();
	}

	private Publisher<Void> answer(HttpServerRequest request, HttpServerResponse response) {
		ByteRange range = requestedRange(request);
		response.header(HttpHeaderNames.ACCEPT_RANGES, "bytes")
			.header(HttpHeaderNames.ETAG, this.model.etag())
			.header(HttpHeaderNames.CONTENT_TYPE, "application/octet-stream");
		if (range != null && range.isEmpty()) {
			return response.status(416)
				.header(HttpHeaderNames.CONTENT_RANGE, "bytes */" + this.model.size())
				.header(HttpHeaderNames.CONTENT_LENGTH, "0")
				.send();
		}
		if (range != null) {
			response.status(206).header(HttpHeaderNames.CONTENT_RANGE, range.contentRange(this.model.size()));
		}
		else {
			range = new ByteRange(0, this.model.size());
		}
		response.header(HttpHeaderNames.CONTENT_LENGTH, Long.toString(range.length()));
		if (request.method().equals(HttpMethod.HEAD)) {
			return response.send();
		}
		AtomicReference<@Nullable Connection> connection = new AtomicReference<>();
		response.withConnection(connection::set);
		return response.send(body(range).doOnNext((buffer) -> breakHalfWay(buffer, connection)), (buffer) -> true);
	}

	private void breakHalfWay(ByteBuf buffer, AtomicReference<@Nullable Connection> of) {
		boolean half = this.sent.addAndGet(buffer.readableBytes()) >= this.model.size() / 2;
		Connection connection = of.get();
		if (half && connection != null && this.broken.compareAndSet(false, true)) {
			connection.dispose();
		}
	}

	private @Nullable ByteRange requestedRange(HttpServerRequest request) {
		String ifRange = request.requestHeaders().get(HttpHeaderNames.IF_RANGE);
		if (ifRange != null && !ifRange.equals(this.model.etag())) {
			return null;
		}
		return ByteRange.parse(request.requestHeaders().get(HttpHeaderNames.RANGE), this.model.size());
	}

	private Flux<ByteBuf> body(ByteRange range) {
		return range.pieces(PIECE_BYTES)
			.concatMap((piece) -> this.pace.reserve(piece.length()).thenReturn(piece), 1)
			.map((piece) -> Unpooled.wrappedBuffer(this.model.bytes(piece.start(), (int) piece.length())));
	}

}
