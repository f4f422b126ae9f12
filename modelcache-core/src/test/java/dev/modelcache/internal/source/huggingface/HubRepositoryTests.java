/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelTransferException;
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
