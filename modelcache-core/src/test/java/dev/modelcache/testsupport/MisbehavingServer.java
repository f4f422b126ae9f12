/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

import javax.net.ssl.SSLContext;

import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 origin on a free port of the loopback interface, written over sockets so
 * that it can also do what a server must not. Without instructions it is well-behaved:
 * ranges, strong validators, {@code If-Range}, HEAD, connections kept alive.
 * <p>
 * <em>Thread-safety</em>: may be used from any thread; each connection has a daemon
 * thread of its own.
 */
public final class MisbehavingServer implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private final ServerSocket listener;

	private final @Nullable SSLContext tls;

	private final Map<String, Content> contents = new ConcurrentHashMap<>();

	private final Map<String, Function<RecordedRequest, Reply>> answers = new ConcurrentHashMap<>();

	private final Map<String, LongAdder> bytesSent = new ConcurrentHashMap<>();

	private final List<RecordedRequest> requests = new ArrayList<>();

	private final Map<Integer, Connection> connections = new ConcurrentHashMap<>();

	private final AtomicInteger connectionNumbers = new AtomicInteger();

	private final Object monitor = new Object();

	private volatile boolean closed;

	private @Nullable Thread accepting;

	private volatile @Nullable Socket reserved;

	private int releases;

	private MisbehavingServer(ServerSocket listener, @Nullable SSLContext tls) {
		this.listener = listener;
		this.tls = tls;
	}

	/**
	 * Starts a server.
	 * @return the server
	 */
	public static MisbehavingServer start() {
		return start(null);
	}

	/**
	 * Starts a server that speaks TLS, with the {@link TestCertificate}.
	 * @return the server
	 */
	public static MisbehavingServer startTls() {
		return start(TestCertificate.get().sslContext());
	}

	private static MisbehavingServer start(@Nullable SSLContext tls) {
		try {
			MisbehavingServer server = new MisbehavingServer(
					new ServerSocket(0, 512, InetAddress.getByName("127.0.0.1")), tls);
			server.accepting = daemon("origin-" + server.port(), server::accept);
			return server;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Serves content at a path, instead of what was there.
	 * @param path the path, with its slash; one of a single segment and a slash at its
	 * end stands for all paths below it
	 * @param content the content
	 * @return this server
	 */
	public MisbehavingServer serve(String path, Content content) {
		this.contents.put(path, content);
		return this;
	}

	/**
	 * Serves bytes at a path, instead of what was there.
	 * @param path the path, with its slash
	 * @param bytes the bytes
	 * @return this server
	 */
	public MisbehavingServer serve(String path, byte[] bytes) {
		return serve(path, Content.of(bytes));
	}

	/**
	 * Gives the next requests for a path one reply each; after them the server is
	 * well-behaved again.
	 * @param path the path
	 * @param replies the replies
	 * @return this server
	 */
	public MisbehavingServer script(String path, Reply... replies) {
		Queue<Reply> queue = new ArrayDeque<>(List.of(replies));
		return answer(path, (request) -> {
			synchronized (queue) {
				Reply next = queue.poll();
				return (next != null) ? next : Reply.ok();
			}
		});
	}

	/**
	 * Gives every request for a path the same reply.
	 * @param path the path
	 * @param reply the reply
	 * @return this server
	 */
	public MisbehavingServer always(String path, Reply reply) {
		return answer(path, (request) -> reply);
	}

	/**
	 * Decides by the request how to reply.
	 * @param path the path
	 * @param answer gives a reply; called on connection threads
	 * @return this server
	 */
	public MisbehavingServer answer(String path, Function<RecordedRequest, Reply> answer) {
		this.answers.put(path, answer);
		return this;
	}

	/**
	 * Lets all replies go on that stall, or will, to requests that have come.
	 */
	public void release() {
		synchronized (this.monitor) {
			this.releases++;
			this.monitor.notifyAll();
		}
	}

	/**
	 * Returns the port.
	 * @return the port
	 */
	public int port() {
		return this.listener.getLocalPort();
	}

	/**
	 * Returns the address of a path.
	 * @param path the path, with its slash, and perhaps a query
	 * @return the URI
	 */
	public URI uri(String path) {
		return URI.create(((this.tls != null) ? "https" : "http") + "://127.0.0.1:" + port() + path);
	}

	/**
	 * Returns the requests so far.
	 * @return the requests, in the order they came
	 */
	public List<RecordedRequest> requests() {
		synchronized (this.monitor) {
			return List.copyOf(this.requests);
		}
	}

	/**
	 * Returns the requests for a path so far.
	 * @param path the path
	 * @return the requests, in the order they came
	 */
	public List<RecordedRequest> requests(String path) {
		return requests().stream().filter((request) -> request.path().equals(path)).toList();
	}

	/**
	 * Waits until a path has been asked for a number of times, at most 3 minutes.
	 * @param path the path
	 * @param count the number of requests
	 * @return the requests
	 */
	public List<RecordedRequest> awaitRequests(String path, int count) {
		long deadline = System.nanoTime() + PATIENCE.toNanos();
		synchronized (this.monitor) {
			while (requests(path).size() < count) {
				long left = deadline - System.nanoTime();
				if (left <= 0) {
					throw new AssertionError(
							"expected " + count + " requests for " + path + ", there were " + requests(path));
				}
				try {
					TimeUnit.NANOSECONDS.timedWait(this.monitor, left);
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
					throw new IllegalStateException(ex);
				}
			}
			return requests(path);
		}
	}

	/**
	 * Returns how many bytes of bodies were sent for a path, without headers and framing.
	 * Those that are about to be sent count.
	 * @param path the path
	 * @return the bytes
	 */
	public long bytesSent(String path) {
		return bytesCounter(path).sum();
	}

	/**
	 * Returns how many connections are open. A client's close is noticed while the
	 * connection waits for a request, sends or stalls.
	 * @return the number
	 */
	public int openConnections() {
		return this.connections.size();
	}

	@Override
	public void close() {
		this.closed = true;
		release();
		try {
			this.listener.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.connections.values().forEach(Connection::abort);
		close(this.reserved);
	}

	/**
	 * Goes down: connections are refused from now on, and until the server is closed
	 * nobody else gets its port.
	 */
	public void refuse() {
		close();
		try {
			// A socket that is asked for connections is closed only when it is told so.
			this.accepting.join();
			Socket unconnected = new Socket();
			unconnected.setReuseAddress(true);
			unconnected.bind(this.listener.getLocalSocketAddress());
			this.reserved = unconnected;
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void close(@Nullable Socket socket) {
		try {
			if (socket != null) {
				socket.close();
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private void accept() {
		while (!this.closed) {
			try {
				Socket socket = this.listener.accept();
				int number = this.connectionNumbers.incrementAndGet();
				Connection connection = new Connection(this, socket, this.tls, number);
				this.connections.put(number, connection);
				if (this.closed) {
					connection.abort();
				}
				daemon("origin-" + port() + "-" + number, () -> {
					try {
						connection.run();
					}
					finally {
						this.connections.remove(number);
					}
				});
			}
			catch (IOException ex) {
				// Closed, or the client was gone before it was accepted.
			}
		}
	}

	Reply record(RecordedRequest request) {
		synchronized (this.monitor) {
			this.requests.add(request);
			this.monitor.notifyAll();
		}
		Function<RecordedRequest, Reply> answer = this.answers.get(request.path());
		return (answer != null) ? answer.apply(request) : Reply.ok();
	}

	@Nullable Content content(String path) {
		Content content = this.contents.get(path);
		return (content != null) ? content : this.contents.get(path.substring(0, path.indexOf('/', 1) + 1));
	}

	LongAdder bytesCounter(String path) {
		return this.bytesSent.computeIfAbsent(path, (key) -> new LongAdder());
	}

	int releases() {
		synchronized (this.monitor) {
			return this.releases;
		}
	}

	private static Thread daemon(String name, Runnable work) {
		Thread thread = new Thread(work, name);
		thread.setDaemon(true);
		thread.start();
		return thread;
	}

}
