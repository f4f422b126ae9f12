/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Function;

import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.http.RangeClient;
import dev.modelcache.internal.http.RangeRequest;
import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.source.Mirror;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Fetches ranges of files of this machine. Their size and time stand for a validator.
 */
public final class FileRangeClient implements RangeClient {

	private static final int BUFFER = 64 * 1024;

	private final DataBufferFactory buffers = new DefaultDataBufferFactory();

	private final Scheduler io;

	/**
	 * Creates a client.
	 * @param io where blocking file work runs
	 */
	public FileRangeClient(Scheduler io) {
		this.io = io;
	}

	@Override
	public Mono<Void> exchange(RangeRequest request, CoreSubscriber<? super DataBuffer> body,
			Function<RangeResponse, Mono<Void>> answered) {
		return FailureBoundary.on(this.io, "looking at " + request.mirror(), () -> head(request))
			.flatMap((head) -> RangeClient.during(Mono.defer(() -> answered.apply(head)), bytes(request.mirror(), head),
					body));
	}

	private Flux<DataBuffer> bytes(Mirror mirror, RangeResponse head) {
		FileSystemResource file = new FileSystemResource(Path.of(mirror.uri()));
		long end = Objects.requireNonNull(head.bodyEnd());
		return DataBufferUtils
			.takeUntilByteCount(DataBufferUtils.read(file, head.start(), this.buffers, BUFFER), end - head.start())
			.onErrorMap(IOException.class, (ex) -> failure(mirror, ex));
	}

	private RangeResponse head(RangeRequest request) {
		Mirror mirror = request.mirror();
		Path file = Path.of(mirror.uri());
		try {
			long size = Files.size(file);
			String validator = "\"" + size + "-" + Files.getLastModifiedTime(file).toMillis() + "\"";
			boolean unchanged = request.ifRange() == null || request.ifRange().equals(validator);
			long start = unchanged ? Math.min(request.range().start(), size) : 0;
			long end = Math.max(start, Math.min(unchanged ? request.range().end() : size, size));
			return new RangeResponse(start, size, end, !unchanged, validator, true);
		}
		catch (IOException ex) {
			throw failure(mirror, ex);
		}
	}

	private static RequestFailedException failure(Mirror mirror, IOException ex) {
		return (ex instanceof NoSuchFileException)
				? new RequestFailedException(Reason.NOT_FOUND, mirror, "does not exist", ex)
				: new RequestFailedException(Reason.RESET, mirror, "cannot be read", ex);
	}

}
