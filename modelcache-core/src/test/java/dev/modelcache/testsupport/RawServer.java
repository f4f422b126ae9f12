/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/**
 * A server on the loopback interface that has one conversation with every client, below
 * HTTP.
 */
public final class RawServer implements AutoCloseable {

	private final ServerSocket listener;

	private final List<Socket> open = new CopyOnWriteArrayList<>();

	private RawServer(ServerSocket listener, Conversation conversation) {
		this.listener = listener;
		daemon(() -> {
			try {
				while (true) {
					Socket socket = listener.accept();
					this.open.add(socket);
					daemon(() -> {
						try {
							conversation.with(socket);
						}
						catch (IOException ex) {
							// The other side did not like it.
						}
					});
				}
			}
			catch (IOException ex) {
				// The test has ended.
			}
		});
	}

	/**
	 * Starts a server.
	 * @param conversation what it does with a connection
	 * @return the server
	 */
	public static RawServer start(Conversation conversation) {
		try {
			return new RawServer(new ServerSocket(0, 16, InetAddress.getByName("127.0.0.1")), conversation);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Starts a server that reads something, sends some bytes and then nothing.
	 * @param answer the bytes
	 * @return the server
	 */
	public static RawServer sending(byte[] answer) {
		return start((socket) -> {
			socket.getInputStream().read(new byte[64]);
			socket.getOutputStream().write(answer);
			socket.getInputStream().transferTo(OutputStream.nullOutputStream());
		});
	}

	/**
	 * Starts a server that speaks TLS.
	 * @param certificate its certificate
	 * @param change prepares its socket
	 * @param conversation what it does with a connection
	 * @return the server
	 */
	public static RawServer tls(TestCertificate certificate, Consumer<SSLServerSocket> change,
			Conversation conversation) {
		try {
			SSLServerSocket listener = (SSLServerSocket) certificate.sslContext()
				.getServerSocketFactory()
				.createServerSocket(0, 16, InetAddress.getByName("127.0.0.1"));
			change.accept(listener);
			return new RawServer(listener, conversation);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Starts a server that makes TLS connections and says nothing.
	 * @param certificate its certificate
	 * @param change prepares its socket
	 * @return the server
	 */
	public static RawServer tls(TestCertificate certificate, Consumer<SSLServerSocket> change) {
		return tls(certificate, change, (socket) -> {
			((SSLSocket) socket).startHandshake();
			socket.getInputStream().read();
		});
	}

	public int port() {
		return this.listener.getLocalPort();
	}

	@Override
	public void close() {
		try {
			this.listener.close();
			for (Socket socket : this.open) {
				socket.close();
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void daemon(Runnable work) {
		Thread thread = new Thread(work, "raw-server");
		thread.setDaemon(true);
		thread.start();
	}

	/**
	 * What a server does with a connection.
	 */
	@FunctionalInterface
	public interface Conversation {

		void with(Socket socket) throws IOException;

	}

}
