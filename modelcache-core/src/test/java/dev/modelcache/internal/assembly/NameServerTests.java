/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.MountSpace;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests with name servers of a machine, of which the first says nothing.
 */
@Tag("root")
class NameServerTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	/** Addresses of the loopback interface that another run of this test does not use. */
	private static final String SILENT = address(77);

	private static final String ANSWERING = address(78);

	@TempDir
	private Path directory;

	private static String address(int number) {
		long pid = ProcessHandle.current().pid();
		return "127.%d.%d.%d".formatted(number, pid >> 8 & 0xff, Math.max(1, pid & 0xff));
	}

	@Test
	void nameServerThatSaysNothingIsPassedOver() throws Exception {
		Content content = Content.random(3_000_000, 1);
		Path configuration = Files.writeString(this.directory.resolve("resolv.conf"), """
				nameserver %s
				nameserver %s
				options timeout:1 attempts:5
				""".formatted(SILENT, ANSWERING));
		try (DatagramSocket silent = new DatagramSocket(53, InetAddress.getByName(SILENT));
				DatagramSocket answering = new DatagramSocket(53, InetAddress.getByName(ANSWERING));
				MountSpace space = new MountSpace();
				MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", content)) {
			Thread answers = new Thread(() -> answer(answering));
			answers.start();
			space.run("mount --bind " + configuration + " /etc/resolv.conf");
			List<String> wrapper = new ArrayList<>(
					space.enter("env", "-u", "HTTP_PROXY", "-u", "http_proxy", "-u", "ALL_PROXY", "-u", "all_proxy"));
			String url = "http://models.test:" + server.port() + "/m.gguf";
			try (ForkedJvm jvm = ForkedJvm.startBy(wrapper, DownloadedFile.class, List.of("-Xmx256m"), this.directory,
					content.sha256(), url)) {
				jvm.awaitLine(content.size() + " bytes of " + url, PATIENCE);
			}
			DatagramPacket asked = new DatagramPacket(new byte[512], 512);
			silent.receive(asked);
			assertThat(asked.getLength()).isPositive();
			answering.close();
			answers.join();
		}
	}

	/** Answers each question about an IPv4 address with 127.0.0.1, others with none. */
	private static void answer(DatagramSocket socket) {
		try {
			while (true) {
				DatagramPacket packet = new DatagramPacket(new byte[512], 512);
				socket.receive(packet);
				byte[] query = packet.getData();
				int end = 12;
				while (query[end] != 0) {
					end += 1 + query[end];
				}
				boolean ipv4 = query[end + 2] == 1;
				ByteArrayOutputStream reply = new ByteArrayOutputStream();
				// RFC 1035, section 4.1: an answer to the one question, without error.
				reply.write(query, 0, 2);
				reply.writeBytes(new byte[] { (byte) 0x81, (byte) 0x80, 0, 1, 0, (byte) (ipv4 ? 1 : 0), 0, 0, 0, 0 });
				reply.writeBytes(Arrays.copyOfRange(query, 12, end + 5));
				if (ipv4) {
					// The name above, type A, class IN, a minute, four bytes.
					reply.writeBytes(new byte[] { (byte) 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1 });
				}
				socket.send(new DatagramPacket(reply.toByteArray(), reply.size(), packet.getSocketAddress()));
			}
		}
		catch (IOException ex) {
			// The socket was closed.
		}
	}

}
