/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The cache of the Hub's tools, shared with the Hub's own clients.
 */
class HubClientsTests {

	private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

	private static final String EARLIER = "1123456789abcdef0123456789abcdef01234567";

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	/** npm's {@code @huggingface/hub}. */
	@Nested
	@Tag("npm-hub")
	class JavaScript extends Contract {

		@Override
		List<String> client() throws IOException {
			Path script = Files.writeString(directory().resolve("client.mjs"),
					"""
							const [client, command, cacheDir, hubUrl, revision, ...paths] = process.argv.slice(2);
							const { downloadFileToCacheDir, scanCacheDir, snapshotDownload } = await import(client);
							const repo = 'org/repo';
							console.debug = () => {};
							if (command === 'scan') {
								const { repos, warnings } = await scanCacheDir(cacheDir);
								warnings.forEach((warning) => console.log(`warning ${warning.message}`));
								for (const { id, revisions } of repos) {
									for (const { commitOid, refs, files } of revisions) {
										for (const { path, blob } of files) {
											console.log([id.type, id.name, commitOid, refs, path, blob.size, blob.path].join(' '));
										}
									}
								}
							}
							else if (command === 'snapshot') {
								console.log(await snapshotDownload({ repo, revision, cacheDir, hubUrl }));
							}
							else {
								for (const path of paths) {
									console.log(await downloadFileToCacheDir({ repo, path, revision, cacheDir, hubUrl }));
								}
							}
							""");
			Path modules = Path.of(System.getProperty("npm.modules", "/usr/lib/node_modules"));
			return List.of("node", script.toString(), modules.resolve("@huggingface/hub/dist/index.mjs").toString());
		}

		/** Its scan does not look into the directories of a snapshot. */
		@Override
		boolean scans(String file) {
			return !file.contains("/");
		}

	}

	/** Python's {@code huggingface_hub}. */
	@Nested
	@Tag("python")
	class Python extends Contract {

		@Override
		List<String> client() throws IOException {
			Path script = Files.writeString(directory().resolve("client.py"), """
					import sys
					from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download
					command, cache, endpoint, revision, *paths = sys.argv[1:]
					there = dict(revision=revision, cache_dir=cache, endpoint=endpoint)
					if command == 'scan':
					    found = scan_cache_dir(cache)
					    for warning in found.warnings:
					        print('warning', warning)
					    for repo in found.repos:
					        for commit in repo.revisions:
					            for file in commit.files:
					                print(repo.repo_type, repo.repo_id, commit.commit_hash, ','.join(commit.refs),
					                    file.file_path, file.size_on_disk, file.blob_path)
					elif command == 'snapshot':
					    print(snapshot_download('org/repo', **there))
					else:
					    for path in paths:
					        print(hf_hub_download('org/repo', path, **there))
					""");
			return List.of(System.getProperty("python", "python3"), script.toString());
		}

		@Override
		boolean scans(String file) {
			return true;
		}

	}

	/** What holds for each client. */
	abstract static class Contract {

		@TempDir
		private Path temporary;

		private final HubServer server = HubServer.start();

		private final Content model = Content.random(2_000_000, 1);

		private final Map<String, Content> files = new LinkedHashMap<>();

		private int processes;

		/** Returns the command of the client, to which what it shall do is added. */
		abstract List<String> client() throws IOException;

		/** Returns whether its scan finds a file. */
		abstract boolean scans(String file);

		@BeforeEach
		void serve() throws IOException {
			this.temporary = this.temporary.toRealPath();
			this.files.put("model.gguf", this.model);
			this.files.put("config.json", Content.of("{\"model_type\":\"llama\"}"));
			this.files.put("extra/vocab.txt", Content.of("hello\n"));
			HubServer.Repository repository = this.server.repository("org/repo", COMMIT);
			repository.large("model.gguf", this.model)
				.small("config.json", "{\"model_type\":\"llama\"}")
				.small("extra/vocab.txt", "hello\n")
				.lastChanged("config.json", EARLIER);
		}

		@AfterEach
		void stop() {
			this.server.close();
		}

		final Path directory() {
			return this.temporary;
		}

		private Path hub() {
			return this.temporary.resolve("hub");
		}

		private Path folder() {
			return hub().resolve("models--org--repo");
		}

		private ModelCache cache(String url) {
			return ModelCache.builder()
				.environment((name) -> name.equals("user.home") ? this.temporary.toString() : null)
				.verifyFormat(FormatVerification.OFF)
				.download((download) -> download.allowInsecureHttp(true))
				.huggingFace((hub) -> hub.endpoint(this.server.endpoint().toString()).cacheDirectory(hub()))
				.cache((cache) -> cache.directory(this.temporary.resolve("cache")).minFreeSpace(DataSize.ofBytes(0)))
				.model(ModelRequest.builder("m")
					.url(URI.create(url))
					.files(List.copyOf(this.files.keySet()))
					.maxAttempts(0)
					.build())
				.build();
		}

		private static CachedModel get(ModelCache cache) {
			return Objects.requireNonNull(cache.get("m").block(PATIENCE));
		}

