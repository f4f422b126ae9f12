/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicReference;

import dev.modelcache.testsupport.ForwardingChannel;

/**
 * A disk on which one operation on a staged file fails as it does when a write-back
 * failed: the error is reported once, and the bytes are readable all the same. Or on
 * which making bytes durable takes long.
 */
public final class FaultyDisk {

	private final AtomicReference<Fault> next = new AtomicReference<>();

	private final AtomicReference<Error> onRead = new AtomicReference<>();

	private final AtomicReference<Error> onWrite = new AtomicReference<>();

	private volatile String error = "";

	private volatile long failFrom = 1 << 20;

	private volatile Runnable beforeForce = () -> {
	};

	private volatile Runnable beforeWrite = () -> {
	};

	private volatile Runnable beforeRead = () -> {
	};

	/** Has the next read at a position throw an error that is no exception. */
	public void throwOnRead(Error error) {
		this.onRead.set(error);
	}

	/** Has the next write at a position throw an error that is no exception. */
	public void throwOnWrite(Error error) {
		this.onWrite.set(error);
	}

	/** Has something done before each write at a position. */
	public void beforeWrite(Runnable wait) {
		this.beforeWrite = wait;
	}

	/** Has something done before each read at a position. */
	public void beforeRead(Runnable wait) {
		this.beforeRead = wait;
	}

	/** Has something done before each time that bytes are made durable. */
	public void beforeForce(Runnable wait) {
		this.beforeForce = wait;
	}

	/** Has the next operation of a kind fail. */
	public void failOnce(Fault fault) {
		failOnce(fault, "Input/output error");
	}

	/** Has the next operation of a kind fail with an error of the operating system. */
	public void failOnce(Fault fault, String error) {
		this.error = error;
		this.next.set(fault);
	}

	/** Sets from which position of a file writes fail; initially 1 MiB. */
	public void failFrom(long position) {
		this.failFrom = position;
	}

	/** Returns whether the operation that was to fail has failed. */
	public boolean hasFailed() {
		return this.next.get() == null;
	}

	/** Returns what opens files on this disk. */
	public ExclusiveFiles files() {
		return new ExclusiveFiles(FileLocking.SYSTEM, FaultyChannel::new);
	}

	private static void meet(AtomicReference<Error> next) {
		Error error = next.getAndSet(null);
		if (error != null) {
			throw error;
		}
	}

	private void meet(Fault fault) throws IOException {
		if (this.next.compareAndSet(fault, null)) {
			throw new IOException(this.error);
		}
	}

	/** What fails. */
	public enum Fault {

		/** Bytes that are to be made durable. */
		FORCE,

		/** Bytes that are written. */
		WRITE,

		/** The end of writing: files to which nothing was written are closed. */
		CLOSE

	}

	private final class FaultyChannel extends ForwardingChannel {

		private volatile boolean written;

		FaultyChannel(FileChannel file) {
			super(file);
		}

		@Override
		public int read(ByteBuffer target, long position) throws IOException {
			FaultyDisk.this.beforeRead.run();
			meet(FaultyDisk.this.onRead);
			return super.read(target, position);
		}

		@Override
		public int write(ByteBuffer source) throws IOException {
			this.written = true;
			meet(Fault.WRITE);
			return super.write(source);
		}

		@Override
		public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
			this.written = true;
			meet(Fault.WRITE);
			return super.write(sources, offset, length);
		}

		@Override
		public int write(ByteBuffer source, long position) throws IOException {
			this.written = true;
			FaultyDisk.this.beforeWrite.run();
			meet(FaultyDisk.this.onWrite);
			if (position >= FaultyDisk.this.failFrom) {
				meet(Fault.WRITE);
			}
			return super.write(source, position);
		}

		@Override
		public void force(boolean metaData) throws IOException {
			FaultyDisk.this.beforeForce.run();
			meet(Fault.FORCE);
			super.force(metaData);
		}

		@Override
		protected void implCloseChannel() throws IOException {
			super.implCloseChannel();
			if (this.written) {
				meet(Fault.CLOSE);
			}
		}

	}

}
