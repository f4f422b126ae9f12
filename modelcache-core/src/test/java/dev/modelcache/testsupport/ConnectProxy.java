/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * An HTTP proxy on a free port of the loopback interface that answers requests as told,
 * or connects to one port of this machine, whatever host is asked for: CONNECT (RFC 9110,
 * section 9.3.6) gets a tunnel, an absolute URL is requested there.
 * <p>
 * <em>Thread-safety</em>: may be used from any thread; each connection has daemon threads
 * of its own.
 */
public final class ConnectProxy implements AutoCloseable {

	/** What opens a tunnel. */
	public static final String ESTABLISHED = "HTTP/1.1 200 Connection established\r\n\r\n";

	/** What has an absolute URL requested. */
	public static final String FORWARDED = "";

	private static final Pattern ABSOLUTE = Pattern.compile("^(\\w+ )http://[^/ ]+", Pattern.CASE_INSENSITIVE);

	private final ServerSocket listener;

	private final int target;

	private final Function<String, @Nullable String> answer;

	private final String established;

	private final List<String> requests = new CopyOnWriteArrayList<>();

	private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

	private volatile boolean closed;

	private ConnectProxy(ServerSocket listener, int target, Function<String, @Nullable String> answer,
			String established) {
		this.listener = listener;
		this.target = target;
		this.answer = answer;
		this.established = established;
	}

	/**
	 * Starts a proxy that gives every request the same answer, on a connection of its
	 * own.
	 * @param status the status line, without its end
	 * @param headers the headers, a line each
	 * @return the proxy
	 */
	public static ConnectProxy answering(String status, String... headers) {
		String lines = (headers.length > 0) ? String.join("\r\n", headers) + "\r\n" : "";
		return start(0,
				(request) -> "HTTP/1.1 " + status + "\r\n" + lines + "Connection: close\r\nContent-Length: 0\r\n\r\n");
	}

	/**
	 * Starts a proxy that closes every connection once it has read the request.
	 * @return the proxy
	 */
	public static ConnectProxy closing() {
		return start(0, (request) -> null);
	}

	/**
	 * Starts a proxy that serves every request.
	 * @param target the port of this machine to which all requests go
	 * @return the proxy
	 */
	public static ConnectProxy tunnelling(int target) {
		return start(target, ConnectProxy::serving);
	}

