/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOfflineException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.testsupport.Compressing;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * When a file that is there is the model, and what it takes to know.
 */
@ExtendWith(OutputCaptureExtension.class)
class CachedLookUpTests {

	@TempDir
	private Path directory;

	private final Content content = Content.random(100_000, 1);

	private final Content sameSize = Content.random(100_000, 2);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final List<Boolean> verifications = new ArrayList<>();

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private Path target() {
		return this.directory.resolve("model.gguf");
	}

	private ModelRequest.Builder request() {
		return ModelRequest.builder("m").url(this.server.uri("/m.gguf")).modelPath(target());
	}

	private ModelRequest.Builder withDigest() {
		return request().expectedDigest(this.content.sha256());
	}

	private CacheFixture fixture() {
		return new CacheFixture(this.directory).observer(new AcquisitionObserver() {
			@Override
			public void verified(boolean matched, Duration elapsed) {
				CachedLookUpTests.this.verifications.add(matched);
			}
		});
	}

	private CachedModel get(CacheFixture fixture, ModelRequest.Builder request) {
		this.verifications.clear();
		try (fixture) {
			fixture.open(request.build());
			return fixture.get("m");
		}
	}

	private CachedModel get(ModelRequest.Builder request) {
		return get(fixture(), request);
	}

	/** The clock of a file system ticks every few milliseconds only. */
	private void overwrite(Content with) throws Exception {
		FileTime time = Files.getLastModifiedTime(target());
		Object changed = Files.getAttribute(target(), "unix:ctime");
		do {
			Files.write(target(), with.bytes(), StandardOpenOption.TRUNCATE_EXISTING);
			Files.setLastModifiedTime(target(), time);
		}
		while (Files.getAttribute(target(), "unix:ctime").equals(changed));
	}

	private void touch() throws Exception {
		FileTime time = Files.getLastModifiedTime(target());
		Files.setLastModifiedTime(target(), FileTime.from(time.toInstant().plusSeconds(5)));
	}

	private int requests() {
		return this.server.requests("/m.gguf").size();
	}

	@Test
	void receiptThatFitsMakesReadyWithoutReadingTheFile() throws Exception {
		get(withDigest());
		CachedModel model = get(withDigest());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(model.digest()).isEqualTo(this.content.sha256());
		assertThat(model.verified()).isTrue();
		assertThat(this.verifications).isEmpty();
		assertThat(requests()).isEqualTo(1);
	}

