/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.util.List;

import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static dev.modelcache.internal.source.huggingface.HubScenario.COMMIT;
import static dev.modelcache.internal.source.huggingface.HubScenario.MODEL;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link HubRepository}: what must not be believed.
 */
class HubRepositoryTests {

	/** The digest of a pointer, or of anything else that is not the file. */
	private static final String POINTER = "89abcdef0123456789abcdef0123456789abcdef";

	/** A large file, as the Hub lists it. */
	private static final String OF_LFS = ",{\"rfilename\":\"other.gguf\",\"size\":5000000000,\"blobId\":\"" + POINTER
			+ "\",\"lfs\":{\"sha256\":\"" + "7".repeat(64) + "\",\"size\":5000000000,\"pointerSize\":135}}";

	private final HubScenario hub = new HubScenario();

	@AfterEach
	void stop() {
		this.hub.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "../../etc/cron.d/x.gguf", "/etc/x.gguf", "C:\\\\x.gguf", "a\\u0000.gguf",
			"a/../../x.gguf", "a\\nb.gguf" })
	void namesThatLeadElsewhereAreNotThere(String name) {
		info("{\"sha\":\"" + COMMIT + "\",\"siblings\":[{\"rfilename\":\"" + name + "\",\"size\":1}]}");
		assertThat(this.hub.failure(ModelNotFoundException.class, "hf://org/repo", "**"))
			.hasMessageContaining("no file '**'");
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"lfs\":{\"sha256\":\"zz\",\"size\":1000}", "\"lfs\":{\"sha256\":5}",
			"\"lfs\":{\"sha256\":\"ABCDEF\"}", "\"size\":-1,\"blobId\":\"x\"", "\"size\":\"1\"",
			"\"size\":99999999999999999999", "\"size\":10000000000,\"blobId\":\"" + COMMIT + "\"", "\"lfs\":null" })
	void factsThatAreNoneAreAskedForAgain(String facts) {
		info("{\"sha\":\"" + COMMIT + "\",\"siblings\":[{\"rfilename\":\"model.gguf\"," + facts + "}]}");
		assertThat(this.hub.model("hf://org/repo/model.gguf").file().expected().digest()).isEqualTo(MODEL.sha256());
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"size\":1000,\"blobId\":\"" + POINTER + "\"",
			"\"size\":135,\"blobId\":\"" + POINTER + "\"", "\"size\":135", "\"size\":0",
			"\"size\":0,\"blobId\":\"" + POINTER + "\"", "\"size\":1000,\"blobId\":\"" + POINTER + "\",\"lfs\":null",
			"\"lfs\":{}", "\"lfs\":{\"size\":1000}", "\"size\":135,\"lfs\":{\"pointerSize\":135}",
			"\"size\":1000,\"blobId\":\"" + POINTER + "\",\"xetHash\":\"00\"" })
	void factsOfAPointerAreNotThoseOfTheFile(String facts) {
		for (String beside : List.of("", OF_LFS)) {
			info("{\"sha\":\"" + COMMIT + "\",\"siblings\":[{\"rfilename\":\"model.gguf\"," + facts + "}" + beside
					+ "]}");
			RemoteFile file = this.hub.model("hf://org/repo/model.gguf").file();
			assertThat(file.expected().digest()).isEqualTo(MODEL.sha256());
			assertThat(file.size()).isEqualTo(1000);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"size\":135,\"lfs\":{\"sha256\":\"%s\"}",
			"\"size\":135,\"lfs\":{\"sha256\":\"%s\",\"pointerSize\":135}", "\"lfs\":{\"sha256\":\"%s\",\"size\":0}" })
	void sizeThatTheListDoesNotKnowIsAskedFor(String facts) {
		info("{\"sha\":\"" + COMMIT + "\",\"siblings\":[{\"rfilename\":\"model.gguf\","
				+ facts.formatted(MODEL.sha256().hex()) + "}]}");
		RemoteFile file = this.hub.model("hf://org/repo/model.gguf").file();
		assertThat(file.size()).isEqualTo(1000);
		assertThat(file.expected().digest()).isEqualTo(MODEL.sha256());
	}

	@Test
	void smallFileOfAListWithDigestsOfLargeOnesNeedsNoQuestion() {
		info("{\"sha\":\"" + COMMIT + "\",\"siblings\":[{\"rfilename\":\"config.json\",\"size\":2,\"blobId\":\""
				+ POINTER + "\"}" + OF_LFS + "]}");
		assertThat(this.hub.model("hf://org/repo/config.json").file().expected().digest().hex()).isEqualTo(POINTER);
		assertThat(this.hub.server.hub().requests()).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"5eb63bbbe01eeed093cb22bb8f5acdc3\"", "2aae6c35c94fcfb415dbe95f408b9ce91ee846ed",
			"\"2aae6c35c94fcfb415dbe95f408b9ce91ee846ed\"", "W/\"2aae6c35c94fcfb415dbe95f408b9ce91ee846ed\"",
			"\"2aae6c35c94fcfb415dbe95f408b9ce91ee846ed-gzip\"",
			"\"b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9\"" })
	void entityTagOfAnotherServerIsNoDigest(String tag) {
		info("{\"sha\":\"" + COMMIT + "\",\"siblings\":[{\"rfilename\":\"model.gguf\"}]}");
		this.hub.server.hub()
			.always("/org/repo/resolve/" + COMMIT + "/model.gguf", Reply.status(200).header("ETag", tag));
		RemoteFile file = this.hub.model("hf://org/repo/model.gguf").file();
		assertThat(file.expected()).isNull();
		assertThat(file.size()).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "{}", "[]", "nonsense", "{\"sha\":\"main\",\"siblings\":[]}",
			"{\"sha\":5,\"siblings\":[]}", "{\"sha\":\"" + COMMIT + "\"}", "" })
	void answersOfAnotherFormAreNoneAndTheHeadersAreAsked(String body) {
		info(body);
		assertThat(this.hub.model("hf://org/repo/model.gguf").revision()).isEqualTo(COMMIT);
		assertThat(this.hub.server.hub().requests()).extracting(RecordedRequest::method).containsExactly("GET", "HEAD");
	}

	@Test
	void answerAboutAnotherCommitIsRefused() {
		String other = "f".repeat(40);
		this.hub.server.hub()
			.always("/api/models/org/repo/revision/" + other,
					Reply.status(200).body("{\"sha\":\"" + COMMIT + "\",\"siblings\":[]}"));
		assertThat(this.hub.failure(ModelTransferException.class, "hf://org/repo@" + other + "/model.gguf"))
			.hasMessageContaining("one commit with another");
	}

	private void info(String body) {
		this.hub.server.hub().always("/api/models/org/repo/revision/main", Reply.status(200).body(body));
	}

}
