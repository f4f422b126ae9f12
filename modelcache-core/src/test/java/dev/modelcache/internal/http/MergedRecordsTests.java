/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link MergedRecords}.
 */
class MergedRecordsTests {

	private static final int RECORD = 16 << 10;

	private static final int PIECE = 128 << 10;

	private final List<Object> seen = new ArrayList<>();

	private final MergedRecords merged = new MergedRecords();

	private final EmbeddedChannel channel = new EmbeddedChannel(this.merged, new ChannelInboundHandlerAdapter() {

		@Override
		public void channelRead(ChannelHandlerContext context, Object message) {
			ByteBuf bytes = (ByteBuf) message;
			MergedRecordsTests.this.seen.add(ByteBufUtil.getBytes(bytes));
			bytes.release();
		}

		@Override
		public void channelReadComplete(ChannelHandlerContext context) {
			MergedRecordsTests.this.seen.add("complete");
		}

		@Override
		public void channelInactive(ChannelHandlerContext context) {
			MergedRecordsTests.this.seen.add("inactive");
		}

		@Override
		public void userEventTriggered(ChannelHandlerContext context, Object event) {
			MergedRecordsTests.this.seen.add(event);
		}

		@Override
		public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
			MergedRecordsTests.this.seen.add(failure.getMessage());
		}

	});

	private final List<ByteBuf> records = new ArrayList<>();

	@AfterEach
	void everythingIsReleased() {
		this.channel.finishAndReleaseAll();
		assertThat(this.records).allSatisfy((record) -> assertThat(record.refCnt()).isZero());
	}

	private void read(int size) {
		byte[] bytes = new byte[size];
		for (int i = 0; i < size; i++) {
			bytes[i] = (byte) (i * 31 + this.records.size());
		}
		ByteBuf record = Unpooled.wrappedBuffer(bytes);
		this.records.add(record.retainedDuplicate());
		record.release();
		this.channel.pipeline().fireChannelRead(this.records.get(this.records.size() - 1));
	}

	private static byte[] expected(int number, int size) {
		byte[] bytes = new byte[size];
		for (int i = 0; i < size; i++) {
			bytes[i] = (byte) (i * 31 + number);
		}
		return bytes;
	}

	private List<Integer> sizes() {
		return this.seen.stream().filter(byte[].class::isInstance).map((bytes) -> ((byte[]) bytes).length).toList();
	}

	private byte[] all() {
		ByteBuf all = Unpooled.buffer();
		this.seen.stream().filter(byte[].class::isInstance).forEach((bytes) -> all.writeBytes((byte[]) bytes));
		return ByteBufUtil.getBytes(all);
	}

	private byte[] allExpected(int... sizes) {
		ByteBuf all = Unpooled.buffer();
		for (int i = 0; i < sizes.length; i++) {
			all.writeBytes(expected(i, sizes[i]));
		}
		return ByteBufUtil.getBytes(all);
	}

	@Test
	void recordsThatArriveTogetherGoOnAsOnePiece() {
		read(RECORD);
		read(RECORD);
		read(100);
		assertThat(this.seen).isEmpty();
		this.channel.pipeline().fireChannelReadComplete();
		assertThat(sizes()).containsExactly(2 * RECORD + 100);
		assertThat(this.seen).last().isEqualTo("complete");
		assertThat(all()).isEqualTo(allExpected(RECORD, RECORD, 100));
	}

	@Test
	void noPieceIsLargerThanItMayBe() {
		int[] sizes = { RECORD, RECORD, RECORD, RECORD, RECORD, RECORD, RECORD, RECORD - 1, RECORD, RECORD };
		for (int size : sizes) {
			read(size);
		}
		assertThat(sizes()).containsExactly(PIECE - 1);
		this.channel.pipeline().fireChannelReadComplete();
		assertThat(sizes()).containsExactly(PIECE - 1, 2 * RECORD);
		assertThat(all()).isEqualTo(allExpected(sizes));
	}

	@Test
	void smallAnswersAndLargePiecesPassAsTheyAre() {
		read(200);
		assertThat(sizes()).containsExactly(200);
		read(RECORD);
		read(PIECE + 1);
		assertThat(sizes()).containsExactly(200, RECORD, PIECE + 1);
		assertThat(all()).isEqualTo(allExpected(200, RECORD, PIECE + 1));
	}

	@ParameterizedTest
	@ValueSource(strings = { "event", "failure", "inactive", "removed" })
	void nothingThatFollowsOvertakesThem(String what) {
		read(RECORD);
		Consumer<EmbeddedChannel> end = switch (what) {
			case "event" -> (it) -> it.pipeline().fireUserEventTriggered(what);
			case "failure" -> (it) -> it.pipeline().fireExceptionCaught(new IllegalStateException(what));
			case "inactive" -> (it) -> it.pipeline().fireChannelInactive();
			default -> (it) -> {
				it.pipeline().remove(this.merged);
				it.pipeline().fireUserEventTriggered(what);
			};
		};
		end.accept(this.channel);
		assertThat(sizes()).containsExactly(RECORD);
		assertThat(this.seen).last().isEqualTo(what);
	}

}