	/**
	 * Starts a proxy that is spoken to by TLS, and serves every request.
	 * @param target the port of this machine to which all requests go
	 * @param certificate its certificate
	 * @return the proxy
	 */
	public static ConnectProxy tls(int target, TestCertificate certificate) {
		try {
			return start(
					certificate.sslContext()
						.getServerSocketFactory()
						.createServerSocket(0, 512, InetAddress.getByName("127.0.0.1")),
					target, ConnectProxy::serving, ESTABLISHED);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Starts a proxy that opens tunnels in a way of its own.
	 * @param target the port of this machine to which tunnels lead
	 * @param established what it answers before
	 * @return the proxy
	 */
	public static ConnectProxy tunnelling(int target, String established) {
		return start(target, (request) -> established, established);
	}

	/**
	 * Starts a proxy that serves requests with certain credentials, and answers 407 to
	 * others.
	 * @param target the port of this machine to which all requests go
	 * @param login the user name and the password, with a colon between them
	 * @return the proxy
	 */
	public static ConnectProxy authenticating(int target, String login) {
		String line = "proxy-authorization: basic "
				+ Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
		return start(target,
				(request) -> request.lines().anyMatch(line::equalsIgnoreCase) ? serving(request)
						: "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"corp\"\r\n"
								+ "Content-Length: 0\r\n\r\n");
	}

	private static String serving(String request) {
		return request.startsWith("CONNECT ") ? ESTABLISHED : FORWARDED;
	}

	/**
	 * Starts a proxy.
	 * @param target the port of this machine to which tunnels lead
	 * @param answer gives the answer to the head of a request: {@link #ESTABLISHED},
	 * {@link #FORWARDED}, other text, or {@code null} to close the connection
	 * @return the proxy
	 */
	public static ConnectProxy start(int target, Function<String, @Nullable String> answer) {
		return start(target, answer, ESTABLISHED);
	}

	private static ConnectProxy start(int target, Function<String, @Nullable String> answer, String established) {
		try {
			return start(new ServerSocket(0, 512, InetAddress.getByName("127.0.0.1")), target, answer, established);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static ConnectProxy start(ServerSocket listener, int target, Function<String, @Nullable String> answer,
			String established) {
		ConnectProxy proxy = new ConnectProxy(listener, target, answer, established);
		daemon(proxy::accept);
		return proxy;
	}

	/**
	 * Returns the port.
	 * @return the port
	 */
	public int port() {
		return this.listener.getLocalPort();
	}

	/**
	 * Returns the requests so far.
	 * @return the head of each, in the order they came
	 */
	public List<String> requests() {
		return List.copyOf(this.requests);
	}

	@Override
	public void close() {
		this.closed = true;
		close(this.listener);
		this.sockets.forEach(ConnectProxy::close);
	}

	private void accept() {
		while (!this.closed) {
			try {
				Socket client = opened(this.listener.accept());
				daemon(() -> serve(client));
			}
			catch (IOException ex) {
				// Closed, or the client was gone before it was accepted.
			}
		}
	}

	private Socket opened(Socket socket) {
		this.sockets.add(socket);
		if (this.closed) {
			close(socket);
		}
		return socket;
	}

	private void serve(Socket client) {
		try (client) {
			String request = head(client.getInputStream());
			this.requests.add(request);
			String reply = this.answer.apply(request);
			if (reply == null) {
				return;
			}
			if (reply.equals(FORWARDED)) {
				forward(client, request);
				return;
			}
			OutputStream out = client.getOutputStream();
			out.write(reply.getBytes(StandardCharsets.ISO_8859_1));
			out.flush();
			if (reply.equals(this.established)) {
				tunnel(client);
			}
			else {
				client.getInputStream().transferTo(OutputStream.nullOutputStream());
			}
		}
		catch (IOException ex) {
			// One of both sides is gone.
		}
		finally {
			this.sockets.remove(client);
		}
	}

	private void tunnel(Socket client) throws IOException {
		try (Socket origin = opened(new Socket(InetAddress.getByName("127.0.0.1"), this.target))) {
			daemon(() -> {
				try {
					client.getInputStream().transferTo(origin.getOutputStream());
					origin.shutdownOutput();
				}
				catch (IOException ex) {
					close(origin);
				}
			});
			origin.getInputStream().transferTo(client.getOutputStream());
		}
	}

	/** Requests a path of the target, and closes both connections behind the response. */
	private void forward(Socket client, String request) throws IOException {
		try (Socket origin = opened(new Socket(InetAddress.getByName("127.0.0.1"), this.target))) {
			String head = ABSOLUTE.matcher(request)
				.replaceFirst("$1")
				.replaceFirst("\r\n\r\n$", "\r\nConnection: close\r\n\r\n");
			origin.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
			origin.getInputStream().transferTo(client.getOutputStream());
		}
	}

	/** Reads byte for byte: what follows the head belongs to the tunnel. */
	private static String head(InputStream in) throws IOException {
		StringBuilder head = new StringBuilder();
		while (head.indexOf("\r\n\r\n") < 0) {
			int next = in.read();
			if (next < 0) {
				throw new IOException("no request");
			}
			head.append((char) next);
		}
		return head.toString();
	}

	private static void close(AutoCloseable resource) {
		try {
			resource.close();
		}
		catch (Exception ex) {
			// It is of no use any more.
		}
	}

	private static void daemon(Runnable work) {
		Thread thread = new Thread(work, "proxy");
		thread.setDaemon(true);
		thread.start();
	}

}
