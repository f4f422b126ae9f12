/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * HTTP/1.1 codec of Netty's that reads every response that curl and wget read.
 * <p>
 * It differs from Netty's own codec in the following: line ends without a carriage
 * return, header lines without a colon or with an illegal name (which are ignored), any
 * number of interim responses (which are skipped), up to {@value HeadReader#LARGEST_HEAD}
 * bytes of headers, equal lengths that are stated more than once, a length beside
 * {@code Transfer-Encoding: chunked} (which is ignored, RFC 9112, section 6.3), and
 * chunks of more than 2 GiB. Where the end of a response could be read in another way,
 * its connection is not used again.
 * <p>
 * <em>Memory</em>: the head of a response; bodies are passed on as they arrive.
 */
final class LenientHttpCodec extends CombinedChannelDuplexHandler<LenientHttpCodec.Decoder, HttpRequestEncoder> {

	private static final int LONGEST_CHUNK_LINE = 16 * 1024;

	private static final Pattern CHUNK_SIZE = Pattern.compile("0*([0-9a-fA-F]{1,15})(?![0-9a-fA-F])");

	private LenientHttpCodec(Decoder decoder) {
		super(decoder, new Encoder(decoder));
	}

	/**
	 * Replaces the codec of a connection.
	 * @param pipeline the handlers of the connection
	 * @param largestPiece the largest piece of a body that is passed on at once, in bytes
	 */
	static void replaceIn(ChannelPipeline pipeline, int largestPiece) {
		if (pipeline.get(NettyPipeline.HttpCodec) != null) {
			pipeline.replace(NettyPipeline.HttpCodec, NettyPipeline.HttpCodec,
					new LenientHttpCodec(new Decoder(largestPiece)));
		}
	}

	private static final class Encoder extends HttpRequestEncoder {

		private final Decoder decoder;

		Encoder(Decoder decoder) {
			this.decoder = decoder;
		}

		@Override
		public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
			if (message instanceof HttpRequest request) {
				this.decoder.expect(request.method());
			}
			super.write(context, message, promise);
		}

	}

	private enum State {

		HEAD, BODY_OF_LENGTH, BODY_UNTIL_CLOSE, CHUNK_LINE, CHUNK, CHUNK_END, TRAILERS, CLOSED

	}

	/** Reads responses. Used on the event loop of its connection alone. */
	static final class Decoder extends ByteToMessageDecoder {

		private static final byte LF = '\n';

		private static final byte CR = '\r';

		private final HeadReader reader = new HeadReader();

		private final int largestPiece;

		private State state = State.HEAD;

		private boolean expecting;

		private boolean toHead;

		private long left;

		Decoder(int largestPiece) {
			this.largestPiece = largestPiece;
		}

		void expect(HttpMethod method) {
			this.expecting = true;
			this.toHead = method.equals(HttpMethod.HEAD);
			this.reader.begin();
		}

		@Override
		public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
			this.state = State.CLOSED;
			context.fireExceptionCaught(cause);
			context.close();
		}

		@Override
		protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws Exception {
			switch (this.state) {
				case HEAD -> readHead(context, in, out);
				case BODY_OF_LENGTH -> readBody(in, out);
				case BODY_UNTIL_CLOSE -> out.add(new DefaultHttpContent(piece(in, Long.MAX_VALUE)));
				case CHUNK_LINE -> readChunkLine(in);
				case CHUNK -> readChunk(in, out);
				case CHUNK_END -> readChunkEnd(in);
				case TRAILERS -> readTrailer(in, out);
				case CLOSED -> in.skipBytes(in.readableBytes());
			}
		}

		@Override
		protected void decodeLast(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws Exception {
			super.decodeLast(context, in, out);
			if (this.state == State.BODY_UNTIL_CLOSE) {
				end(out, LastHttpContent.EMPTY_LAST_CONTENT);
			}
		}

		private void readHead(ChannelHandlerContext context, ByteBuf in, List<Object> out)
				throws ConnectionFailedException {
			if (!this.expecting) {
				// Nothing has been asked: more than the length of the last response.
				this.state = State.CLOSED;
				context.close();
				return;
			}
			ResponseHead head = this.reader.read(in);
			if (head == null) {
				return;
			}
			this.expecting = false;
			out.add(response(head));
			beginBody(head, out);
		}

		private static HttpResponse response(ResponseHead head) {
			HttpVersion version = head.isPersistent() ? HttpVersion.HTTP_1_1 : HttpVersion.HTTP_1_0;
			HttpHeaders headers = DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
			head.headers().forEach((header) -> headers.add(header.getKey(), header.getValue()));
			if (head.isDoubtful()) {
				headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
			}
			return new DefaultHttpResponse(version, HttpResponseStatus.valueOf(head.status()), headers);
		}

		private void beginBody(ResponseHead head, List<Object> out) {
			if (this.toHead || head.hasNoBody()) {
				end(out, LastHttpContent.EMPTY_LAST_CONTENT);
			}
			else if (head.isChunked()) {
				this.state = State.CHUNK_LINE;
			}
			else if (head.length() == 0) {
				end(out, LastHttpContent.EMPTY_LAST_CONTENT);
			}
			else {
				this.left = head.length();
				this.state = (head.length() > 0) ? State.BODY_OF_LENGTH : State.BODY_UNTIL_CLOSE;
			}
		}

		private void readBody(ByteBuf in, List<Object> out) {
			ByteBuf piece = piece(in, this.left);
			this.left -= piece.readableBytes();
			if (this.left == 0) {
				end(out, new DefaultLastHttpContent(piece));
			}
			else {
				out.add(new DefaultHttpContent(piece));
			}
		}

		private ByteBuf piece(ByteBuf in, long most) {
			return in.readRetainedSlice((int) Math.min(Math.min(in.readableBytes(), this.largestPiece), most));
		}

		/**
		 * Of a line, the digits at its beginning are the size (RFC 9112, section 7.1).
		 */
		private void readChunkLine(ByteBuf in) {
			String line = line(in);
			if (line == null) {
				return;
			}
			Matcher size = CHUNK_SIZE.matcher(line);
			if (!size.lookingAt()) {
				throw new CorruptedFrameException("a chunk without a size");
			}
			this.left = Long.parseLong(size.group(1), 16);
			this.state = (this.left == 0) ? State.TRAILERS : State.CHUNK;
		}

		private void readChunk(ByteBuf in, List<Object> out) {
			ByteBuf piece = piece(in, this.left);
			this.left -= piece.readableBytes();
			out.add(new DefaultHttpContent(piece));
			if (this.left == 0) {
				this.state = State.CHUNK_END;
			}
		}

		private void readChunkEnd(ByteBuf in) {
			byte next = in.readByte();
			if (next == LF) {
				this.state = State.CHUNK_LINE;
			}
			else if (next != CR) {
				throw new CorruptedFrameException("a chunk of another size than announced");
			}
		}

		/** Ignored, so that no trailer contradicts what the headers say. */
		private void readTrailer(ByteBuf in, List<Object> out) {
			String line = line(in);
			if (line != null && line.isEmpty()) {
				end(out, LastHttpContent.EMPTY_LAST_CONTENT);
			}
		}

		/** Returns the next line without its end, or null if it is not complete. */
		private static @Nullable String line(ByteBuf in) {
			int length = in.bytesBefore(LF);
			if (((length < 0) ? in.readableBytes() : length) > LONGEST_CHUNK_LINE) {
				throw new CorruptedFrameException("a line of chunked content is too long");
			}
			if (length < 0) {
				return null;
			}
			String line = in.readCharSequence(length, StandardCharsets.ISO_8859_1).toString();
			in.skipBytes(1);
			return line.endsWith("\r") ? line.substring(0, length - 1) : line;
		}

		private void end(List<Object> out, LastHttpContent last) {
			out.add(last);
			this.state = State.HEAD;
		}

	}

}
