/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.modelcache.ConnectorRules;
import io.netty.resolver.AbstractAddressResolver;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * Resolvers of host names for one way to hosts: to the addresses of the host that the
 * rules allow, those in URLs among them, or to the addresses of the proxy.
 * <p>
 * Names are resolved by the JDK, as for every other program of the machine: by its hosts
 * file, its search domains and all of its name servers. {@code localhost} and the names
 * below it are all loopback addresses of this machine, too (RFC 6761, section 6.3).
 */
final class CheckedResolvers extends AddressResolverGroup<InetSocketAddress> {

	private static final Pattern LOCALHOST = Pattern.compile("(.*\\.)?localhost\\.?", Pattern.CASE_INSENSITIVE);

	private final ConnectorRules rules;

	private final @Nullable Proxy proxy;

	private final @Nullable AddressResolverGroup<?> own;

	private final Names names;

	private final Scheduler io;

	/**
	 * Creates the resolvers.
	 * @param rules tell which addresses of hosts are allowed
	 * @param proxy the proxy that all connections go to, or {@code null} for none
	 * @param own the resolvers that the application configured, or {@code null} for those
	 * of the JDK
	 * @param io where the JDK resolves names
	 */
	CheckedResolvers(ConnectorRules rules, @Nullable Proxy proxy, @Nullable AddressResolverGroup<?> own, Scheduler io) {
		this(rules, proxy, own, InetAddress::getAllByName, io);
	}

	CheckedResolvers(ConnectorRules rules, @Nullable Proxy proxy, @Nullable AddressResolverGroup<?> own, Names names,
			Scheduler io) {
		this.rules = rules;
		this.proxy = proxy;
		this.own = own;
		this.names = names;
		this.io = io;
	}

	@Override
	protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
		return new Checked(executor);
	}

	/**
	 * Finds the addresses of a host, and blocks meanwhile.
	 */
	interface Names {

		InetAddress[] resolve(String host) throws UnknownHostException;

	}

	/**
	 * One of the addresses of a host. All but the last get an equal part of the time to
	 * connect, so that addresses that do not answer leave time for the others.
	 */
	static final class Candidate extends InetSocketAddress {

		private final int connectTimeoutMillis;

		Candidate(InetSocketAddress address, int connectTimeoutMillis) {
			super(address.getAddress(), address.getPort());
			this.connectTimeoutMillis = connectTimeoutMillis;
		}

		int connectTimeoutMillis() {
			return this.connectTimeoutMillis;
		}

	}

	private final class Checked extends AbstractAddressResolver<InetSocketAddress> {

		Checked(EventExecutor executor) {
			super(executor, InetSocketAddress.class);
		}

		/** Even an address in a URL has to be checked. */
		@Override
		protected boolean doIsResolved(InetSocketAddress address) {
			return false;
		}

		@Override
		protected void doResolve(InetSocketAddress address, Promise<InetSocketAddress> promise) {
			Promise<List<InetSocketAddress>> all = executor().newPromise();
			all.addListener((Future<List<InetSocketAddress>> future) -> {
				if (future.isSuccess()) {
					promise.trySuccess(future.getNow().get(0));
				}
				else {
					promise.tryFailure(future.cause());
				}
			});
			doResolveAll(address, all);
		}

		@Override
		protected void doResolveAll(InetSocketAddress host, Promise<List<InetSocketAddress>> promise) {
			Proxy proxy = CheckedResolvers.this.proxy;
			InetSocketAddress target = (proxy != null) ? proxy.address() : host;
			Promise<List<InetSocketAddress>> found = executor().newPromise();
			found.addListener((Future<List<InetSocketAddress>> future) -> {
				if (future.isSuccess()) {
					settle(host, future.getNow(), promise);
				}
				else {
					promise.tryFailure((proxy != null) ? ProxyFailures.unknown(proxy, future.cause()) : future.cause());
				}
			});
			if (!target.isUnresolved()) {
				found.setSuccess(List.of(target));
			}
			else if (CheckedResolvers.this.own != null) {
				askOwn(CheckedResolvers.this.own, target, found);
			}
			else {
				CheckedResolvers.this.io.schedule(() -> askJdk(target, found));
			}
		}

		private void askJdk(InetSocketAddress target, Promise<List<InetSocketAddress>> found) {
			try {
				found.trySuccess(addresses(target.getHostString()).distinct()
					.map((address) -> new InetSocketAddress(address, target.getPort()))
					.toList());
			}
			catch (IOException | RuntimeException ex) {
				found.tryFailure(ex);
			}
		}

		private Stream<InetAddress> addresses(String host) throws IOException {
			if (!LOCALHOST.matcher(host).matches()) {
				return Arrays.stream(CheckedResolvers.this.names.resolve(host));
			}
			List<InetAddress> own = loopback(host);
			try {
				return Stream.concat(Arrays.stream(CheckedResolvers.this.names.resolve(host)), own.stream());
			}
			catch (UnknownHostException ex) {
				if (own.isEmpty()) {
					throw ex;
				}
				return own.stream();
			}
		}

		/**
		 * The addresses that this JVM can connect to; none where it may not list them.
		 */
		private static List<InetAddress> loopback(String host) {
			List<InetAddress> addresses = new ArrayList<>();
			try {
				NetworkInterface loopback = NetworkInterface.getByInetAddress(InetAddress.getLoopbackAddress());
				if (loopback != null) {
					for (InetAddress address : Collections.list(loopback.getInetAddresses())) {
						if (address.isLoopbackAddress()) {
							addresses.add(InetAddress.getByAddress(host, address.getAddress()));
						}
					}
				}
			}
			catch (IOException ex) {
				// The JDK's answer is what there is.
			}
			return addresses;
		}

		@SuppressWarnings("unchecked")
		private void askOwn(AddressResolverGroup<?> own, InetSocketAddress target,
				Promise<List<InetSocketAddress>> found) {
			AddressResolver<SocketAddress> resolver = (AddressResolver<SocketAddress>) own.getResolver(executor());
			resolver.resolveAll(target).addListener((Future<List<SocketAddress>> future) -> {
				if (future.isSuccess()) {
					found.trySuccess(future.getNow()
						.stream()
						.filter(InetSocketAddress.class::isInstance)
						.map(InetSocketAddress.class::cast)
						.toList());
				}
				else {
					found.tryFailure(future.cause());
				}
			});
		}

		private void settle(InetSocketAddress host, List<InetSocketAddress> found,
				Promise<List<InetSocketAddress>> promise) {
			ConnectorRules rules = CheckedResolvers.this.rules;
			List<InetSocketAddress> allowed = (CheckedResolvers.this.proxy != null) ? found
					: found.stream().filter((address) -> rules.allows(address.getAddress())).toList();
			if (allowed.isEmpty()) {
				promise.tryFailure(rules.refused(host.getHostString(), null));
				return;
			}
			int whole = Math.toIntExact(rules.connectTimeout().toMillis());
			int share = Math.max(1, whole / allowed.size());
			promise.trySuccess(IntStream.range(0, allowed.size())
				.<InetSocketAddress>mapToObj(
						(index) -> new Candidate(allowed.get(index), (index < allowed.size() - 1) ? share : whole))
				.toList());
		}

	}

}