		/** Runs the client, and returns the lines that it prints. */
		private List<String> run(String command, String revision) throws Exception {
			List<String> words = new ArrayList<>(client());
			// Python takes another port of the same host for the Hub itself, not for
			// another network.
			String endpoint = "http://localhost:" + this.server.hub().port();
			words.addAll(List.of(command, hub().toString(), endpoint, revision));
			words.addAll(this.files.keySet());
			Path output = this.temporary.resolve("output" + this.processes);
			Path errors = this.temporary.resolve("errors" + this.processes++);
			ProcessBuilder client = new ProcessBuilder(words).redirectOutput(output.toFile())
				.redirectError(errors.toFile());
			client.environment().keySet().removeIf((name) -> name.matches("(HF|HUGGING|XDG).*"));
			client.environment()
				.putAll(Map.of("HOME", this.temporary.toString(), "NO_PROXY", "*", "HF_HUB_DISABLE_XET", "1",
						"HF_HUB_DISABLE_TELEMETRY", "1"));
			assertThat(client.start().waitFor()).as(() -> read(output) + read(errors)).isZero();
			return Files.readAllLines(output);
		}

		private static String read(Path file) {
			try {
				return Files.readString(file);
			}
			catch (IOException ex) {
				return ex.toString();
			}
		}

		/** What a scan should say of a commit all of whose files are there. */
		private List<String> everything(String reference) {
			return this.files.entrySet()
				.stream()
				.filter((file) -> scans(file.getKey()))
				.map((file) -> "model org/repo %s %s %s %d %s".formatted(COMMIT, reference,
						folder().resolve("snapshots").resolve(COMMIT).resolve(file.getKey()), file.getValue().size(),
						blob(file.getValue())))
				.toList();
		}

		private Path blob(Content content) {
			Digest digest = content.digest((content == this.model) ? Algorithm.SHA256 : Algorithm.GIT_SHA1);
			return folder().resolve("blobs").resolve(digest.hex());
		}

		/** Requests for bytes of files. */
		private List<RecordedRequest> downloads() {
			return Stream
				.concat(this.server.cdn().requests().stream(),
						this.server.hub().requests().stream().filter((request) -> request.path().contains("/resolve")))
				.filter((request) -> request.method().equals("GET"))
				.toList();
		}

		private void assertFiles(List<Path> paths) {
			assertThat(paths).hasSameSizeAs(this.files.keySet());
			this.files.forEach((name, content) -> assertThat(paths).filteredOn((path) -> path.endsWith(name))
				.singleElement()
				.satisfies((path) -> assertThat(path).satisfies(Content.exactly(content.bytes()))));
		}

		@ParameterizedTest
		@ValueSource(strings = { "main", COMMIT })
		void whatThisCacheDownloadedIsFoundAndNotDownloadedAgain(String revision) throws Exception {
			try (ModelCache cache = cache("hf://org/repo@" + revision)) {
				assertThat(get(cache).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
				assertThat(run("scan", revision))
					.containsExactlyInAnyOrderElementsOf(everything(revision.equals(COMMIT) ? "" : revision));
				List<RecordedRequest> before = downloads();
				assertFiles(run("files", revision).stream().map(Path::of).toList());
				Path snapshot = Path.of(run("snapshot", revision).get(0));
				assertFiles(this.files.keySet().stream().map(snapshot::resolve).toList());
				assertThat(downloads()).isEqualTo(before);
				assertThat(run("scan", revision)).noneMatch((line) -> line.startsWith("warning"));
				assertThat(get(cache).outcome()).isEqualTo(ModelOutcome.CACHED);
			}
		}

		@ParameterizedTest
		@ValueSource(strings = { "files", "snapshot" })
		void whatTheClientDownloadedIsAdopted(String command) throws Exception {
			List<String> brought = run(command, "main");
			List<RecordedRequest> before = downloads();
			assertThat(before).isNotEmpty();
			try (ModelCache cache = cache("hf://org/repo")) {
				CachedModel model = get(cache);
				assertThat(model.outcome()).isEqualTo(ModelOutcome.ADOPTED);
				assertThat(model.verified()).isTrue();
				assertFiles(model.files());
				assertThat(downloads()).isEqualTo(before);
				assertThat(run("scan", "main")).containsAll(everything("main"))
					.noneMatch((line) -> line.startsWith("warning"));
				cache.evict("m").block(PATIENCE);
				assertThat(brought).allSatisfy((path) -> assertThat(Path.of(path)).exists());
				assertThat(run("scan", "main")).isNotEmpty().noneMatch((line) -> line.startsWith("warning"));
			}
		}

		@Test
		void scanDoesNotWarnWhileAModelArrivesNorWhenItIsGone() throws Exception {
			String path = this.server.cdn().uri("/xet-bridge-us/" + this.model.sha256().hex()).getPath();
			CountDownLatch scanned = new CountDownLatch(1);
			this.server.cdn().answer(path, (request) -> Reply.ok().stallAfter(1000, scanned));
			try (ModelCache cache = cache("hf://org/repo@" + COMMIT)) {
				CompletableFuture<CachedModel> arriving = cache.get("m").toFuture();
				this.server.cdn().awaitRequests(path, 1);
				assertThat(run("scan", COMMIT)).isEmpty();
				scanned.countDown();
				assertFiles(arriving.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).files());
				cache.evict("m").block(PATIENCE);
				assertThat(run("scan", COMMIT)).isEmpty();
			}
		}

	}

}
