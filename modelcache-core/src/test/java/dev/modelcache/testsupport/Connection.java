/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

import org.jspecify.annotations.Nullable;

/**
 * One connection of a {@link MisbehavingServer}: reads requests, sends replies.
 */
final class Connection implements Runnable {

	private static final int GLANCE_MILLIS = 20;

	private final MisbehavingServer server;

	private final Socket plain;

	private final @Nullable SSLContext tls;

	private final int number;

	/** The one to speak through; the plain one below it, where there is no TLS. */
	private Socket socket;

	private int releases;

	Connection(MisbehavingServer server, Socket plain, @Nullable SSLContext tls, int number) {
		this.server = server;
		this.plain = plain;
		this.socket = plain;
		this.tls = tls;
		this.number = number;
	}

	@Override
	public void run() {
		try (this.plain; Socket speaking = secured()) {
			this.socket = speaking;
			this.plain.setTcpNoDelay(true);
			InputStream in = new BufferedInputStream(this.socket.getInputStream());
			boolean alive = true;
			while (alive) {
				RecordedRequest request = read(in);
				if (request == null) {
					return;
				}
				this.releases = this.server.releases();
				Reply reply = this.server.record(request);
				alive = new ReplySender(this, in, this.server).send(reply, request)
						&& !"close".equalsIgnoreCase(request.header("Connection"));
			}
		}
		catch (IOException ex) {
			// The client is gone, or the reply wanted it so.
		}
	}

	private Socket secured() throws IOException {
		if (this.tls == null) {
			return this.plain;
		}
		String client = this.plain.getInetAddress().getHostAddress();
		SSLSocket socket = (SSLSocket) this.tls.getSocketFactory()
			.createSocket(this.plain, client, this.plain.getPort(), true);
		socket.setUseClientMode(false);
		return socket;
	}

	OutputStream out() throws IOException {
		return this.socket.getOutputStream();
	}

	/** Ends the connection with a reset: closing without lingering sends RST. */
	void abort() {
		try {
			this.plain.setSoLinger(true, 0);
			this.plain.close();
		}
		catch (IOException ex) {
			// It was closed already.
		}
	}

	/** Waits for a latch, or for the client to go. */
	void await(CountDownLatch latch, InputStream in) throws IOException {
		while (!glance(latch)) {
			expectSilence(in);
		}
	}

	/** Waits for a release since the request came, or for the client to go. */
	void stall(InputStream in) throws IOException {
		while (this.server.releases() == this.releases) {
			expectSilence(in);
		}
	}

	private boolean glance(CountDownLatch latch) throws IOException {
		try {
			return latch.await(0, TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException(ex);
		}
	}

	private void expectSilence(InputStream in) throws IOException {
		this.socket.setSoTimeout(GLANCE_MILLIS);
		try {
			in.mark(1);
			if (in.read() < 0) {
				throw new EOFException("the client closed the connection");
			}
			in.reset();
			throw new IOException("the client pipelines, which this server does not do");
		}
		catch (SocketTimeoutException ex) {
			// Still there, and waiting.
		}
		finally {
			this.socket.setSoTimeout(0);
		}
	}

	private @Nullable RecordedRequest read(InputStream in) throws IOException {
		String requestLine = line(in);
		if (requestLine == null) {
			return null;
		}
		String[] words = requestLine.split(" ");
		Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		String header = line(in);
		while (header != null && !header.isEmpty()) {
			int colon = header.indexOf(':');
			headers.computeIfAbsent(header.substring(0, colon), (key) -> new ArrayList<>())
				.add(header.substring(colon + 1).strip());
			header = line(in);
		}
		int length = Integer.parseInt(headers.getOrDefault("Content-Length", List.of("0")).get(0));
		String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
		String target = words[1];
		int question = target.indexOf('?');
		return new RecordedRequest(words[0], (question < 0) ? target : target.substring(0, question),
				(question < 0) ? null : target.substring(question + 1), headers, body, this.number);
	}

	private static @Nullable String line(InputStream in) throws IOException {
		StringBuilder line = new StringBuilder();
		int next = in.read();
		while (next >= 0 && next != '\n') {
			line.append((char) next);
			next = in.read();
		}
		if (next < 0) {
			return null;
		}
		return new String(line.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8)
			.stripTrailing();
	}

}
