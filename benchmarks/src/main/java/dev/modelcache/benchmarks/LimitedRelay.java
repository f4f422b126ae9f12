/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.function.Supplier;

/**
 * A slow line to a server on this machine. It limits what a connection, or all of them
 * together, may bring, whatever number of requests they are made of: nginx's own
 * {@code limit_rate} counts each request anew and lets its last piece pass for free.
 * Arguments, three for each line: the server's port, bytes per second, {@code connection}
 * or {@code total}. Prints the ports of the lines.
 */
final class LimitedRelay {

	private static final int PIECE = 64 * 1024;

	private final InetSocketAddress server;

	private final Supplier<Throttle> throttles;

	private LimitedRelay(int serverPort, long bytesPerSecond, boolean perConnection) {
		this.server = loopback(serverPort);
		Throttle shared = new Throttle(bytesPerSecond);
		this.throttles = () -> perConnection ? new Throttle(bytesPerSecond) : shared;
	}

	/**
	 * Relays until the process is ended.
	 * @param arguments the lines
	 * @throws IOException if a port cannot be had
	 */
	public static void main(String[] arguments) throws IOException {
		StringBuilder ports = new StringBuilder();
		for (int i = 0; i < arguments.length; i += 3) {
			LimitedRelay relay = new LimitedRelay(Integer.parseInt(arguments[i]), Long.parseLong(arguments[i + 1]),
					arguments[i + 2].equals("connection"));
			ServerSocketChannel door = ServerSocketChannel.open().bind(loopback(0));
			ports.append(door.socket().getLocalPort()).append(' ');
			new Thread(() -> relay.serve(door)).start();
		}
		System.out.println(ports.toString().strip());
	}

	private static InetSocketAddress loopback(int port) {
		return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
	}

	private void serve(ServerSocketChannel door) {
		try {
			while (true) {
				SocketChannel client = door.accept().setOption(StandardSocketOptions.TCP_NODELAY, true);
				SocketChannel upstream = SocketChannel.open(this.server);
				Throttle throttle = this.throttles.get();
				start(() -> copy(client, upstream, new Throttle(Long.MAX_VALUE)));
				start(() -> copy(upstream, client, throttle));
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void start(Runnable work) {
		Thread thread = new Thread(work);
		thread.setDaemon(true);
		thread.start();
	}

	/** Copies until either side ends, then closes both. */
	private static void copy(SocketChannel from, SocketChannel to, Throttle throttle) {
		ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
		try (from; to) {
			while (from.read(piece.clear()) >= 0) {
				piece.flip();
				throttle.take(piece.remaining());
				while (piece.hasRemaining()) {
					to.write(piece);
				}
			}
		}
		catch (IOException ignored) {
			// A client that has what it wants hangs up.
		}
	}

}
