/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.benchmarks.league;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import dev.modelcache.CachedModel;
import dev.modelcache.ConnectorRules;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheBuilder;
import dev.modelcache.ModelCacheException;
import dev.modelcache.benchmarks.SimplePipeline;
import dev.modelcache.testsupport.ConnectProxy;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.NetworkCase;
import dev.modelcache.testsupport.TestCertificate;
import org.jspecify.annotations.Nullable;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.util.unit.DataSize;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.client.HttpClient;

/**
 * A tool that fetches a file.
 */
interface Tool {

	/** After which a tool has given up: the file takes a fraction of a second. */
	Duration PATIENCE = Duration.ofSeconds(30);

	/**
	 * Has the client of the Hub take the URL for that of a file of a repository.
	 */
	String HUB = """
			const [, hub, url, file] = process.argv;
			const { createWriteStream } = await import('node:fs');
			const { pipeline } = await import('node:stream/promises');
			const { downloadFile } = await import(hub);
			const blob = await downloadFile({ repo: 'org/model', path: 'm.gguf', hubUrl: 'http://hub.invalid',
				fetch: (asked, init) => fetch(url, init) });
			await pipeline(blob.stream(), createWriteStream(file));
			""";

	/**
	 * Returns its name, as the head of a column.
	 */
	String name();

	/**
	 * Fetches the file of a case.
	 * @param given the case
	 * @param server its server
	 * @param proxy the proxy before it, or {@code null} if there is none
	 * @param content what the server serves
	 * @param directory an empty directory
	 * @return the file that the tool calls complete, or {@code null} if it gives up
	 */
	@Nullable Path fetch(NetworkCase given, MisbehavingServer server, @Nullable ConnectProxy proxy, Content content,
			Path directory) throws Exception;

	/** Returns this cache and the other tools, of which those that are installed. */
	static List<Tool> all() {
		List<Tool> tools = new ArrayList<>(List.of(new Ours()));
		for (Command command : List.of(
				new Command("curl", List.of("curl", "-sSfL", "-o", "{file}", "{url}"), "--cacert", List.of()),
				new Command("wget", List.of("wget", "-q", "-O", "{file}", "{url}"), "--ca-certificate", List.of()),
				new Command("aria2c", List.of("aria2c", "-q", "-x4", "-d", "{directory}", "-o", "{name}", "{url}"),
						"--ca-certificate", List.of(".aria2")),
				new Command("@huggingface/hub",
						List.of("node", "--input-type=module", "--eval", HUB, "{hub}", "{url}", "{file}"), "",
						List.of()))) {
			if (command.isInstalled()) {
				tools.add(command);
			}
		}
		tools.add(new Pipeline());
		return tools;
	}

	/**
	 * This cache with its defaults, but for what a test bench needs: plain HTTP, the
	 * certificate of the server, a small segment and a small reserve of the disk.
	 */
	final class Ours implements Tool {

		@Override
		public String name() {
			return "modelcache";
		}

		@Override
		public @Nullable Path fetch(NetworkCase given, MisbehavingServer server, @Nullable ConnectProxy proxy,
				Content content, Path directory) {
			ModelCacheBuilder builder = ModelCache.builder().environment((name) -> switch (name) {
				case "user.home" -> directory.toString();
				case "all_proxy" -> (proxy != null) ? "http://127.0.0.1:" + proxy.port() : null;
				default -> null;
			})
				.cache((options) -> options.directory(directory.resolve("cache")).minFreeSpace(DataSize.ofMegabytes(1)))
				.download((options) -> options.allowInsecureHttp(true).segmentSize(DataSize.ofMegabytes(1)))
				.connectors((rules) -> connector(rules, given.isTls()))
				.model(given.request(server, content));
			given.configure(builder);
			try (ModelCache cache = builder.build()) {
				CachedModel model = cache.get("m").block(PATIENCE);
				return (model != null) ? model.path() : null;
			}
			catch (ModelCacheException ex) {
				return null;
			}
			catch (IllegalStateException ex) {
				if (ex.getCause() instanceof TimeoutException) {
					return null;
				}
				throw ex;
			}
		}

