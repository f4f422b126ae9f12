/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

import dev.modelcache.internal.RecentlyUsed;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;

/**
 * Where the redirects of mirrors lead to, for as long as that brings bytes. A large file
 * takes thousands of requests, a hub limits how often it gives a link, and a link may
 * expire in the middle.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class RememberedTargets {

	private static final int MOST = 256;

	private static final Set<Reason> SIGNS_OF_EXPIRY = EnumSet.of(Reason.LINK_REFUSED, Reason.ACCESS_DENIED,
			Reason.NOT_FOUND, Reason.REFUSED);

	private final Map<Mirror, Target> targets = new RecentlyUsed<>(MOST);

	/**
	 * Returns where a request begins. The first bytes of a file always come the whole
	 * way: by now it may lead to a newer file.
	 */
	synchronized Hop begin(RangeRequest request, WebRequest sent) {
		Target known = (request.range().start() > 0) ? this.targets.get(request.mirror()) : null;
		return (known != null && known.place != null) ? known.place.of(sent) : Hop.first(sent);
	}

	/**
	 * Returns how often the links of a mirror were renewed. A request that began before
	 * the last renewal has a link of before.
	 */
	synchronized int renewals(Mirror mirror) {
		Target target = this.targets.get(mirror);
		return (target != null) ? target.renewals : 0;
	}

	/** Bytes come from where a request ended up. */
	synchronized void brought(Mirror mirror, Hop place) {
		if (place.number() > 0) {
			Target target = this.targets.computeIfAbsent(mirror, (key) -> new Target());
			target.place = place;
			target.broughtSince = true;
		}
	}

	/** A request to the mirror has failed: the next one comes the whole way. */
	synchronized void failed(Mirror mirror) {
		Target target = this.targets.get(mirror);
		if (target != null) {
			target.place = null;
		}
	}

	/**
	 * Decides whether a refusal may be the end of a link alone, so that the request goes
	 * the whole way again, once and for free: when the link served before, or a new one
	 * is refused for the first time since bytes arrived. Links of several connections may
	 * expire together: then each of them goes again.
	 * @param mirror the mirror
	 * @param begun where the request began
	 * @param renewals how often links had been renewed when it began
	 * @param failure how it failed
	 * @return whether to go again
	 */
	synchronized boolean hasExpired(Mirror mirror, Hop begun, int renewals, Throwable failure) {
		if (!(failure instanceof RequestFailedException request) || !SIGNS_OF_EXPIRY.contains(request.reason())) {
			return false;
		}
		Target target = this.targets.get(mirror);
		boolean old = target != null && renewals < target.renewals;
		boolean broughtSince = false;
		if (target != null && target.broughtSince) {
			broughtSince = true;
			target.broughtSince = false;
			target.renewals++;
		}
		failed(mirror);
		return begun.number() > 0 || ((old || broughtSince) && request.reason() == Reason.LINK_REFUSED);
	}

	private static final class Target {

		private @Nullable Hop place;

		private boolean broughtSince;

		private int renewals;

	}

}
