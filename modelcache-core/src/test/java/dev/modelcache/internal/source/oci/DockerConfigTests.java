/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.util.Map;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

import org.junit.jupiter.params.provider.CsvSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link DockerConfig}.
 */
class DockerConfigTests {

	@TempDir
	private Path directory;

	private DockerConfig config(String json) throws IOException {
		return new DockerConfig(Files.writeString(this.directory.resolve("config.json"), json), false);
	}

	private static String auth(String pair) {
		return Base64.getEncoder().encodeToString(pair.getBytes());
	}

	private static void assertLogin(@Nullable Login login, String username, String password) {
		assertThat(login).isNotNull();
		assertThat(login.username()).isEqualTo(username);
		assertThat(login.password()).isEqualTo(password);
	}

	@Test
	void authsHoldNameAndPassword() throws IOException {
		DockerConfig config = config("{\"auths\":{\"ghcr.io\":{\"auth\":\"" + auth("alice:se:cret\0")
				+ "\"},\"https://Registry.Example:5000/v2/\":{\"username\":\"bob\",\"password\":\"pw\"}}}");
		assertLogin(config.loginFor("ghcr.io"), "alice", "se:cret");
		assertLogin(config.loginFor("registry.example:5000"), "bob", "pw");
		assertThat(config.loginFor("registry.example")).isNull();
		assertThat(config.loginFor("evil.ghcr.io")).isNull();
	}

	@Test
	void dockerHubHasAnOldName() throws IOException {
		DockerConfig config = config(
				"{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"" + auth("alice:secret") + "\"}}}");
		assertLogin(config.loginFor("docker.io"), "alice", "secret");
	}

	@ParameterizedTest
	@CsvSource({ "quay.io, team/model, repository", "quay.io, team/model2, team",
			"quay.io, team/model/part, repository", "quay.io, teams/model, registry", "quay.io, other, registry",
			"docker.io, library/model, hub", "docker.io, team/model, team-hub", "localhost:5000, team/model, local",
			"old.io, team/model, old" })
	void credentialsOfARepositoryComeBeforeThoseOfItsRegistry(String registry, String repository, String user)
			throws IOException {
		StringBuilder auths = new StringBuilder();
		Map.of("quay.io", "registry", "quay.io/team", "team", "quay.io/team/model", "repository", "docker.io", "hub",
				"docker.io/team", "team-hub", "localhost:5000/team", "local", "https://old.io/v1/", "old")
			.forEach((key, name) -> auths.append(auths.isEmpty() ? "" : ",")
				.append("\"" + key + "\":{\"auth\":\"" + auth(name + ":secret") + "\"}"));
		assertLogin(config("{\"auths\":{" + auths + "}}").loginFor(registry, repository), user, "secret");
	}

	@Test
	void credentialsOfAnotherRepositoryAreNotUsed() throws IOException {
		DockerConfig config = config("{\"auths\":{\"quay.io/team\":{\"auth\":\"" + auth("team:secret") + "\"}}}");
		assertThat(config.loginFor("quay.io", "other/model")).isNull();
		assertThat(config.loginFor("quay.io", "team/model")).isNotNull();
	}

	@Test
	void identityTokenStandsInForThePassword() throws IOException {
		DockerConfig config = config("{\"auths\":{\"a.azurecr.io\":{\"auth\":\""
				+ auth("00000000-0000-0000-0000-000000000000:") + "\",\"identitytoken\":\"token\"}}}");
		assertLogin(config.loginFor("a.azurecr.io"), "00000000-0000-0000-0000-000000000000", "token");
	}

	@Test
	void helperOfARegistryComesBeforeTheOneForAll() throws IOException {
		DockerConfig config = config("{\"credsStore\":\"all\",\"credHelpers\":{\"ghcr.io\":\"one\"}}");
		assertThat(config.helperFor("ghcr.io")).isEqualTo("one");
		assertThat(config.helperFor("docker.io")).isEqualTo("all");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "[]", "{", "{\"auths\":[]}", "{\"auths\":{\"ghcr.io\":[]}}",
			"{\"auths\":{\"ghcr.io\":{}}}", "{\"auths\":{\"ghcr.io\":{\"auth\":\"%%%\"}}}",
			"{\"auths\":{\"ghcr.io\":{\"auth\":\"bm9jb2xvbg==\"}}}", "{\"credHelpers\":[]}", "{\"credsStore\":\"\"}" })
	void nonsenseIsNoLogin(String json) throws IOException {
		assertThat(config(json).loginFor("ghcr.io")).isNull();
		assertThat(config(json).helperFor("ghcr.io")).isNull();
	}

	@Test
	void fileNeedNotExist() {
		DockerConfig config = new DockerConfig(this.directory.resolve("none.json"), true);
		assertThat(config.loginFor("ghcr.io")).isNull();
		assertThat(config.helperFor("ghcr.io")).isNull();
	}

	@Test
	void loginShowsNoCredentials() throws IOException {
		DockerConfig config = config("{\"auths\":{\"ghcr.io\":{\"auth\":\"" + auth("alice:secret") + "\"}}}");
		assertThat(config.loginFor("ghcr.io")).asString().doesNotContain("alice", "secret");
	}

	@Test
	void dockerTakesAKeyWithAPathForItsHost() throws Exception {
		String json = """
				{"auths": {"gitlab.example/group/project": {"username": "project", "password": "p"},
					"gitlab.example/group/other": {"username": "other", "password": "o"}}}""";
		Path file = Files.writeString(this.directory.resolve("config.json"), json);
		DockerConfig docker = new DockerConfig(file, true);
		assertThat(docker.loginFor("gitlab.example", "group/other").username()).isEqualTo("other");
		assertThat(docker.loginFor("gitlab.example", "elsewhere").username()).isEqualTo("project");
		assertThat(docker.loginFor("gitlab.example.com", "group/project")).isNull();
		assertThat(new DockerConfig(file, false).loginFor("gitlab.example", "elsewhere")).isNull();
	}

}
