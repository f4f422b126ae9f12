package dev.modelcache.sample;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

class ModelOriginTests {

	private final DemoModel model = new DemoModel();

	private final ModelOrigin origin = ModelOrigin.start(this.model, DataSize.ofTerabytes(1));

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	@AfterEach
	void stop() {
		this.origin.close();
	}

	@Test
	void breaksTheFirstBodyHalfWayAndServesTheSecond() throws Exception {
		assertThat(readUntilTheEnd(get())).isEqualTo(this.model.size() / 2);
		assertThat(readUntilTheEnd(get())).isEqualTo(this.model.size());
	}

	@Test
	void servesTheRangeThatIsAskedFor() throws Exception {
		readUntilTheEnd(get("Range", "bytes=0-9"));
		HttpResponse<InputStream> response = get("Range", "bytes=1000000-1099999", "If-Range", this.model.etag());
		assertThat(response.statusCode()).isEqualTo(206);
		assertThat(response.headers().firstValue("Content-Range"))
			.hasValue("bytes 1000000-1099999/" + this.model.size());
		assertThat(response.body().readAllBytes()).isEqualTo(this.model.bytes(1_000_000, 100_000));
	}

	@Test
	void servesTheEndOfTheFile() throws Exception {
		readUntilTheEnd(get("Range", "bytes=0-9"));
		HttpResponse<InputStream> response = get("Range", "bytes=-100");
		assertThat(response.body().readAllBytes()).isEqualTo(this.model.bytes(this.model.size() - 100, 100));
	}

	@Test
	void anotherVersionIsServedWhole() throws Exception {
		HttpResponse<InputStream> response = get("Range", "bytes=5-", "If-Range", "\"other\"");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().firstValueAsLong("Content-Length")).hasValue(this.model.size());
		response.body().close();
	}

	@Test
	void aRangeBeyondTheEndIsNotSatisfiable() throws Exception {
		HttpResponse<InputStream> response = get("Range", "bytes=" + this.model.size() + "-");
		assertThat(response.statusCode()).isEqualTo(416);
		assertThat(response.headers().firstValue("Content-Range")).hasValue("bytes */" + this.model.size());
	}

	@Test
	void headTellsSizeAndValidatorAndDoesNotCountAsTheFirstBody() throws Exception {
		HttpRequest head = HttpRequest.newBuilder(this.origin.uri().resolve(ModelOrigin.PATH))
			.method("HEAD", BodyPublishers.noBody())
			.build();
		HttpResponse<InputStream> response = this.client.send(head, BodyHandlers.ofInputStream());
		assertThat(response.headers().firstValueAsLong("Content-Length")).hasValue(this.model.size());
		assertThat(response.headers().firstValue("ETag")).hasValue(this.model.etag());
		assertThat(readUntilTheEnd(response)).isZero();
		assertThat(readUntilTheEnd(get())).isEqualTo(this.model.size() / 2);
	}

	private HttpResponse<InputStream> get(String... headers) throws Exception {
		HttpRequest.Builder request = HttpRequest.newBuilder(this.origin.uri().resolve(ModelOrigin.PATH));
		return this.client.send(((headers.length > 0) ? request.headers(headers) : request).build(),
				BodyHandlers.ofInputStream());
	}

	/** Counts what arrives, whether the body ends well or not. */
	private static long readUntilTheEnd(HttpResponse<InputStream> response) throws IOException {
		long count = 0;
		byte[] buffer = new byte[64 * 1024];
		try (InputStream body = response.body()) {
			for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
				count += read;
			}
		}
		catch (IOException ex) {
			assertThat(ex).hasRootCauseInstanceOf(EOFException.class);
		}
		return count;
	}

}
