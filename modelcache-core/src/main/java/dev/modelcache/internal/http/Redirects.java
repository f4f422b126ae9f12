/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;

import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.Origin;
import dev.modelcache.internal.RedactedUri;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import io.netty.util.AttributeKey;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.Connection;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.util.ClassUtils;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Sends requests and follows their redirects by hand, by the rules of {@link Hop}.
 */
final class Redirects {

	/**
	 * The most of a redirect's body that is read so that its connection can be reused.
	 */
	private static final int LARGEST_BODY = 1 << 16;

	private static final Duration LONGEST_WAIT_FOR_A_BODY = Duration.ofSeconds(1);

	/**
	 * The most connections that are found closed by one request. Each of them has served
	 * before, so that this is only to end where servers never cease to close them.
	 */
	private static final int MOST_CLOSED = 64;

	private static final boolean NETTY = ClassUtils.isPresent("reactor.netty.Connection",
			Redirects.class.getClassLoader());

	private static final Logger logger = LoggerFactory.getLogger(Redirects.class);

	/** What a proxy may have caused whose tunnel is open. */
	private static final Set<Reason> MAY_BE_OF_A_PROXY = EnumSet.of(Reason.TIMEOUT, Reason.TLS_FAILED,
			Reason.ILLEGAL_RESPONSE);

	private static final Pattern RANGE = Pattern.compile("bytes [0-9*/-]{1,70}");

	private final HttpConnections connections;

	private final HttpSettings settings;

	private final ResponseTimeouts timeouts;

	private final Scheduler timer;

	private final Scheduler io;

	/**
	 * Creates the sender.
	 * @param connections send the requests; must neither follow redirects nor add headers
	 * @param settings limits
	 * @param timer where time-outs run
	 * @param io where clients are made and redirects are read, which are text of others
	 */
	Redirects(HttpConnections connections, HttpSettings settings, Scheduler timer, Scheduler io) {
		this.connections = connections;
		this.settings = settings;
		this.timeouts = new ResponseTimeouts(settings);
		this.timer = timer;
		this.io = io;
	}

	/**
	 * Sends a request. The headers of each response must arrive within the time-out,
	 * which does not include the time to make a client. A connection that has served
	 * before and breaks before it answers was closed by the server in the meantime: the
	 * request is sent again at once (RFC 9112, section 9.3.1). So is one that is answered
	 * with 500 on a connection whose last answer was good; that connection is closed.
	 * @param at where to begin
	 * @param answer takes the response that is not followed, possibly on an event loop;
	 * the connection is freed when its result ends
	 * @param <T> the type of the result
	 * @return the result of the answer, or a {@link RequestFailedException} that repeats
	 * no secret
	 */
	<T> Mono<T> send(Hop at, Function<Response, Mono<T>> answer) {
		return Mono.defer(() -> sendOnce(at, answer, 0));
	}

