/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingOperationError;
import org.springframework.util.ClassUtils;

/**
 * Fails each test during which an event loop or another thread that must not block
 * waited, slept or used the file system in a call that code of ours made. JUnit registers
 * it for every test class of the modules that have it on their class path. The call
 * itself goes on, so that code which ignores errors hides nothing. Where tests run side
 * by side, the one that ends next fails; the stack trace names the call. Forked JVMs are
 * not watched. The JVM needs {@code -XX:+AllowRedefinitionToAddDeleteMethods}.
 */
public final class BlockingCalls implements AfterEachCallback, AfterAllCallback {

	/** The classes of Linux and macOS that hold the file system's native methods. */
	private static final List<String> FILE_SYSTEM = List.of("sun.nio.fs.UnixNativeDispatcher",
			"sun.nio.ch.FileDispatcherImpl", "sun.nio.ch.UnixFileDispatcherImpl", "sun.nio.ch.FileChannelImpl",
			"java.io.UnixFileSystem");

	/** Methods that use no file, or that sockets use as well. */
	private static final Set<String> HARMLESS = Set.of("init", "init0", "initIDs", "getcwd", "strerror", "write0",
			"writev0", "close0", "preClose0", "closeIntFD", "dup", "dup0", "rewind", "getlinelen",
			"canTransferToFromOverlappedMap0", "maxDirectTransferSize0", "allocationGranularity0",
			"fchmodatNoFollowSupported0");

	private static final int MOST_RECORDED = 20;

	private static final AtomicBoolean INSTALLED = new AtomicBoolean();

	private static final Queue<BlockingOperationError> RECORDED = new ConcurrentLinkedQueue<>();

	/** Installs the agent; called by JUnit. */
	public BlockingCalls() {
		if (INSTALLED.compareAndSet(false, true)) {
			BlockHound.install(BlockingCalls::configure);
		}
	}

	private static void configure(BlockHound.Builder builder) {
		for (String name : FILE_SYSTEM) {
			if (ClassUtils.isPresent(name, null)) {
				for (Method method : ClassUtils.resolveClassName(name, null).getDeclaredMethods()) {
					if (Modifier.isNative(method.getModifiers()) && !HARMLESS.contains(method.getName())) {
						builder.markAsBlocking(name, method.getName(), descriptor(method));
					}
				}
			}
		}
		builder.allowBlockingCallsInside(BlockingCalls.class.getName(), "onPurpose")
			// Queues, allocators and log appenders hold theirs for a moment.
			.allowBlockingCallsInside("java.util.concurrent.locks.ReentrantLock", "lock")
			.allowBlockingCallsInside("java.util.concurrent.locks.StampedLock", "writeLock")
			// WebFlux looks for static files on the event loop.
			.allowBlockingCallsInside("org.springframework.web.reactive.resource.PathResourceResolver", "getResource")
			// Netty offers zstd, whose library is unpacked once.
			.allowBlockingCallsInside("com.github.luben.zstd.util.Native", "load")
			.blockingMethodCallback((method) -> {
				BlockingOperationError error = new BlockingOperationError(method);
				if (RECORDED.size() < MOST_RECORDED && isOurs(error)) {
					RECORDED.add(error);
				}
			});
	}

	/**
	 * What libraries do by themselves is theirs, and so is what a class does once, when
	 * it is initialized: which thread comes first is chance.
	 */
	private static boolean isOurs(Throwable error) {
		List<StackTraceElement> stack = List.of(error.getStackTrace());
		return stack.stream().noneMatch((frame) -> frame.getMethodName().equals("<clinit>")) && stack.stream()
			.map(StackTraceElement::getClassName)
			.anyMatch((name) -> name.startsWith("dev.modelcache.")
					&& !name.startsWith(BlockingCalls.class.getName() + "$")
					&& !name.equals(BlockingCalls.class.getName()));
	}

	private static String descriptor(Method method) {
		return MethodType.methodType(method.getReturnType(), method.getParameterTypes()).toMethodDescriptorString();
	}

	/**
	 * Holds a thread that must not block, which a test wants.
	 * @param step what blocks
	 */
	public static void onPurpose(Runnable step) {
		step.run();
	}

	/**
	 * Returns what was recorded since the last call.
	 * @return the blocking calls, each with its stack trace
	 */
	static List<BlockingOperationError> taken() {
		List<BlockingOperationError> taken = new ArrayList<>();
		BlockingOperationError next = RECORDED.poll();
		while (next != null) {
			taken.add(next);
			next = RECORDED.poll();
		}
		return taken;
	}

	@Override
	public void afterEach(ExtensionContext context) {
		check();
	}

	@Override
	public void afterAll(ExtensionContext context) {
		check();
	}

	/** Fails if a call has been recorded. */
	static void check() {
		List<BlockingOperationError> taken = taken();
		if (!taken.isEmpty()) {
			AssertionError failure = new AssertionError(
					"A thread that must not block has blocked: " + taken.get(0).getMessage(), taken.get(0));
			taken.stream().skip(1).forEach(failure::addSuppressed);
			throw failure;
		}
	}

}
