/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.source.Credentials;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.FakeRegistry;
import dev.modelcache.testsupport.ManifestJson;
import dev.modelcache.testsupport.Reply;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;

import static dev.modelcache.internal.source.oci.OciFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link RegistryCredentials} and {@link RegistryTokens}.
 */
class RegistryCredentialsTests {

	@TempDir
	private Path directory;

	private final FakeRegistry registry = new FakeRegistry();

	@BeforeEach
	void push() {
		this.registry.manifest("library/model", "latest",
				ManifestJson.of("").layer("application/vnd.docker.ai.gguf.v3", Content.of("weights")).toString());
	}

	@AfterEach
	void stop() {
		this.registry.close();
	}

	private URI url() {
		return this.registry.url("oci", "library/model");
	}

	private RemoteFile resolve() {
		return OciFixture.resolve(OciFixture.resolver(this.registry), url()).file();
	}

	private RemoteFile resolve(String username, String password) {
		return OciFixture.resolve(OciFixture.resolver(this.registry, username, password, null), url()).file();
	}

	private static Map<String, String> headers(Credentials credentials) {
		return credentials.headers().block(PATIENCE);
	}

	private List<String> challenge() {
		return List.of("Bearer realm=\"" + this.registry.realm().uri("/token") + "\"");
	}

	@Test
	void openRegistryIsToldNothing() {
		RemoteFile file = resolve("alice", "secret");
		assertThat(this.registry.server().requests()).allMatch((request) -> request.header("Authorization") == null);
		assertThat(headers(file.mirrors().get(0).credentials())).isEmpty();
	}

	@Test
	void anonymousTokenIsAskedForAsTheChallengeSays() {
		this.registry.wantingTokens();
		RemoteFile file = resolve();
		assertThat(this.registry.realm().requests()).singleElement().satisfies((request) -> {
			assertThat(request.query())
				.isEqualTo("account=x&service=registry.test&scope=repository%3Alibrary%2F" + "model%3Apull");
			assertThat(request.header("Authorization")).isNull();
		});
		assertThat(headers(file.mirrors().get(0).credentials())).containsEntry("Authorization", "Bearer token-1");
		assertThat(file.mirrors().get(0).headers()).isEmpty();
	}

	@Test
	void realmIsToldTheConfiguredLoginAndTheRegistryIsNot() {
		this.registry.wantingTokens().knowing("alice", "secret");
		resolve("alice", "secret");
		assertThat(this.registry.realm().requests()).singleElement()
			.satisfies((request) -> assertThat(request.header("Authorization")).startsWith("Basic "));
		assertThat(this.registry.server().requests()).extracting((request) -> request.header("Authorization"))
			.containsExactly(null, "Bearer token-1");
	}

	@Test
	void basicChallengeIsAnsweredWithTheLogin() {
		this.registry.wantingBasic("alice", "secret");
		assertThat(headers(resolve("alice", "secret").mirrors().get(0).credentials()).get("Authorization"))
			.startsWith("Basic ");
	}

	@Test
	void userInfoOfTheUrlIsALogin() {
		this.registry.wantingBasic("alice", "s:+ cret");
		URI url = URI.create("oci://alice:s%3A+%20cret@" + this.registry.host() + "/library/model");
		assertThat(OciFixture.resolve(OciFixture.resolver(this.registry, "bob", "other", null), url).files())
			.hasSize(1);
	}

	@Test
	void loginOfDockerIsUsedWhereNoneIsConfigured() throws IOException {
		this.registry.wantingBasic("alice", "secret");
		Path config = Files.writeString(this.directory.resolve("config.json"),
				"{\"auths\":{\"" + this.registry.host() + "\":{\"auth\":\"YWxpY2U6c2VjcmV0\"}}}");
		assertThat(OciFixture.resolve(OciFixture.resolver(this.registry, null, null, config), url()).files())
			.hasSize(1);
	}

	@Test
	void scopeThatWantsMoreThanReadingIsNotPassedOn() {
		String realm = this.registry.realm().uri("/token").toString();
		this.registry.wantingTokensOf(realm + "\",scope=\"repository:other/secrets:pull,push\",x=\"");
		resolve();
		assertThat(this.registry.realm().requests().get(0).query())
			.endsWith("scope=repository%3Alibrary%2Fmodel%3Apull");
	}

