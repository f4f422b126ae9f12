package dev.modelcache.internal.http;

import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/**
 * A body that is ours from the moment its response arrives, though nobody reads it yet.
 * WebClient reads a body that nobody has taken to its end, when the exchange is cancelled
 * or fails: a hundred gigabytes of it, if the server sends them. This one is cancelled
 * instead, which closes the connection.
 * <p>
 * <em>Thread-safety</em>: {@link #close()} may be called from any thread. One subscriber.
 * Nothing is requested before there is one.
 */
final class HeldBody extends Flux<DataBuffer> implements AutoCloseable {

	private final Relay relay = new Relay();

	/**
	 * Takes a body.
	 * @param body the body; subscribed to here
	 */
	HeldBody(Flux<DataBuffer> body) {
		body.subscribe(this.relay);
	}

	@Override
	public void subscribe(CoreSubscriber<? super DataBuffer> actual) {
		if (!this.relay.reader.compareAndSet(null, actual)) {
			Operators.error(actual, new IllegalStateException("the body is read already"));
			return;
		}
		actual.onSubscribe(this.relay);
		this.relay.ready = true;
		this.relay.tellTheEnd();
	}

	/** Cancels the body, unless it has ended. */
	@Override
	public void close() {
		this.relay.cancel();
	}

	private static final class Relay implements CoreSubscriber<DataBuffer>, Subscription {

		private static final Runnable TOLD = () -> {
		};

		private final AtomicReference<@Nullable CoreSubscriber<? super DataBuffer>> reader = new AtomicReference<>();

		/** How the body ended, until the reader is told. */
		private final AtomicReference<@Nullable Runnable> end = new AtomicReference<>();

		private volatile boolean ready;

		private volatile @Nullable Subscription body;

		@Override
		public void onSubscribe(Subscription subscription) {
			this.body = subscription;
		}

		@Override
		public void onNext(DataBuffer buffer) {
			CoreSubscriber<? super DataBuffer> actual = this.reader.get();
			if (actual != null) {
				actual.onNext(buffer);
			}
			else {
				DataBufferUtils.release(buffer);
			}
		}

		@Override
		public void onError(Throwable failure) {
			this.end.compareAndSet(null, () -> reading().onError(failure));
			tellTheEnd();
		}

		@Override
		public void onComplete() {
			this.end.compareAndSet(null, () -> reading().onComplete());
			tellTheEnd();
		}

		/** A reader hears of the end once, and not before it has its subscription. */
		void tellTheEnd() {
			if (this.ready) {
				Runnable how = this.end.get();
				if (how != null && how != TOLD && this.end.compareAndSet(how, TOLD)) {
					how.run();
				}
			}
		}

		private CoreSubscriber<? super DataBuffer> reading() {
			CoreSubscriber<? super DataBuffer> actual = this.reader.get();
			if (actual == null) {
				throw new IllegalStateException("nobody reads the body");
			}
			return actual;
		}

		@Override
		public void request(long n) {
			Subscription subscription = this.body;
			if (subscription != null) {
				subscription.request(n);
			}
		}

		@Override
		public void cancel() {
			Subscription subscription = this.body;
			if (subscription != null) {
				subscription.cancel();
			}
		}

	}

}
