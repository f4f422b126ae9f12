package dev.modelcache.engine;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.lock.FaultyDisk;
import dev.modelcache.lock.FaultyDisk.Fault;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A disk that reports an error late: what was written until then is not used, because the
 * operating system may show bytes that the disk does not have.
 */
class DiskFaultTests {

	@TempDir
	private Path directory;

	private final FaultyDisk disk = new FaultyDisk();

	private final Content content = Content.random(3 << 20, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.bin", this.content);

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private ModelRequest.Builder request() {
		return ModelRequest.builder("m").url(this.server.uri("/m.bin")).expectedDigest(this.content.sha256());
	}

	private CacheFixture fixture() {
		return new CacheFixture(this.directory).locks(null, this.disk.files());
	}

	@ParameterizedTest
	@EnumSource(value = Fault.class, names = { "FORCE", "WRITE" })
	void fileWithAnErrorIsFetchedAgainFromItsFirstByte(Fault fault) {
		this.disk.failOnce(fault);
		try (CacheFixture fixture = fixture()) {
			fixture.open(request().build());
			assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> fixture.get("m"));
			assertThat(this.disk.hasFailed()).isTrue();
			assertThat(fixture.stagedFiles()).isEmpty();
			assertThat(fixture.find(".journal")).isEmpty();
			int before = this.server.requests("/m.bin").size();
			CachedModel model = fixture.get("m");
			assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
			assertThat(model.path()).hasBinaryContent(this.content.bytes());
			assertThat(this.server.requests("/m.bin").size()).isGreaterThan(before);
		}
	}

	@Test
	void partialWhoseClosingFailsIsNotContinued() {
		AtomicInteger asked = new AtomicInteger();
		this.server.answer("/m.bin",
				(request) -> (asked.getAndIncrement() == 0) ? Reply.ok().closeAfter(2 << 20) : Reply.status(503));
		this.disk.failOnce(Fault.CLOSE);
		try (CacheFixture fixture = fixture()) {
			fixture.open(request().maxRetries(1).build());
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> fixture.get("m"));
			assertThat(this.disk.hasFailed()).isTrue();
			assertThat(fixture.stagedFiles()).isEmpty();
		}
	}

}
