/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.benchmarks.league;

import java.io.IOException;
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
	 * Returns its name, as the head of a column.
	 */
	String name();

	/**
	 * Fetches the file of a case.
	 * @param given the case
	 * @param server its server
	 * @param content what the server serves
	 * @param directory an empty directory
	 * @return the file that the tool calls complete, or {@code null} if it gives up
	 */
	@Nullable Path fetch(NetworkCase given, MisbehavingServer server, Content content, Path directory) throws Exception;

	/** Returns this cache and the other tools, of which those that are installed. */
	static List<Tool> all() {
		List<Tool> tools = new ArrayList<>(List.of(new Ours()));
		for (Command command : List.of(
				new Command("curl", "--cacert", List.of("-sSfL", "-o", "{file}", "{url}"), List.of()),
				new Command("wget", "--ca-certificate", List.of("-q", "-O", "{file}", "{url}"), List.of()),
				new Command("aria2c", "--ca-certificate",
						List.of("-q", "-x4", "-d", "{directory}", "-o", "{name}", "{url}"), List.of(".aria2")))) {
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
		public @Nullable Path fetch(NetworkCase given, MisbehavingServer server, Content content, Path directory) {
			ModelCacheBuilder builder = ModelCache.builder()
				.environment((name) -> name.equals("user.home") ? directory.toString() : null)
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
	 * @param name the program
	 * @param certificate its option for a certificate authority
	 * @param arguments its arguments, with places for the URL and the file
	 * @param unfinished endings of files that stand beside one that is not complete
	 */
	record Command(String name, String certificate, List<String> arguments, List<String> unfinished) implements Tool {

		boolean isInstalled() {
			return List.of(System.getenv().getOrDefault("PATH", "").split(":"))
				.stream()
				.anyMatch((directory) -> Files.isExecutable(Path.of(directory, this.name)));
		}

		@Override
		public @Nullable Path fetch(NetworkCase given, MisbehavingServer server, Content content, Path directory)
				throws Exception {
			Path file = directory.resolve("model");
			List<String> line = new ArrayList<>(List.of(this.name));
			if (given.isTls()) {
				line.add(this.certificate);
				line.add(certificate(directory));
			}
			this.arguments.forEach((argument) -> line.add(argument.replace("{url}", server.uri(given.path()).toString())
				.replace("{file}", file.toString())
				.replace("{directory}", directory.toString())
				.replace("{name}", "model")));
			Process process = new ProcessBuilder(line).directory(directory.toFile())
				.redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.DISCARD)
				.start();
			if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
				process.destroyForcibly().waitFor();
				return null;
			}
			boolean complete = process.exitValue() == 0 && Files.exists(file) && this.unfinished.stream()
				.noneMatch((ending) -> Files.exists(directory.resolve("model" + ending)));
			return complete ? file : null;
		}

		private static String certificate(Path directory) throws IOException {
			return Files.writeString(directory.resolve("ca.pem"), TestCertificate.get().pem()).toString();
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
		public @Nullable Path fetch(NetworkCase given, MisbehavingServer server, Content content, Path directory) {
			if (given.isTls()) {
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
