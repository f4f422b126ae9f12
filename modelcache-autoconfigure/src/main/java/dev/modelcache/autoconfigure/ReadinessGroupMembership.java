/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.boot.actuate.endpoint.web.AdditionalPathsMapper;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroup;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroups;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroupsPostProcessor;
import org.springframework.util.ClassUtils;

/**
 * Adds a health contributor to the readiness group, in addition to the members that the
 * application configured. The resulting groups implement all public interfaces of the
 * original groups, because other parts of an application depend on them.
 */
final class ReadinessGroupMembership implements HealthEndpointGroupsPostProcessor {

	private static final String READINESS = "readiness";

	private final String contributor;

	private final Set<String> excluded;

	/**
	 * Creates a membership.
	 * @param contributor the name of the health contributor
	 * @param excluded the names that the application excludes from the readiness group
	 */
	ReadinessGroupMembership(String contributor, Set<String> excluded) {
		this.contributor = contributor;
		this.excluded = Set.copyOf(excluded);
	}

	@Override
	public HealthEndpointGroups postProcessHealthEndpointGroups(HealthEndpointGroups groups) {
		if (this.excluded.contains(this.contributor) || this.excluded.contains("*")) {
			return groups;
		}
		return wrap(groups, HealthEndpointGroups.class, (proxy, method, arguments) -> {
			if (method.isDefault() && method.getDeclaringClass() == HealthEndpointGroups.class) {
				// It asks the proxy for the single groups, and so finds the member.
				return InvocationHandler.invokeDefault(proxy, method, arguments);
			}
			Object result = invoke(groups, method, arguments);
			return (result instanceof HealthEndpointGroup group && method.getName().equals("get")
					&& READINESS.equals(arguments[0])) ? withMember(group) : result;
		});
	}

	private HealthEndpointGroup withMember(HealthEndpointGroup group) {
		return wrap(group, HealthEndpointGroup.class, (proxy, method, arguments) -> {
			boolean member = method.getName().equals("isMember") && this.contributor.equals(arguments[0]);
			return member ? true : invoke(group, method, arguments);
		});
	}

	private static <T> T wrap(T target, Class<T> type, InvocationHandler handler) {
		Class<?>[] interfaces = Arrays.stream(ClassUtils.getAllInterfaces(target))
			.filter((candidate) -> Modifier.isPublic(candidate.getModifiers()) && !candidate.isSealed())
			.toArray(Class<?>[]::new);
		return type.cast(Proxy.newProxyInstance(target.getClass().getClassLoader(), interfaces, handler));
	}

	private static @Nullable Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
		try {
			return method.invoke(target, arguments);
		}
		catch (InvocationTargetException ex) {
			throw ex.getTargetException();
		}
	}

	/**
	 * Registers the proxies of the groups for native images.
	 */
	static final class ProxyHints implements RuntimeHintsRegistrar {

		@Override
		public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
			hints.proxies()
				.registerJdkProxy(HealthEndpointGroup.class)
				.registerJdkProxy(HealthEndpointGroups.class)
				.registerJdkProxy(HealthEndpointGroups.class, AdditionalPathsMapper.class);
			for (Class<?> type : List.of(HealthEndpointGroup.class, HealthEndpointGroups.class,
					AdditionalPathsMapper.class)) {
				hints.reflection().registerType(type, MemberCategory.INVOKE_PUBLIC_METHODS);
			}
		}

	}

}
