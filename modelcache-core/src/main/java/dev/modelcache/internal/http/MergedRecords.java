/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * Joins what TLS decrypts, 16 KiB at most (RFC 8446, section 5.1), to pieces of
 * {@link NettyBuffers#LARGEST}: a copy costs less than to hand each of them over. What
 * arrived together goes on together, and nothing is held back when the socket is empty.
 */
public final class MergedRecords extends ChannelInboundHandlerAdapter {

	/** Less is an answer that needs no joining. */
	private static final int LEAST = 8 << 10;

	private static final int PIECE = (int) NettyBuffers.LARGEST.toBytes();

	private @Nullable ByteBuf piece;

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		if (!(message instanceof ByteBuf record) || record.readableBytes() > PIECE
				|| (this.piece == null && record.readableBytes() < LEAST)) {
			forward(context);
			context.fireChannelRead(message);
			return;
		}
		try {
			if (this.piece != null && this.piece.writableBytes() < record.readableBytes()) {
				forward(context);
			}
			if (this.piece == null) {
				this.piece = context.alloc().directBuffer(PIECE, PIECE);
			}
			this.piece.writeBytes(record);
		}
		finally {
			record.release();
		}
	}

	private void forward(ChannelHandlerContext context) {
		ByteBuf ready = this.piece;
		if (ready != null) {
			this.piece = null;
			context.fireChannelRead(ready);
		}
	}

	@Override
	public void channelReadComplete(ChannelHandlerContext context) {
		forward(context);
		context.fireChannelReadComplete();
	}

	@Override
	public void userEventTriggered(ChannelHandlerContext context, Object event) {
		forward(context);
		context.fireUserEventTriggered(event);
	}

	@Override
	public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
		forward(context);
		context.fireExceptionCaught(failure);
	}

	@Override
	public void channelInactive(ChannelHandlerContext context) {
		forward(context);
		context.fireChannelInactive();
	}

	@Override
	public void handlerRemoved(ChannelHandlerContext context) {
		forward(context);
	}

}
