package dev.modelcache.runtime.llama;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The threads of llama.cpp that the JVM would wait for at the end of the application.
 * <p>
 * The library (4.2.0) attaches a thread to the JVM for each model, not as a daemon, and
 * never detaches it: even after the model is closed, the JVM waits for it forever. They
 * are therefore given a name, and a daemon ends the process as soon as nothing but such
 * threads keeps it alive: when it would have ended without them. A signal ends it anyway.
 */
final class NativeThreads {

	private static final String NAME = "modelcache-llama";

	private static final String WATCHER = NAME + "-end";

	/** The JVM's own thread that waits for the others when main has returned. */
	private static final String JVM_END = "DestroyJavaVM";

	private volatile int exitCode;

	/**
	 * Sets the exit code.
	 * @param code the exit code
	 */
	void exitCode(int code) {
		this.exitCode = code;
	}

	/**
	 * Returns all threads of this JVM that run.
	 * @return the threads
	 */
	static Set<Thread> all() {
		ThreadGroup root = Thread.currentThread().getThreadGroup();
		while (root.getParent() != null) {
			root = root.getParent();
		}
		Thread[] threads = new Thread[2 * root.activeCount() + 16];
		int count = root.enumerate(threads);
		return new HashSet<>(Arrays.asList(threads).subList(0, count));
	}

	/**
	 * Names the threads that llama.cpp started, and sees to it that they do not keep the
	 * JVM alive.
	 * @param before the threads that ran before
	 */
	void adopt(Set<Thread> before) {
		Set<Thread> now = all();
		now.stream()
			.filter((thread) -> !before.contains(thread) && isNative(thread))
			.forEach((thread) -> thread.setName(NAME));
		if (now.stream().noneMatch((thread) -> thread.getName().equals(WATCHER))) {
			Thread watcher = new Thread(this::watch, WATCHER);
			watcher.setDaemon(true);
			watcher.start();
		}
	}

	/** A thread without a single Java method was not started by Java. */
	private static boolean isNative(Thread thread) {
		return keepsAlive(thread) && thread.getClass() == Thread.class && thread.getStackTrace().length == 0;
	}

	private void watch() {
		try {
			Thread other = other();
			while (other != null) {
				other.join();
				other = other();
			}
			System.exit(this.exitCode);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/** Returns a thread, other than those of llama.cpp, that keeps the JVM alive. */
	private static @Nullable Thread other() {
		return all().stream().filter(NativeThreads::keepsAlive).findAny().orElse(null);
	}

	private static boolean keepsAlive(Thread thread) {
		return thread.isAlive() && !thread.isDaemon() && !thread.getName().equals(NAME)
				&& !thread.getName().equals(JVM_END);
	}

}
