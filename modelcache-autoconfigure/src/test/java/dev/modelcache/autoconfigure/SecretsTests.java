/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import dev.modelcache.ModelCacheException;
import dev.modelcache.testsupport.ConnectProxy;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

import org.springframework.boot.WebApplicationType;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Planted secrets, servers that repeat whatever they are sent, and every place where text
 * comes out of an application.
 */
class SecretsTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final String HUB_TOKEN = "hf_sEcReThUbToKeN0001";

	private static final String USER = "sEcReTuSeR0002";

	private static final String PASSWORD = "sEcReTpAsSwOrD%2F0003";

	private static final String HEADER = "sEcReThEaDeR+/=0004";

	private static final String SIGNATURE = "sEcReTsIgNaTuRe%2B0005";

	private static final String QUERY = "sEcReTqUeRy0006";

	private static final String REGISTRY_PASSWORD = "sEcReTrEgIsTrY0007";

	private static final String PROXY_PASSWORD = "sEcReTpRoXy0008";

	/** As it may stand in the name of a host. */
	private static final String HEX_KEY = "5ec2e7cafe5ec2e70009";

	private static final List<String> SECRETS = List.of(HUB_TOKEN, USER, PASSWORD, HEADER, SIGNATURE, QUERY,
			REGISTRY_PASSWORD, PROXY_PASSWORD, HEX_KEY);

	private static final Map<String, Set<String>> FORMS = SECRETS.stream()
		.collect(Collectors.toMap(Function.identity(), SecretsTests::forms));

	private final Content content = Content.random(50_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start();

	private final MisbehavingServer cdn = MisbehavingServer.start();

	@TempDir
	private Path directory;

	@AfterEach
	void close() {
		this.server.close();
		this.cdn.close();
	}

	/**
	 * The forms in which a secret may come out: as it is, decoded, encoded, in Base64.
	 */
	private static Set<String> forms(String secret) {
		Set<String> forms = new LinkedHashSet<>();
		String decoded = URLDecoder.decode(secret.replace("+", "%2B"), StandardCharsets.UTF_8);
		for (String form : List.of(secret, decoded)) {
			forms.add(form);
			forms.add(URLEncoder.encode(form, StandardCharsets.UTF_8));
			for (int before = 0; before < 3; before++) {
				String encoded = Base64.getEncoder()
					.encodeToString(("x".repeat(before) + form).getBytes(StandardCharsets.UTF_8));
				forms.add(encoded.substring(4, encoded.length() - 4));
			}
		}
		return forms;
	}

	private static List<String> secretsIn(String text) {
		return SECRETS.stream().filter((secret) -> FORMS.get(secret).stream().anyMatch(text::contains)).toList();
	}

	private static void assertHoldsNoSecret(String place, String text) {
		assertThat(secretsIn(text)).as("secrets in %s: %s", place, text).isEmpty();
	}

	/** Repeats what a request brought, in each place where a server can say something. */
	private static Reply echo(int status, RecordedRequest request) {
		String all = request.path() + "?" + request.query() + " " + request.headers();
		String line = all.replaceAll("[^\\x20-\\x7e]", "?");
		return Reply.status(status)
			.header("Location", "https://elsewhere.example/" + URLEncoder.encode(line, StandardCharsets.UTF_8))
			.header("WWW-Authenticate", "Bearer realm=\"" + line.replace("\"", "'") + "\"")
			.header("X-Error-Message", line)
			.header("X-Error-Code", line)
			.header("X-Linked-Etag", line)
			.header("X-Repo-Commit", line)
			.header("Content-Type", "application/json")
			.header("Retry-After", line)
			.body("{\"errors\":[{\"code\":\"" + line.replace("\"", "'") + "\",\"message\":\"" + line.replace("\"", "'")
					+ "\"}],\"error\":\"" + line.replace("\"", "'") + "\"}");
	}

	private RunningApplication start(WebApplicationType type, String... more) {
		List<String> all = new ArrayList<>(List.of("hooks.llm.cache.directory=" + this.directory.resolve("cache"),
				"hooks.llm.cache.layout=private", "hooks.llm.cache.adopt=false", "hooks.llm.cache.min-free-space=1MB",
				"hooks.llm.download.allow-insecure-http=true", "hooks.llm.verify-format=off",
				"hooks.llm.max-attempts=1", "hooks.llm.startup.mode=none",
				"management.endpoints.web.exposure.include=*", "hooks.llm.huggingface.endpoint=" + this.server.uri(""),
				"hooks.llm.huggingface.token=" + HUB_TOKEN, "hooks.llm.download.headers.X-Api-Key=" + HEADER,
				"hooks.llm.download.headers.X-Hex-Key=" + HEX_KEY));
		all.addAll(List.of(more));
		return RunningApplication.start(type, all);
	}

	private String withUserInfo(String pathAndQuery) {
		return this.server.uri(pathAndQuery).toString().replace("//", "//" + USER + ":" + PASSWORD + "@");
	}

	/** Every text of a failure: what a log prints of it. */
	private static String textOf(Throwable failure) {
		return ThrowableProxyUtil.asString(new ThrowableProxy(failure));
	}

	@Test
	void noSecretComesOutOfAnApplicationWhoseServersRepeatThem() throws IOException {
		for (int status : new int[] { 200, 206, 301, 302, 400, 401, 403, 404, 416, 429, 500, 503 }) {
			this.server.answer("/" + status + ".gguf", (request) -> echo(status, request));
			this.cdn.answer("/" + status + ".gguf", (request) -> echo(status, request));
			this.server.always("/to" + status + ".gguf",
					Reply.redirect(302, this.cdn.uri("/" + status + ".gguf") + "?X-Amz-Signature=" + SIGNATURE));
		}
		this.server.always("/host.gguf", Reply.redirect(302, "http://" + HEX_KEY + ".invalid/"));
		this.server.serve("/good.gguf", this.content);
		this.server.answer("/api/models/org/repo/revision/main", (request) -> echo(403, request));
		this.server.answer("/api/models/org/other/revision/main", (request) -> echo(200, request));
		this.server.answer("/v2/org/model/manifests/1", (request) -> echo(401, request));
		this.server.answer("/v2/org/other/manifests/1", (request) -> echo(200, request));
		this.server.answer("/v2/org/basic/manifests/1", (request) -> (request.header("Authorization") == null)
				? Reply.status(401).header("WWW-Authenticate", "Basic realm=\"r\"") : echo(403, request));
		String registry = "127.0.0.1:" + this.server.port();
		List<String> properties = new ArrayList<>(List.of(
				"spring.application.json={\"hooks.llm.oci.registries\":{\"[" + registry + "]\":{\"username\":\"" + USER
						+ "\",\"password\":\"" + REGISTRY_PASSWORD + "\",\"insecure\":true}}}",
				"hooks.llm.download.models=100",
				"hooks.llm.models.good.url=" + withUserInfo("/good.gguf?token=" + QUERY),
				"hooks.llm.models.good.expected-checksum=" + this.content.sha256(),
				"hooks.llm.models.host.url=" + this.server.uri("/host.gguf"),
				"hooks.llm.models.hub.url=hf://org/repo/m.gguf", "hooks.llm.models.json.url=hf://org/other/m.gguf",
				"hooks.llm.models.oci.url=oci://" + registry + "/org/model:1",
				"hooks.llm.models.manifest.url=oci://" + registry + "/org/other:1",
				"hooks.llm.models.basic.url=oci://" + registry + "/org/basic:1"));
		for (int status : new int[] { 200, 206, 301, 302, 400, 401, 403, 404, 416, 429, 500, 503 }) {
			for (String path : List.of("/", "/to")) {
				String id = path.replace("/", "s") + status;
				properties
					.add("hooks.llm.models." + id + ".url=" + withUserInfo(path + status + ".gguf?token=" + QUERY));
				properties.add("hooks.llm.models." + id + ".expected-checksum=" + this.content.sha256());
			}
		}
		try (RunningApplication application = start(WebApplicationType.SERVLET, properties.toArray(String[]::new));
				CapturedLog log = new CapturedLog(Map.of("ROOT", Level.INFO, "dev.modelcache", Level.TRACE))) {
			assertThat(application.cache().get("good").block(PATIENCE)).isNotNull();
			List<String> ids = properties.stream()
				.filter((property) -> property.matches("hooks\\.llm\\.models\\.\\w+\\.url=.*"))
				.map((property) -> property.split("[.]")[3])
				.filter((id) -> !id.equals("good"))
				.toList();
			Map<String, Throwable> failures = Flux.fromIterable(ids)
				.flatMap((id) -> application.cache().get(id).materialize().map((end) -> Map.entry(id, end)), ids.size())
				.collectMap(Map.Entry::getKey, (end) -> end.getValue().getThrowable())
				.block(PATIENCE);
			for (String id : ids) {
				assertThat(failures.get(id)).as(id).isInstanceOf(ModelCacheException.class);
				assertHoldsNoSecret("the failure of " + id, textOf(failures.get(id)));
				assertHoldsNoSecret("the status of " + id, application.cache().status(id).toString());
			}
			for (String path : List.of("/actuator/health", "/actuator/modelcache", "/actuator/configprops",
					"/actuator/env", "/actuator/beans", "/actuator/metrics", "/actuator/loggers")) {
				assertHoldsNoSecret(path, application.get(path).body().toString());
			}
			for (String id : ids) {
				assertHoldsNoSecret("the endpoint of " + id,
						application.get("/actuator/modelcache/" + id).body().toString());
			}
			assertHoldsNoSecret("the events", application.events().toString());
			assertThat(log.lines()).isNotEmpty();
			log.lines().forEach((line) -> assertHoldsNoSecret("the log", line));
			try (Stream<Path> files = Files.walk(this.directory)) {
				for (Path file : files.filter(Files::isRegularFile).toList()) {
					assertHoldsNoSecret("the file " + file, Files.readString(file, StandardCharsets.ISO_8859_1));
				}
			}
		}
		assertThat(this.server.requests()).anySatisfy((request) -> assertThat(request.query()).contains(QUERY));
		assertThat(this.cdn.requests()).isNotEmpty();
	}

	@ParameterizedTest
	@ValueSource(ints = { 302, 403, 407, 502 })
	void proxyThatRepeatsItsCredentialsIsNotQuoted(int status) {
		try (ConnectProxy proxy = ConnectProxy.start(0,
				(request) -> "HTTP/1.1 " + status + " " + request.strip().replace("\r\n", " ") + "\r\n"
						+ "Proxy-Authenticate: Basic realm=\"" + request.strip().replace("\r\n", " ") + "\"\r\n"
						+ "Content-Length: 0\r\n\r\n");
				RunningApplication application = start(WebApplicationType.NONE,
						"hooks.llm.url=https://models.example/m.gguf", "hooks.llm.download.proxy.host=127.0.0.1",
						"hooks.llm.download.proxy.port=" + proxy.port(), "hooks.llm.download.proxy.username=" + USER,
						"hooks.llm.download.proxy.password=" + PROXY_PASSWORD);
				CapturedLog log = new CapturedLog(Map.of("dev.modelcache", Level.TRACE))) {
			ModelCacheException failure = catchThrowableOfType(ModelCacheException.class,
					() -> application.cache().get("default").block(PATIENCE));
			assertThat(failure).hasMessageContaining("proxy 127.0.0.1").hasMessageContaining("" + status);
			assertHoldsNoSecret("the failure", textOf(failure));
			log.lines().forEach((line) -> assertHoldsNoSecret("the log", line));
			assertThat(secretsIn(proxy.requests().toString())).isNotEmpty();
		}
	}

	/** The loggers that {@code SECURITY.md} names, and no others. */
	@Test
	void whileEverythingIsLoggedTheLoggersThatPrintSecretsAreKnown() {
		this.server.always("/m.gguf", Reply.redirect(302, "http://cdn.example/cdn.gguf?X-Amz-Signature=" + SIGNATURE));
		this.server.always("/bad.gguf",
				Reply.redirect(302, "http://cdn.example/gone.gguf?X-Amz-Signature=" + SIGNATURE));
		this.server.serve("/cdn.gguf", this.content);
		try (ConnectProxy proxy = ConnectProxy.tunnelling(this.server.port());
				RunningApplication application = start(WebApplicationType.NONE,
						"hooks.llm.url=http://" + USER + ":" + PASSWORD + "@models.example/m.gguf?token=" + QUERY,
						"hooks.llm.expected-checksum=" + this.content.sha256(),
						"hooks.llm.models.bad.url=http://" + USER + ":" + PASSWORD + "@models.example/bad.gguf?token="
								+ QUERY,
						"hooks.llm.download.proxy.host=127.0.0.1", "hooks.llm.download.proxy.port=" + proxy.port(),
						"hooks.llm.download.proxy.username=" + USER,
						"hooks.llm.download.proxy.password=" + PROXY_PASSWORD);
				CapturedLog log = new CapturedLog(Map.of("ROOT", Level.TRACE))) {
			application.cache().get("default").block(PATIENCE);
			assertThat(catchThrowableOfType(ModelCacheException.class,
					() -> application.cache().get("bad").block(PATIENCE)))
				.isNotNull();
			assertThat(log.loggersWithSecrets()).containsExactly("reactor.netty.http.client.HttpClientConnect");
		}
	}

	/** All events of the log, in place of its own appenders. */
	private static final class CapturedLog extends AppenderBase<ILoggingEvent> implements AutoCloseable {

		private final LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();

		private final Logger root = this.context.getLogger(Logger.ROOT_LOGGER_NAME);

		private final List<Appender<ILoggingEvent>> others = new ArrayList<>();

		private final List<Line> captured = new ArrayList<>();

		CapturedLog(Map<String, Level> levels) {
			this.root.iteratorForAppenders().forEachRemaining(this.others::add);
			this.others.forEach(this.root::detachAppender);
			this.context.getLoggerList()
				.stream()
				.filter((logger) -> logger != this.root)
				.forEach((logger) -> logger.setLevel(null));
			this.root.setLevel(Level.INFO);
			levels.forEach((name, level) -> this.context.getLogger(name).setLevel(level));
			setContext(this.context);
			start();
			this.root.addAppender(this);
		}

		@Override
		protected void append(ILoggingEvent event) {
			IThrowableProxy thrown = event.getThrowableProxy();
			String text = event.getFormattedMessage()
					+ ((thrown != null) ? "\n" + ThrowableProxyUtil.asString(thrown) : "");
			synchronized (this.captured) {
				this.captured.add(new Line(event.getLoggerName(), text));
			}
		}

		List<String> lines() {
			synchronized (this.captured) {
				return this.captured.stream().map(Line::toString).toList();
			}
		}

		Set<String> loggersWithSecrets() {
			Set<String> loggers = new TreeSet<>();
			synchronized (this.captured) {
				this.captured.stream()
					.filter((line) -> !secretsIn(line.text()).isEmpty())
					.forEach((line) -> loggers.add(line.logger()));
			}
			return loggers;
		}

		@Override
		public void close() {
			this.root.detachAppender(this);
			this.others.forEach(this.root::addAppender);
			this.root.setLevel(Level.INFO);
			stop();
		}

		private record Line(String logger, String text) {

		}

	}

}
