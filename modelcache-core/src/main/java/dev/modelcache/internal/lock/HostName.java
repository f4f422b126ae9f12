/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The name of this machine or container, for people to read. Asks the network last:
 * looking up an address can hang.
 */
public final class HostName {

	private HostName() {
	}

	/**
	 * Returns the name.
	 * @return the name, or {@code localhost}
	 */
	public static String current() {
		return Stream
			.of(Optional.ofNullable(System.getenv("HOSTNAME")), Optional.ofNullable(System.getenv("COMPUTERNAME")),
					fromFile())
			.flatMap(Optional::stream)
			.map(String::strip)
			.filter((name) -> !name.isEmpty() && name.lines().count() == 1)
			.findFirst()
			.orElseGet(HostName::fromAddress);
	}

	private static Optional<String> fromFile() {
		try {
			return Optional.of(Files.readString(Path.of("/etc/hostname")));
		}
		catch (IOException ex) {
			return Optional.empty();
		}
	}

	private static String fromAddress() {
		try {
			return InetAddress.getLocalHost().getHostName();
		}
		catch (UnknownHostException ex) {
			return "localhost";
		}
	}

}
