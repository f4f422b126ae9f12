/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A SOCKS 5 proxy (RFC 1928) on a free port of the loopback interface that wants a user
 * name and a password, takes any, and connects to one port of this machine, whatever host
 * is asked for.
 * <p>
 * <em>Thread-safety</em>: may be used from any thread; each connection has daemon threads
 * of its own.
 */
public final class SocksProxy implements AutoCloseable {

	private static final byte LOGIN = 2;

	private final ServerSocket listener = new ServerSocket(0, 64, InetAddress.getByName("127.0.0.1"));

	private final List<String> hosts = new CopyOnWriteArrayList<>();

	private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

	private final int target;

	private final int reply;

	/**
	 * Starts a proxy.
	 * @param target the port of this machine to which all connections lead
	 * @param reply what it answers to a request for a connection; 0 opens it
	 * @throws IOException if it cannot be started
	 */
	public SocksProxy(int target, int reply) throws IOException {
		this.target = target;
		this.reply = reply;
		daemon(() -> {
			while (true) {
				Socket client = this.listener.accept();
				this.sockets.add(client);
				daemon(() -> serve(client));
			}
		});
	}

	/**
	 * Returns the port.
	 * @return the port
	 */
	public int port() {
		return this.listener.getLocalPort();
	}

	/**
	 * Returns the names of the hosts that were asked for.
	 * @return the names in the order they came
	 */
	public List<String> hosts() {
		return List.copyOf(this.hosts);
	}

	private void serve(Socket client) throws IOException {
		try (client) {
			DataInputStream in = new DataInputStream(client.getInputStream());
			OutputStream out = client.getOutputStream();
			in.readByte();
			in.readNBytes(in.readUnsignedByte());
			out.write(new byte[] { 5, LOGIN });
			in.readByte();
			in.readNBytes(in.readUnsignedByte());
			in.readNBytes(in.readUnsignedByte());
			out.write(new byte[] { 1, 0 });
			in.readNBytes(3);
			boolean name = in.readByte() == 3;
			this.hosts.add(name ? new String(in.readNBytes(in.readUnsignedByte()), StandardCharsets.US_ASCII)
					: InetAddress.getByAddress(in.readNBytes(4)).getHostAddress());
			in.readUnsignedShort();
			out.write(new byte[] { 5, (byte) this.reply, 0, 1, 0, 0, 0, 0, 0, 0 });
			if (this.reply == 0) {
				tunnel(client);
			}
		}
	}

	private void tunnel(Socket client) throws IOException {
		try (Socket origin = new Socket(InetAddress.getByName("127.0.0.1"), this.target)) {
			this.sockets.add(origin);
			daemon(() -> {
				client.getInputStream().transferTo(origin.getOutputStream());
				origin.shutdownOutput();
			});
			origin.getInputStream().transferTo(client.getOutputStream());
		}
	}

	@Override
	public void close() throws IOException {
		this.listener.close();
		for (Socket socket : this.sockets) {
			socket.close();
		}
	}

	private static void daemon(Work work) {
		Thread thread = new Thread(() -> {
			try {
				work.run();
			}
			catch (IOException ex) {
				// One of both sides is gone.
			}
		}, "socks-proxy");
		thread.setDaemon(true);
		thread.start();
	}

	private interface Work {

		void run() throws IOException;

	}

}
