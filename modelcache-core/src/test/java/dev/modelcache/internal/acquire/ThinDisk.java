/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An ext4 file system on a thin-provisioned image: it has space for a file long before
 * the memory behind it has. To be used by a process with a mount namespace of its own,
 * with which the mounts and the loop device end.
 */
final class ThinDisk {

	private static final int MIB_OF_FILES = 64;

	private final Path memory;

	private final Path files;

	/**
	 * Mounts it.
	 * @param directory an empty directory
	 */
	ThinDisk(Path directory) throws IOException {
		this.memory = Files.createDirectory(directory.resolve("memory"));
		this.files = Files.createDirectory(directory.resolve("files"));
		run("mount -t tmpfs -o size=200m thin-disk %s".formatted(this.memory));
		Path image = this.memory.resolve("image");
		run("head -c %dM /dev/zero > %s".formatted(MIB_OF_FILES, image));
		run("mkfs.ext4 -q -b 4096 -E nodiscard %s".formatted(image));
		// Written once more, because mkfs leaves holes: ext4's own data has its place.
		run("cat %1$s > %1$s.full && mv %1$s.full %1$s".formatted(image));
		mount();
	}

	private void mount() {
		run("mount -o loop %s %s".formatted(this.memory.resolve("image"), this.files));
	}

	/** Returns the directory of its files. */
	Path files() {
		return this.files;
	}

	/** Leaves memory for one MiB of files more, of which ext4 knows nothing. */
	void takeSpace() {
		run("sync && fstrim %s".formatted(this.files));
		run("mount -o remount,size=$(( $(du -k %1$s/image | cut -f1) + 1024 ))k %1$s".formatted(this.memory));
	}

	/** Gives back the space. */
	void giveSpace() {
		run("mount -o remount,size=200m %s".formatted(this.memory));
	}

	/** Drops what the operating system holds in memory of its files. */
	void mountAgain() {
		run("umount %s".formatted(this.files));
		mount();
	}

	private static void run(String command) {
		try {
			Process process = new ProcessBuilder("sh", "-ec", command).redirectErrorStream(true).start();
			String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			if (process.waitFor() != 0) {
				throw new IllegalStateException(command + ": " + output);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

}