	private <T> Mono<T> sendOnce(Hop at, Function<Response, Mono<T>> answer, int closedBefore) {
		String asked = RedactedUri.of(at.request().uri());
		AtomicBoolean responded = new AtomicBoolean();
		AtomicBoolean arrived = new AtomicBoolean();
		AtomicReference<@Nullable Wire> wire = new AtomicReference<>();
		AtomicBoolean sent = new AtomicBoolean();
		Duration patience = this.timeouts.of(at.uri());
		long begun = this.timer.now(TimeUnit.MILLISECONDS);
		Mono<Long> deadline = Mono.delay(patience, this.timer)
			.flatMap((tick) -> arrived.get() ? Mono.never() : Mono.just(tick));
		Mono<Outcome<T>> outcome = client(at).flatMap((client) -> client.method(at.request().method())
			.uri(at.uri())
			.headers((headers) -> at.headers().forEach(headers::set))
			.httpRequest((request) -> {
				sent.set(true);
				wire.set(NETTY ? NettyWire.of(request) : null);
			})
			.exchangeToMono((response) -> {
				responded.set(true);
				this.timeouts.answered(at.uri(), Duration.ofMillis(this.timer.now(TimeUnit.MILLISECONDS) - begun));
				int status = response.statusCode().value();
				HttpHeaders headers = response.headers().asHttpHeaders();
				log(at, () -> answer(status, headers));
				if (Hop.isRedirect(status, headers)) {
					return drain(body(response, wire.get()))
						.thenReturn(new Outcome<T>(null, new Response(at, status, headers, Flux.empty())));
				}
				if (status == 408 && closedBefore < MOST_CLOSED && isUsed(wire.get())
						&& headers.getConnection().stream().anyMatch("close"::equalsIgnoreCase)) {
					// RFC 9110, section 15.5.9: sent before this request was, on an idle
					// connection. Where that stays open, it answers this request.
					responded.set(false);
					return drain(body(response, wire.get())).then(Mono.error(new IOException("closed before use")));
				}
				Wire on = wire.get();
				if (on != null && on.well().getAndSet(status < 400) && status == 500 && closedBefore < MOST_CLOSED) {
					// Some servers answer one request of a connection well and no other.
					responded.set(false);
					on.close().run();
					return Mono.error(new IOException("failed after use"));
				}
				arrived.set(true);
				return answer.apply(new Response(at, status, headers, body(response, wire.get())))
					.map((value) -> new Outcome<>(value, null));
			})
			.timeout(deadline, Mono.error(() -> {
				if (sent.get() && !responded.get()) {
					this.timeouts.exceeded(at.uri(), patience);
				}
				return noAnswer(at, patience);
			})));
		return FailureBoundary.around("requesting " + asked, outcome)
			.onErrorMap((failure) -> Failures.of(through(Failures.of(failure, at), at.uri()), at))
			.doOnError((failure) -> log(at, () -> String.valueOf(failure.getMessage())))
			.flatMap((either) -> {
				Response redirect = either.redirect();
				return (redirect == null) ? Mono.justOrEmpty(either.value())
						: FailureBoundary.on(this.io, "following a redirect of " + asked, () -> next(redirect, answer))
							.flatMap(Function.identity());
			})
			.onErrorResume(
					(failure) -> !responded.get() && closedBefore < MOST_CLOSED && wasClosed(wire.get(), failure),
					(failure) -> sendOnce(at, answer, closedBefore + 1))
			.onErrorMap((failure) -> Failures.of(failure, at));
	}

	/**
	 * Names the proxy in failures that it may have caused: what comes in answer to plain
	 * http may be its own, and it may be what does not answer, or breaks TLS.
	 */
	private Throwable through(Throwable failure, URI at) {
		if (failure instanceof RequestFailedException failed && (MAY_BE_OF_A_PROXY.contains(failed.reason())
				|| (ConnectionFailedException.in(failed) == null && at.getScheme().equalsIgnoreCase("http")))) {
			String proxy = this.connections.proxyOf(at);
			return (proxy != null) ? failed.through(at, proxy) : failed;
		}
		return failure;
	}

	/**
	 * Logs what came of a request, without anything that may be secret, and not on an
	 * event loop. Of the target of a redirect, the path may be a secret, too.
	 */
	private void log(Hop at, Supplier<String> result) {
		if (!logger.isDebugEnabled()) {
			return;
		}
		String range = at.headers().get(HttpHeaders.RANGE);
		String target = RedactedUri.of(at.request().uri()) + ((at.number() > 0) ? " at " + shown(at) : "");
		String line = at.request().method() + " " + target + ((range != null) ? " (" + range + ")" : "") + ": "
				+ result.get();
		this.io.schedule(() -> logger.debug("{}", line));
	}

	/** A server may put what it was sent into the name of a host. */
	private static String shown(Hop at) {
		String target = Origin.of(at.uri()).authority();
		return at.secrets().areIn(target) ? "another host" : target;
	}

	private static String answer(int status, HttpHeaders headers) {
		String range = headers.getFirst(HttpHeaders.CONTENT_RANGE);
		return (range != null && RANGE.matcher(range).matches()) ? status + " (" + range + ")" : String.valueOf(status);
	}

	private static boolean isUsed(@Nullable Wire wire) {
		return wire != null && wire.used();
	}