	@Test
	void expiredTokenIsRenewedOnce() {
		this.registry.wantingTokens();
		Credentials credentials = resolve().mirrors().get(0).credentials();
		Map<String, String> old = headers(credentials);
		assertThat(credentials.refused(old, challenge()).block(PATIENCE)).isTrue();
		assertThat(headers(credentials)).containsEntry("Authorization", "Bearer token-2");
		assertThat(credentials.refused(old, challenge()).block(PATIENCE)).as("settled already").isTrue();
		assertThat(this.registry.realm().requests()).hasSize(2);
	}

	@Test
	void expiredTokenIsRenewedWhereTheRefusalNamesNoRealm() {
		this.registry.wantingTokens();
		Credentials credentials = resolve().mirrors().get(0).credentials();
		assertThat(credentials.refused(headers(credentials), List.of()).block(PATIENCE)).isTrue();
		assertThat(headers(credentials)).containsEntry("Authorization", "Bearer token-2");
	}

	@Test
	void requestsThatAreRefusedTogetherShareOneRenewal() {
		this.registry.wantingTokens();
		Credentials credentials = resolve().mirrors().get(0).credentials();
		Map<String, String> old = headers(credentials);
		CountDownLatch gate = new CountDownLatch(1);
		this.registry.realm()
			.answer("/token", (request) -> Reply.status(200).body("{\"access_token\":\"t\"}").heldBy(gate));
		List<Boolean> changed = Flux.range(0, 8)
			.flatMap((i) -> credentials.refused(old, challenge()))
			.mergeWith(Flux.defer(() -> {
				gate.countDown();
				return Flux.empty();
			}))
			.collectList()
			.block(PATIENCE);
		assertThat(changed).hasSize(8).containsOnly(true);
		assertThat(this.registry.realm().requests()).hasSize(2);
		assertThat(headers(credentials)).containsEntry("Authorization", "Bearer t");
	}

	@Test
	void failedRenewalIsTriedAgainLater() {
		this.registry.wantingTokens();
		Credentials credentials = resolve().mirrors().get(0).credentials();
		Map<String, String> old = headers(credentials);
		this.registry.realm().script("/token", Reply.status(500), Reply.status(500));
		assertThatExceptionOfType(ModelTransferException.class)
			.isThrownBy(() -> credentials.refused(old, challenge()).block(PATIENCE));
		this.registry.wantingTokens();
		assertThat(credentials.refused(old, challenge()).block(PATIENCE)).isTrue();
	}

	@Test
	void basicLoginThatIsRefusedTwiceIsNotRepeated() {
		this.registry.wantingBasic("alice", "secret");
		Credentials credentials = resolve("alice", "secret").mirrors().get(0).credentials();
		Map<String, String> told = headers(credentials);
		assertThat(credentials.refused(told, List.of("Basic realm=\"x\"")).block(PATIENCE)).isFalse();
	}

	@Test
	void realmWithoutATokenIsAnError() {
		this.registry.wantingTokens();
		for (String answer : List.of("{}", "<html>", "{\"token\":\"a b\"}", "{\"token\":\"a\\r\\nX-Evil: 1\"}",
				"{\"token\":1}", "[]", "{\"token\":\"" + "a".repeat(20_000) + "\"}")) {
			this.registry.realm().answer("/token", (request) -> Reply.status(200).body(answer));
			assertThatExceptionOfType(ModelTransferException.class).isThrownBy(this::resolve)
				.withMessageContaining("did not return a token");
		}
	}

