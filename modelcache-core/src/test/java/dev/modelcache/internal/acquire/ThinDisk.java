/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.modelcache.testsupport.MountSpace;

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
		MountSpace.runHere("mount -t tmpfs -o size=200m thin-disk %s".formatted(this.memory));
		Path image = this.memory.resolve("image");
		MountSpace.runHere("head -c %dM /dev/zero > %s".formatted(MIB_OF_FILES, image));
		MountSpace.runHere("mkfs.ext4 -q -b 4096 -E nodiscard %s".formatted(image));
		// Written once more, because mkfs leaves holes: ext4's own data has its place.
		MountSpace.runHere("cat %1$s > %1$s.full && mv %1$s.full %1$s".formatted(image));
		mount();
	}

	private void mount() {
		MountSpace.runHere("mount -o loop %s %s".formatted(this.memory.resolve("image"), this.files));
	}

	/** Returns the directory of its files. */
	Path files() {
		return this.files;
	}

	/** Leaves memory for one MiB of files more, of which ext4 knows nothing. */
	void takeSpace() {
		MountSpace.runHere("sync && fstrim %s".formatted(this.files));
		MountSpace
			.runHere("mount -o remount,size=$(( $(du -k %1$s/image | cut -f1) + 1024 ))k %1$s".formatted(this.memory));
	}

	/** Gives back the space. */
	void giveSpace() {
		MountSpace.runHere("mount -o remount,size=200m %s".formatted(this.memory));
	}

	/** Drops what the operating system holds in memory of its files. */
	void mountAgain() {
		MountSpace.runHere("umount %s".formatted(this.files));
		mount();
	}

}