		private static ClientHttpConnector connector(ConnectorRules rules, boolean tls) {
			HttpClient client = rules.prepare(HttpClient.create());
			return new ReactorClientHttpConnector(
					tls ? client.secure((spec) -> spec.sslContext(Http11SslContextSpec.forClient()
						.configure((builder) -> builder.trustManager(TestCertificate.get().trust())))) : client);
		}

	}

	/**
	 * A program with its defaults.
	 *
	 * @param name its name
	 * @param line the program and its arguments, with places for the URL and the file
	 * @param certificate its option for a certificate authority, or empty for none
	 * @param unfinished endings of files that stand beside one that is not complete
	 */
	record Command(String name, List<String> line, String certificate, List<String> unfinished) implements Tool {

		private static final Path HUB_CLIENT = Path.of(System.getProperty("npm.modules", "/usr/lib/node_modules"),
				"@huggingface/hub/dist/index.mjs");

		boolean isInstalled() {
			boolean installed = List.of(System.getenv().getOrDefault("PATH", "").split(":"))
				.stream()
				.anyMatch((directory) -> Files.isExecutable(Path.of(directory, this.line.get(0))));
			return installed && (!isHubClient() || Files.exists(HUB_CLIENT));
		}

		private boolean isHubClient() {
			return this.line.contains("{hub}");
		}

		@Override
		public @Nullable Path fetch(NetworkCase given, MisbehavingServer server, @Nullable ConnectProxy proxy,
				Content content, Path directory) throws Exception {
			if (proxy != null && isHubClient()) {
				// The fetch of Node.js does not read the environment variables.
				return null;
			}
			Path file = directory.resolve("model");
			String authority = Files.writeString(directory.resolve("ca.pem"), TestCertificate.get().pem()).toString();
			List<String> all = new ArrayList<>(this.line);
			if (given.isTls() && !this.certificate.isEmpty()) {
				all.addAll(1, List.of(this.certificate, authority));
			}
			all.replaceAll((argument) -> argument.replace("{url}", server.uri(given.path()).toString())
				.replace("{hub}", HUB_CLIENT.toString())
				.replace("{file}", file.toString())
				.replace("{directory}", directory.toString())
				.replace("{name}", "model"));
			ProcessBuilder builder = new ProcessBuilder(all).directory(directory.toFile())
				.redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.DISCARD);
			builder.environment().put("NODE_EXTRA_CA_CERTS", authority);
			if (proxy != null) {
				builder.environment().remove("no_proxy");
				builder.environment().remove("NO_PROXY");
				builder.environment().put("http_proxy", "http://127.0.0.1:" + proxy.port());
				builder.environment().put("https_proxy", "http://127.0.0.1:" + proxy.port());
			}
			Process process = builder.start();
			if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
				process.destroyForcibly().waitFor();
				return null;
			}
			boolean complete = process.exitValue() == 0 && Files.exists(file) && this.unfinished.stream()
				.noneMatch((ending) -> Files.exists(directory.resolve("model" + ending)));
			return complete ? file : null;
		}

	}

	/**
	 * The {@link SimplePipeline} without a digest, as the other tools.
	 */
	final class Pipeline implements Tool {

		@Override
		public String name() {
			return "SimplePipeline";
		}

		@Override
		public @Nullable Path fetch(NetworkCase given, MisbehavingServer server, @Nullable ConnectProxy proxy,
				Content content, Path directory) {
			if (given.isTls() || proxy != null) {
				return null;
			}
			Path file = directory.resolve("model");
			try {
				new SimplePipeline().download(server.uri(given.path()), file, null, PATIENCE);
				return file;
			}
			catch (RuntimeException ex) {
				return null;
			}
		}

	}

}
