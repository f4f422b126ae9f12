package dev.modelcache.transfer.http;

import dev.modelcache.transfer.SegmentedTransfer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import reactor.netty.http.client.HttpClient;

/**
 * The size of the buffers that Netty reads bodies into. Its own, 8 KiB a piece, make a
 * hundred thousand hand-overs a second out of a fast download.
 */
public final class NettyBuffers {

	private NettyBuffers() {
	}

	/**
	 * Returns a client that reads bodies in large pieces.
	 * @param client the client
	 * @return the client with pieces of {@link SegmentedTransfer#LARGEST_BUFFER}
	 */
	public static HttpClient large(HttpClient client) {
		int size = (int) SegmentedTransfer.LARGEST_BUFFER.toBytes();
		return client.httpResponseDecoder((decoder) -> decoder.maxChunkSize(size))
			.option(ChannelOption.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(size));
	}

}
