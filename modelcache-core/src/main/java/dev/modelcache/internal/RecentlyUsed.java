/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Map that keeps the entries that were used last.
 * <p>
 * <em>Thread-safety</em>: none; reading changes the map, too.
 *
 * @param <K> the type of the keys
 * @param <V> the type of the values
 */
public final class RecentlyUsed<K, V> extends LinkedHashMap<K, V> {

	private static final long serialVersionUID = 1L;

	private final int most;

	/**
	 * Creates an empty map.
	 * @param most the maximum number of entries
	 */
	public RecentlyUsed(int most) {
		super(16, 0.75f, true);
		this.most = most;
	}

	@Override
	protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
		return size() > this.most;
	}

}