	@Test
	void bytesThatAreChangedBehindTheSameSizeAndTimeAreNoticed() throws Exception {
		get(withDigest());
		overwrite(this.sameSize);
		assertThat(get(withDigest()).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(this.verifications).startsWith(false);
	}

	@Test
	void receiptWithoutAChangeTimeIsAcceptedOnceAndCompleted() throws Exception {
		get(withDigest());
		Path receipt;
		try (Stream<Path> receipts = Files.list(this.directory.resolve("receipts"))) {
			receipt = receipts.filter((file) -> file.toString().endsWith(".properties")).findFirst().orElseThrow();
		}
		Files.writeString(receipt, Files.readString(receipt).replaceAll("(?m)^changed=.*$", ""));
		get(withDigest());
		assertThat(this.verifications).isEmpty();
		overwrite(this.sameSize);
		assertThat(get(withDigest()).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
	}

	@Test
	void changedModeIsVerifiedOnceAndTrustedAgain() throws Exception {
		get(withDigest());
		Files.setPosixFilePermissions(target(), PosixFilePermissions.fromString("rw-r-----"));
		assertThat(get(withDigest()).outcome()).isEqualTo(ModelOutcome.CACHED);
		get(withDigest());
		assertThat(this.verifications).isEmpty();
		assertThat(requests()).isEqualTo(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "downloaded", "compressed", "the user's" })
	void checksumThatIsConfiguredLaterProvesWhatIsThere(String kind) throws Exception {
		ModelRequest.Builder request = request();
		Digest digest = this.content.sha256();
		switch (kind) {
			case "compressed" -> {
				Content compressed = Content.of(Compressing.compress(Compression.GZIP, this.content.bytes()));
				this.server.serve("/m.gguf.gz", compressed);
				request.url(this.server.uri("/m.gguf.gz"));
				digest = compressed.sha256();
			}
			case "the user's" -> Files.write(target(), this.content.bytes());
			default -> {
			}
		}
		assertThat(get(request).verified()).isFalse();
		int requests = this.server.requests().size();
		CachedModel model = get(request.expectedDigest(digest).digestRequired(true));
		assertThat(model.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(model.verified()).isTrue();
		try (CacheFixture fixture = fixture()) {
			fixture.open(request.build());
			fixture.get("m");
			assertThat(fixture.cache().refresh("m").block(CacheFixture.PATIENCE)).isNotNull()
				.satisfies((refreshed) -> assertThat(refreshed.outcome()).isEqualTo(ModelOutcome.CACHED));
		}
		assertThat(this.verifications).isEmpty();
		assertThat(this.server.requests()).hasSize(requests);
		this.server.close();
		assertThat(get(request.expectedDigest(null)).verified()).isTrue();
	}

	@Test
	void checksumThatIsConfiguredLaterProvesNoFileThatWasChanged() throws Exception {
		StoreSettings never = new StoreSettings(this.directory, DataSize.ofMegabytes(1), Verification.NEVER);
		get(request());
		overwrite(this.sameSize);
		assertThat(get(fixture().store(never), withDigest())).satisfies((model) -> {
			assertThat(model.outcome()).isEqualTo(ModelOutcome.CACHED);
			assertThat(model.verified()).isFalse();
		});
		assertThat(get(fixture().store(never), request()).verified()).isFalse();
	}

	@Test
	void changedTimeIsVerifiedOnceAndTrustedAgain() throws Exception {
		get(withDigest());
		touch();
		assertThat(get(withDigest()).outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(this.verifications).containsExactly(true);
		get(withDigest());
		assertThat(this.verifications).isEmpty();
		assertThat(requests()).isEqualTo(1);
	}

	@Test
	void changedInodeIsVerifiedOnceAndTrustedAgain() throws Exception {
		get(withDigest());
		FileTime time = Files.getLastModifiedTime(target());
		Path copy = Files.copy(target(), this.directory.resolve("copy"));
		Files.setLastModifiedTime(copy, time);
		Files.move(copy, target(), StandardCopyOption.REPLACE_EXISTING);
		assertThat(get(withDigest()).outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(this.verifications).containsExactly(true);
	}

	@Test
	void changedBytesAreNeverServedButFetchedAgain(CapturedOutput output) throws Exception {
		get(withDigest());
		overwrite(this.sameSize);
		touch();
		CachedModel model = get(withDigest());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(requests()).isEqualTo(2);
		assertThat(output).contains("was changed after it was published; it is fetched again");
	}

	@Test
	void changedFileIsReadOnceBeforeItIsFetchedAgain() throws Exception {
		get(withDigest());
		overwrite(this.sameSize);
		get(withDigest());
		assertThat(this.verifications).containsExactly(false, true);
	}

	@Test
	void changedSizeIsNeverServedEither() throws Exception {
		get(request());
		Files.write(target(), new byte[10], StandardOpenOption.APPEND);
		assertThat(get(request()).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
	}

	@Test
	void verifyAlwaysReadsEveryTime() throws Exception {
		StoreSettings always = new StoreSettings(this.directory, DataSize.ofMegabytes(1), Verification.ALWAYS);
		get(withDigest());
		get(fixture().store(always), withDigest());
		assertThat(this.verifications).containsExactly(true);
		overwrite(this.sameSize);
		assertThat(get(fixture().store(always), withDigest()).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
	}

	@Test
	void verifyNeverTrustsWhatIsThere() throws Exception {
		StoreSettings never = new StoreSettings(this.directory, DataSize.ofMegabytes(1), Verification.NEVER);
		get(withDigest());
		touch();
		assertThat(get(fixture().store(never), withDigest()).outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(this.verifications).isEmpty();
	}

	@Test
	void changedChecksumIsNotReady() {
		get(withDigest());
		this.server.serve("/m.gguf", this.sameSize);
		CachedModel model = get(request().expectedDigest(this.sameSize.sha256()));
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(target()).satisfies(Content.exactly(this.sameSize.bytes()));
	}

	@Test
	void changedUrlWithoutChecksumIsNotReady() {
		get(request());
		this.server.serve("/v2.gguf", this.sameSize);
		CachedModel model = get(request().url(this.server.uri("/v2.gguf")));
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(model.digest()).isEqualTo(this.sameSize.sha256());
	}

	@Test
	void changedUrlWithTheSameChecksumIsReadAndNotFetched() {
		get(withDigest());
		CachedModel model = get(withDigest().url(this.server.uri("/moved.gguf")));
		assertThat(model.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(this.verifications).containsExactly(true);
		assertThat(this.server.requests("/moved.gguf")).isEmpty();
	}

	@Test
	void sameUrlWithOtherCredentialsAndQueryOrderIsTheSameSource() {
		String authority = "127.0.0.1:" + this.server.port();
		get(request().url(URI.create("http://alice:one@" + authority + "/m.gguf")));
		assertThat(get(request().url(URI.create("http://bob:two@" + authority + "/m.gguf"))).outcome())
			.isEqualTo(ModelOutcome.CACHED);
	}

	@Test
	void fileWithoutReceiptIsProvedByTheConfiguredDigest() throws Exception {
		Files.write(target(), this.content.bytes());
		CachedModel model = get(withDigest());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(model.verified()).isTrue();
		assertThat(requests()).isZero();
	}

	@Test
	void fileWithoutReceiptAndDigestIsTakenWhenItHasTheSourcesSize(CapturedOutput output) throws Exception {
		Files.write(target(), this.content.bytes());
		CachedModel model = get(request());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(model.verified()).isFalse();
		assertThat(requests()).isEqualTo(1);
		assertThat(this.server.requests("/m.gguf").get(0).range()).isEqualTo("bytes=0-0");
		assertThat(output).contains("is used without verification, because no digest is known")
			.contains(this.content.sha256().toString());
	}

	@Test
	void offlineServesAFileOfWhichNothingIsKnown(CapturedOutput output) throws Exception {
		Files.write(target(), this.content.bytes());
		CachedModel model = get(fixture().offline(), request());
		assertThat(model.verified()).isFalse();
		assertThat(requests()).isZero();
		assertThat(output.getOut().lines())
			.anyMatch((line) -> line.contains("WARN") && line.contains("no digest is known"));
	}

	@Test
	void offlineServesWhatAReceiptProves() {
		get(withDigest());
		assertThat(get(fixture().offline(), withDigest()).verified()).isTrue();
		assertThat(requests()).isEqualTo(1);
	}

	@Test
	void offlineWithoutAFileIsAnErrorAndNoRequest() {
		assertThatExceptionOfType(ModelOfflineException.class).isThrownBy(() -> get(fixture().offline(), withDigest()))
			.withMessageContaining("hooks.llm.offline forbids the network");
		assertThat(requests()).isZero();
	}

	@Test
	void requiredChecksumIsNotSatisfiedByAnUnverifiedFile() throws Exception {
		Files.write(target(), this.content.bytes());
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get(request().digestRequired(true)));
		assertThat(target()).exists();
	}

	@Test
	void fileThatDisappearsIsAbsent() throws Exception {
		try (CacheFixture fixture = fixture()) {
			DefaultModelCache cache = fixture.open(withDigest().build());
			Path path = fixture.get("m").path();
			Files.delete(path);
			assertThat(cache.check("m").block(CacheFixture.PATIENCE).state()).isEqualTo(ModelState.ABSENT);
			assertThat(fixture.get("m").outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		}
	}

	@Test
	void damagedReceiptIsLikeNone() throws Exception {
		get(withDigest());
		try (var receipts = Files.list(this.directory.resolve("receipts"))) {
			for (Path receipt : receipts.toList()) {
				Files.writeString(receipt, "size=nonsense\n");
			}
		}
		assertThat(get(withDigest()).outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(this.verifications).containsExactly(true);
	}

	@Test
	void sha512IsRememberedToo() {
		Digest digest = this.content.digest(Digest.Algorithm.SHA512);
		assertThat(get(request().expectedDigest(digest)).verified()).isTrue();
		assertThat(get(request().expectedDigest(digest)).outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(this.verifications).isEmpty();
	}

}
