/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Names that were met, to find those that are met again. Of each name a hash of 64 bits
 * is kept, so that a million names take 16 MiB however long they are; two names of a
 * large vocabulary have the same hash by chance in one of a hundred million files. Where
 * a hash is kept depends on a number that is drawn for each process, so that a file
 * cannot be made whose names all compete for the same places.
 */
final class Names {

	static final int MOST = 1 << 20;

	/** Offset basis and prime of FNV-1a. */
	static final long START = 0xcbf29ce484222325L;

	private static final long PRIME = 0x100000001b3L;

	private static final long SEED = ThreadLocalRandom.current().nextLong();

	/** Open addressing; zero is a free place. At most half of the places are taken. */
	private long[] table = new long[64];

	private int size;

	private long probes;

	/** Returns the hash of a name that goes on with a byte. */
	static long next(long hash, int octet) {
		return (hash ^ (octet & 0xff)) * PRIME;
	}

	static long hash(byte[] name) {
		long hash = START;
		for (byte octet : name) {
			hash = next(hash, octet);
		}
		return hash;
	}

	boolean isFull() {
		return this.size == MOST;
	}

	/**
	 * Adds a name, unless there are too many.
	 * @param hash the hash of the name
	 * @return whether it is new
	 */
	boolean add(long hash) {
		if (isFull()) {
			return true;
		}
		if (this.size == this.table.length / 2) {
			long[] smaller = this.table;
			this.table = new long[2 * smaller.length];
			Arrays.stream(smaller).filter((taken) -> taken != 0).forEach(this::put);
		}
		boolean added = put((hash != 0) ? hash : 1);
		this.size += added ? 1 : 0;
		return added;
	}

	/** Returns how many taken places were looked at. */
	long probes() {
		return this.probes;
	}

	/** The end of MurmurHash3, which spreads each bit over all. */
	private static long mix(long hash) {
		long mixed = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
		mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
		return mixed ^ (mixed >>> 33);
	}

	private boolean put(long hash) {
		int place = (int) (mix(hash ^ SEED) & (this.table.length - 1));
		while (this.table[place] != 0) {
			this.probes++;
			if (this.table[place] == hash) {
				return false;
			}
			place = (place + 1) & (this.table.length - 1);
		}
		this.table[place] = hash;
		return true;
	}

}