	/** Returns whether a connection broke that the server may have closed long before. */
	private static boolean wasClosed(@Nullable Wire wire, Throwable failure) {
		ConnectionFailedException explained = ConnectionFailedException.in(failure);
		return isUsed(wire) && Failures.hasCause(failure, IOException.class) && (explained == null
				|| explained.reason() == Reason.PROXY_FAILED || explained.reason() == Reason.TLS_FAILED);
	}

	/**
	 * Returns a body that ends after its connection has been given back. Reactor Netty
	 * tells the end first: a request that is sent at once would open another connection,
	 * which a host that allows one refuses.
	 */
	private static Flux<DataBuffer> body(ClientResponse response, @Nullable Wire wire) {
		Flux<DataBuffer> body = response.bodyToFlux(DataBuffer.class);
		return (wire == null) ? body : body.concatWith(Mono.create((end) -> {
			try {
				wire.thread().execute(end::success);
			}
			catch (RejectedExecutionException ex) {
				end.success();
			}
		}));
	}

	/** Returns the failure of a request that was not answered in time. */
	static RequestFailedException noAnswer(Hop at, Duration patience) {
		URI asked = at.request().uri();
		return new RequestFailedException(Reason.TIMEOUT, asked, at.uri().equals(asked) ? asked : at.uri().resolve("/"),
				"did not answer within " + patience.toMillis() + " ms", 0, null, null);
	}

	private Mono<WebClient> client(Hop at) {
		return FailureBoundary.on(this.io, "making a client", () -> this.connections.client(at.publicOnly()))
			.onErrorMap((failure) -> Failures.ofClient(failure, at.request().uri()));
	}

	private <T> Mono<T> next(Response redirect, Function<Response, Mono<T>> answer) {
		Hop next = redirect.at().follow(redirect.headers(), this.settings, this.connections);
		return (next != null) ? send(next, answer) : answer.apply(redirect);
	}

	/**
	 * Reads the body of a redirect, so that its connection can be reused. One that does
	 * not end soon, or breaks, is left, and its connection closed.
	 */
	private Mono<Void> drain(Flux<DataBuffer> body) {
		AtomicLong left = new AtomicLong(LARGEST_BODY);
		return body.takeUntil((buffer) -> {
			long after = left.addAndGet(-buffer.readableByteCount());
			DataBufferUtils.release(buffer);
			return after < 0;
		})
			.takeUntilOther(Mono.delay(LONGEST_WAIT_FOR_A_BODY, this.timer))
			.then()
			.onErrorComplete((failure) -> Failures.hasCause(failure, IOException.class));
	}

	/**
	 * A response that is not followed. A redirect comes without its body.
	 *
	 * @param at where the request ended up
	 * @param status the status code
	 * @param headers the headers
	 * @param body the body; each buffer is the subscriber's to release
	 */
	record Response(Hop at, int status, HttpHeaders headers, Flux<DataBuffer> body) {

	}

	/**
	 * The connection that a request was sent on, where it is known.
	 *
	 * @param thread its thread
	 * @param used whether it served a request before
	 * @param well whether its last answer was good
	 * @param close closes it
	 */
	private record Wire(Executor thread, boolean used, AtomicBoolean well, Runnable close) {

	}

	/** Linked where Reactor Netty is on the class path. */
	private static final class NettyWire {

		private static final AttributeKey<AtomicBoolean> WELL = AttributeKey.valueOf(NettyWire.class, "well");

		private NettyWire() {
		}

		static @Nullable Wire of(ClientHttpRequest sent) {
			if (!(sent.getNativeRequest() instanceof Connection connection)) {
				return null;
			}
			AtomicBoolean well = connection.channel().attr(WELL).get();
			boolean used = well != null;
			if (well == null) {
				well = new AtomicBoolean();
				connection.channel().attr(WELL).set(well);
			}
			return new Wire(connection.channel().eventLoop(), used, well, connection.channel()::close);
		}

	}

	private record Outcome<T>(@Nullable T value, @Nullable Response redirect) {

	}

}
