package dev.modelcache.internal.acquire;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

import dev.modelcache.ModelStatus;
import reactor.core.publisher.BufferOverflowStrategy;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/**
 * The statuses of all models, and who watches them.
 * <p>
 * <em>Thread-safety</em>: all methods; watchers see the changes in their order.
 */
final class StatusBoard {

	private static final int MOST_UNSEEN = 1024;

	private final Map<String, ModelStatus> statuses = new LinkedHashMap<>();

	private final Set<FluxSink<ModelStatus>> watchers = new LinkedHashSet<>();

	StatusBoard(Set<String> ids) {
		ids.forEach((id) -> this.statuses.put(id, ModelStatus.absent(id)));
	}

	synchronized ModelStatus get(String id) {
		return this.statuses.getOrDefault(id, ModelStatus.absent(id));
	}

	synchronized ModelStatus update(String id, UnaryOperator<ModelStatus> change) {
		ModelStatus before = get(id);
		ModelStatus after = change.apply(before);
		if (!after.equals(before)) {
			this.statuses.put(id, after);
			List.copyOf(this.watchers).forEach((watcher) -> watcher.next(after));
		}
		return before;
	}

	/** Returns the present statuses, then every change. */
	Flux<ModelStatus> watch() {
		Flux<ModelStatus> all = Flux.create(this::addWatcher, FluxSink.OverflowStrategy.IGNORE);
		return all.onBackpressureBuffer(MOST_UNSEEN, BufferOverflowStrategy.DROP_OLDEST);
	}

	private synchronized void addWatcher(FluxSink<ModelStatus> watcher) {
		watcher.onDispose(() -> removeWatcher(watcher));
		this.statuses.values().forEach(watcher::next);
		this.watchers.add(watcher);
	}

	private synchronized void removeWatcher(FluxSink<ModelStatus> watcher) {
		this.watchers.remove(watcher);
	}

}
