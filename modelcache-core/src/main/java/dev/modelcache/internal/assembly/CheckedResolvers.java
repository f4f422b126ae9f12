/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.net.InetSocketAddress;
import java.util.List;

import dev.modelcache.ConnectorRules;
import io.netty.resolver.AbstractAddressResolver;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import reactor.netty.http.HttpResources;
import reactor.netty.transport.NameResolverProvider;

/**
 * Reactor Netty's resolvers of host names, whose answers contain only addresses that
 * rules allow. Addresses in URLs are checked, too.
 */
final class CheckedResolvers extends AddressResolverGroup<InetSocketAddress> {

	private final AddressResolverGroup<InetSocketAddress> names = NameResolverProvider.builder()
		.build()
		.newNameResolverGroup(HttpResources.get(), true);

	private final ConnectorRules rules;

	CheckedResolvers(ConnectorRules rules) {
		this.rules = rules;
	}

	@Override
	protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
		return new Checked(executor, this.names.getResolver(executor));
	}

	@Override
	public void close() {
		super.close();
		this.names.close();
	}

	private final class Checked extends AbstractAddressResolver<InetSocketAddress> {

		private final AddressResolver<InetSocketAddress> names;

		Checked(EventExecutor executor, AddressResolver<InetSocketAddress> names) {
			super(executor, InetSocketAddress.class);
			this.names = names;
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
		protected void doResolveAll(InetSocketAddress address, Promise<List<InetSocketAddress>> promise) {
			if (!address.isUnresolved()) {
				settle(address, List.of(address), promise);
				return;
			}
			this.names.resolveAll(address).addListener((Future<List<InetSocketAddress>> future) -> {
				if (future.isSuccess()) {
					settle(address, future.getNow(), promise);
				}
				else {
					promise.tryFailure(future.cause());
				}
			});
		}

		private void settle(InetSocketAddress asked, List<InetSocketAddress> found,
				Promise<List<InetSocketAddress>> promise) {
			List<InetSocketAddress> allowed = found.stream()
				.filter((address) -> CheckedResolvers.this.rules.allows(address.getAddress()))
				.toList();
			if (allowed.isEmpty()) {
				promise.tryFailure(CheckedResolvers.this.rules.refused(asked.getHostString(), null));
			}
			else {
				promise.trySuccess(allowed);
			}
		}

	}

}