	/** OCI distribution specification 1.1, "Error Codes". */
	@ParameterizedTest
	@CsvSource({ "400, UNAUTHORIZED, ACCESS_DENIED, rejects the credentials of",
			"404, DENIED, ACCESS_DENIED, does not allow the credentials of",
			"503, TOOMANYREQUESTS, TRANSFER, received too many requests" })
	void codeOfARealmIsReadAtAnyStatus(int status, String code, ModelCacheException.ErrorCode means, String says) {
		this.registry.wantingTokens()
			.realm()
			.always("/token", Reply.status(status).body("{\"errors\":[{\"code\":\"" + code + "\"}]}"));
		assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> resolve("alice", "secret"))
			.withMessageContaining(says + " ")
			.withMessageContaining(status + " " + code)
			.satisfies((failure) -> assertThat(failure.code()).isEqualTo(means));
	}

	@ParameterizedTest
	@CsvSource({ "400, at that address", "404, at that address", "405, at that address", "408, Try again later",
			"500, Try again later" })
	void realmThatIsNotThereIsNamed(int status, String remedy) {
		this.registry.wantingTokens().realm().always("/token", Reply.status(status));
		assertThatExceptionOfType(ModelTransferException.class).isThrownBy(this::resolve)
			.withMessageContaining("the token service of the registry " + this.registry.host())
			.withMessageContaining(this.registry.realm().uri("/token") + ", answered " + status)
			.withMessageContaining(remedy);
	}

	@Test
	void unknownSchemeIsAnError() {
		this.registry.server()
			.always("/v2/library/model/manifests/latest", Reply.status(401).header("WWW-Authenticate", "Negotiate"));
		assertThatExceptionOfType(ModelAccessDeniedException.class).isThrownBy(this::resolve)
			.withMessageContaining("neither token nor Basic");
	}

	@Test
	void challengeOfAnotherOriginIsNotAnswered() {
		this.registry.wantingTokens();
		this.registry.cdn()
			.always("/manifest", Reply.status(401)
				.header("WWW-Authenticate", "Bearer realm=\"" + this.registry.realm().uri("/token") + "\""));
		this.registry.server()
			.always("/v2/library/model/manifests/latest",
					Reply.redirect(307, this.registry.cdn().uri("/manifest").toString()));
		assertThatExceptionOfType(ModelAccessDeniedException.class).isThrownBy(() -> resolve("alice", "secret"));
		assertThat(this.registry.realm().requests()).isEmpty();
	}

	/** {@code token-1} and the Base64 of the login, in each place where they can come. */
	@ParameterizedTest
	@CsvSource({ "realm, /token-1", "realm, //token-1.example/t", "realm, /YWxpY2U6c2VjcmV0",
			"redirect, /YWxpY2U6c2VjcmV0", "digest, /YWxpY2U6c2VjcmV0" })
	void whatAServerRepeatsIsNotShown(String where, String text) {
		String path = "/v2/library/model/manifests/latest";
		switch (where) {
			case "realm" -> {
				this.registry.wantingTokens().knowing("alice", "secret");
				if (text.contains("YWxp")) {
					this.registry.wantingBasic("alice", "secret");
				}
				Credentials credentials = resolve("alice", "secret").mirrors().get(0).credentials();
				String realm = text.startsWith("//") ? "https:" + text : this.registry.realm().uri(text).toString();
				assertShowsNone(
						() -> credentials.refused(headers(credentials), List.of("Bearer realm=\"" + realm + "\""))
							.block(PATIENCE));
				return;
			}
			case "redirect" -> this.registry.wantingTokens().realm().always("/token", Reply.redirect(302, text));
			default -> {
				this.registry.wantingBasic("alice", "secret");
				this.registry.server()
					.answer(path,
							(request) -> (request.header("Authorization") == null)
									? Reply.status(401).header("WWW-Authenticate", "Basic realm=\"x\"")
									: Reply.redirect(302, text));
				this.registry.server()
					.always(text,
							Reply.status(200).header("Docker-Content-Digest", "sha256:" + "0".repeat(64)).body("{}"));
			}
		}
		assertShowsNone(() -> resolve("alice", "secret"));
	}

	private static void assertShowsNone(ThrowingCallable call) {
		assertThatExceptionOfType(ModelCacheException.class).isThrownBy(call)
			.extracting((failure) -> failure.toString().toLowerCase(Locale.ROOT))
			.asString()
			.doesNotContain("token-1")
			.doesNotContain("ywxpy2u6c2vjcmv0");
	}

	@Test
	void nothingIsPrinted() {
		this.registry.wantingTokens().knowing("alice", "secret");
		RemoteFile file = resolve("alice", "secret");
		assertThat(file.toString() + file.mirrors().get(0).credentials()).doesNotContain("token-", "alice", "secret");
	}

}
