/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/**
 * A channel that leaves everything to another one.
 */
public abstract class ForwardingChannel extends FileChannel {

	private final FileChannel file;

	/**
	 * Creates it.
	 * @param file the channel that does what is to be done
	 */
	protected ForwardingChannel(FileChannel file) {
		this.file = file;
	}

	@Override
	public int read(ByteBuffer target) throws IOException {
		return this.file.read(target);
	}

	@Override
	public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
		return this.file.read(targets, offset, length);
	}

	@Override
	public int read(ByteBuffer target, long position) throws IOException {
		return this.file.read(target, position);
	}

	@Override
	public int write(ByteBuffer source) throws IOException {
		return this.file.write(source);
	}

	@Override
	public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
		return this.file.write(sources, offset, length);
	}

	@Override
	public int write(ByteBuffer source, long position) throws IOException {
		return this.file.write(source, position);
	}

	@Override
	public long position() throws IOException {
		return this.file.position();
	}

	@Override
	public FileChannel position(long position) throws IOException {
		this.file.position(position);
		return this;
	}

	@Override
	public long size() throws IOException {
		return this.file.size();
	}

	@Override
	public FileChannel truncate(long size) throws IOException {
		this.file.truncate(size);
		return this;
	}

	@Override
	public void force(boolean metaData) throws IOException {
		this.file.force(metaData);
	}

	@Override
	public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
		return this.file.transferTo(position, count, (target instanceof ForwardingChannel other) ? other.file : target);
	}

	@Override
	public long transferFrom(ReadableByteChannel source, long position, long count) throws IOException {
		return this.file.transferFrom(source, position, count);
	}

	@Override
	public MappedByteBuffer map(MapMode mode, long position, long size) throws IOException {
		return this.file.map(mode, position, size);
	}

	@Override
	public FileLock lock(long position, long size, boolean shared) throws IOException {
		return this.file.lock(position, size, shared);
	}

	@Override
	public FileLock tryLock(long position, long size, boolean shared) throws IOException {
		return this.file.tryLock(position, size, shared);
	}

	@Override
	protected void implCloseChannel() throws IOException {
		this.file.close();
	}

}
