/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.neighbours;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

import javax.tools.ToolProvider;

import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.SpringApplicationAotProcessor;
import org.springframework.util.ClassUtils;

import static dev.modelcache.neighbours.Neighbour.ACTUATOR;
import static dev.modelcache.neighbours.Neighbour.ADMIN_CLIENT;
import static dev.modelcache.neighbours.Neighbour.CLOUD_CONTEXT;
import static dev.modelcache.neighbours.Neighbour.DEVTOOLS;
import static dev.modelcache.neighbours.Neighbour.MVC;
import static dev.modelcache.neighbours.Neighbour.PROMETHEUS;
import static dev.modelcache.neighbours.Neighbour.RESILIENCE4J;
import static dev.modelcache.neighbours.Neighbour.SECURITY;
import static dev.modelcache.neighbours.Neighbour.TRACING;
import static dev.modelcache.neighbours.Neighbour.WEBFLUX;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Applications with the starter and its neighbours on the class path, each in a JVM of
 * its own: they start, answer while the model is being downloaded, and become ready with
 * it.
 */
class NeighboursTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final HttpClient http = HttpClient.newHttpClient();

	@TempDir
	private Path directory;

	private final Content content = Content.random(2_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final List<ForkedJvm> started = new ArrayList<>();

	@AfterEach
	void stop() {
		this.started.forEach(ForkedJvm::close);
		this.server.close();
	}

	static Stream<Arguments> applications() {
		return Stream.of(row("MVC", EnumSet.of(MVC, ACTUATOR)), row("WebFlux", EnumSet.of(WEBFLUX, ACTUATOR)),
				row("Security with MVC", EnumSet.of(MVC, ACTUATOR, SECURITY)),
				row("Security with WebFlux", EnumSet.of(WEBFLUX, ACTUATOR, SECURITY)),
				row("MVC and WebFlux together", EnumSet.of(MVC, WEBFLUX, ACTUATOR)),
				row("Spring Boot Admin client", EnumSet.of(MVC, ACTUATOR, ADMIN_CLIENT),
						"spring.boot.admin.client.url=http://127.0.0.1:1"),
				row("Spring Cloud context", EnumSet.of(WEBFLUX, ACTUATOR, CLOUD_CONTEXT)),
				row("Prometheus", EnumSet.of(MVC, ACTUATOR, PROMETHEUS)),
				row("tracing", EnumSet.of(WEBFLUX, ACTUATOR, TRACING)),
				row("DevTools", EnumSet.of(MVC, ACTUATOR, DEVTOOLS)),
				row("Spring Boot module of Resilience4j", EnumSet.of(WEBFLUX, ACTUATOR, RESILIENCE4J)),
				row("probes of Kubernetes", EnumSet.of(WEBFLUX, ACTUATOR, SECURITY),
						"spring.main.cloud-platform=kubernetes",
						"management.endpoint.health.probes.add-additional-paths=true"),
				row("a port for management", EnumSet.of(MVC, ACTUATOR, SECURITY), "management.server.port=0"),
				row("virtual threads", EnumSet.of(MVC, ACTUATOR), "spring.threads.virtual.enabled=true"),
				row("lazy initialization", EnumSet.of(WEBFLUX, ACTUATOR), "spring.main.lazy-initialization=true"));
	}

	private static Arguments row(String name, Set<Neighbour> neighbours, String... properties) {
		return Arguments.of(name, neighbours, List.of(properties));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("applications")
	void applicationStartsAndBecomesReadyWithItsModel(String name, Set<Neighbour> neighbours, List<String> properties)
			throws Exception {
		CountDownLatch latch = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().heldBy(latch));
		ForkedJvm application = start(neighbours, List.of(), with(properties));
		assertThatItBecomesReady(application, neighbours, latch);
		Ports ports = ports(application, 1);
		if (neighbours.contains(PROMETHEUS)) {
			assertThat(get(ports.management(), "/actuator/prometheus").body())
				.contains("modelcache_model_ready{model=\"default\"} 1");
		}
		if (neighbours.contains(CLOUD_CONTEXT)) {
			assertThat(send("POST", ports.management(), "/actuator/refresh", true).statusCode()).isEqualTo(200);
			assertThat(get(ports.management(), "/actuator/health/readiness").statusCode()).isEqualTo(200);
		}
		if (properties.toString().contains("add-additional-paths")) {
			assertThat(get(ports.server(), "/readyz").statusCode()).isEqualTo(200);
		}
	}

	@Test
	@Tag("promtool")
	void metersSatisfyTheRulesOfPrometheus() throws Exception {
		ForkedJvm application = start(EnumSet.of(MVC, ACTUATOR, PROMETHEUS), List.of(), with(List.of()));
		Ports ports = ports(application, 1);
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> get(ports.management(), "/actuator/health/readiness").statusCode() == 200);
		List<String> scrape = get(ports.management(), "/actuator/prometheus").body()
			.lines()
			.filter((line) -> line.matches("(# (HELP|TYPE) )?modelcache_.*"))
			.toList();
		assertThat(scrape).anyMatch((line) -> line.startsWith("modelcache_download_bytes_total{"))
			.anyMatch((line) -> line.startsWith("modelcache_acquisition_step_seconds_count{"));
		Process promtool = new ProcessBuilder("promtool", "check", "metrics")
			.redirectInput(Files.write(this.directory.resolve("scrape"), scrape).toFile())
			.redirectErrorStream(true)
			.start();
		String output = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(promtool.waitFor()).as(output).isZero();
	}

	static Stream<Arguments> unconfigured() {
		return Stream.of(row("Security with MVC", EnumSet.of(MVC, ACTUATOR, SECURITY)),
				row("Security with WebFlux", EnumSet.of(WEBFLUX, ACTUATOR, SECURITY)));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("unconfigured")
	void applicationWithoutAModelStartsAndIsReady(String name, Set<Neighbour> neighbours, List<String> properties)
			throws Exception {
		ForkedJvm application = start(neighbours, List.of(), List.of());
		Ports ports = ports(application, 1);
		assertThat(get(ports.server(), "/").body()).isEqualTo("hello");
		assertThat(get(ports.management(), "/actuator/health/readiness").statusCode()).isEqualTo(200);
	}

	static Stream<Arguments> requests() {
		return Stream.of(Arguments.of("without Resilience4j's module", EnumSet.of(MVC), 3),
				Arguments.of("with Resilience4j's module", EnumSet.of(MVC, RESILIENCE4J), 2));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("requests")
	void propertiesOfResilience4jNeedItsSpringBootModule(String name, Set<Neighbour> neighbours, int requests)
			throws Exception {
		this.server.always("/m.gguf", Reply.status(500));
		ForkedJvm application = start(neighbours, List.of(),
				with(List.of("resilience4j.retry.instances.modelcache-default.max-attempts=2")));
		ports(application, 1);
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> application.output()
				.lines()
				.anyMatch((line) -> line.contains("ERROR") && line.contains("answered 500")));
		assertThat(this.server.requests("/m.gguf")).hasSize(requests);
	}

	@Test
	void applicationWithoutActuatorDownloads() throws Exception {
		ForkedJvm application = start(EnumSet.of(MVC), List.of(), with(List.of()));
		assertThat(get(ports(application, 1).server(), "/").body()).isEqualTo("hello");
		Awaitility.await().atMost(PATIENCE).until(() -> application.output().contains("Model 'default' is ready"));
		boolean filtered = ClassUtils.isPresent("org.springframework.boot.http.client.InetAddressFilter", null);
		assertThat(application.output().contains("Redirects of public hosts to private addresses are followed"))
			.as("warning of Spring Boot 4.0, whose clients cannot check addresses")
			.isNotEqualTo(filtered);
	}

	@Test
	void restartOfDevToolsInTheMiddleOfADownloadGoesOnWhereItWas() throws Exception {
		this.server.script("/m.gguf", Reply.ok().stallAfter(1_500_000));
		ForkedJvm application = start(EnumSet.of(MVC, ACTUATOR, DEVTOOLS), List.of(), with(List.of()));
		Ports first = ports(application, 1);
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> get(first.management(), "/actuator/health").body().contains("\"bytes\":1500000"));
		get(first.server(), "/restart");
		Ports second = ports(application, 2);
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> get(second.management(), "/actuator/health/readiness").statusCode() == 200);
		assertThat(this.server.bytesSent("/m.gguf")).isLessThan(this.content.size() + 1_048_576L);
	}

	@Test
	void applicationThatEndsInTheMiddleOfADownloadGoesOnWithTheNextStart() throws Exception {
		this.server.script("/m.gguf", Reply.ok().stallAfter(1_500_000));
		ForkedJvm application = start(EnumSet.of(WEBFLUX, ACTUATOR), List.of(), with(List.of()));
		Ports first = ports(application, 1);
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> get(first.management(), "/actuator/health").body().contains("\"bytes\":1500000"));
		end(application);
		ForkedJvm next = start(EnumSet.of(WEBFLUX, ACTUATOR), List.of(), with(List.of()));
		Ports second = ports(next, 1);
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> get(second.management(), "/actuator/health/readiness").statusCode() == 200);
		assertThat(this.server.bytesSent("/m.gguf")).isLessThan(this.content.size() + 1_048_576L);
	}

	@Test
	void applicationThatWasProcessedAheadOfTimeStartsAndBecomesReady() throws Exception {
		Set<Neighbour> neighbours = EnumSet.of(WEBFLUX, ACTUATOR);
		String classPath = Neighbour.classPath(ForkedJvm.classPath(), neighbours);
		Path sources = this.directory.resolve("sources");
		Path classes = this.directory.resolve("classes");
		ForkedJvm processor = start(SpringApplicationAotProcessor.class.getName(), classPath, List.of(),
				NeighbourApplication.class.getName(), sources, classes, classes, "dev.modelcache", "neighbours",
				"--management.endpoints.web.exposure.include=*");
		assertThat(processor.awaitExit(PATIENCE)).as(processor::output).isZero();
		compile(sources, classes, classPath);
		CountDownLatch latch = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().heldBy(latch));
		ForkedJvm application = start(NeighbourApplication.class.getName(), classes + File.pathSeparator + classPath,
				List.of("-Dspring.aot.enabled=true"), arguments(with(List.of())));
		assertThatItBecomesReady(application, neighbours, latch);
	}

	private static void compile(Path sources, Path classes, String classPath) throws IOException {
		List<String> arguments = new ArrayList<>(List.of("-proc:none", "-nowarn", "-parameters", "-cp",
				classes + File.pathSeparator + classPath, "-d", classes.toString()));
		try (Stream<Path> files = Files.walk(sources)) {
			files.map(Path::toString).filter((file) -> file.endsWith(".java")).forEach(arguments::add);
		}
		assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new)))
			.isZero();
	}

	private void assertThatItBecomesReady(ForkedJvm application, Set<Neighbour> neighbours, CountDownLatch latch)
			throws Exception {
		Ports ports = ports(application, 1);
		assertThat(get(ports.server(), "/").body()).isEqualTo("hello");
		if (neighbours.contains(SECURITY)) {
			assertThat(send("GET", ports.server(), "/", false).statusCode()).isEqualTo(401);
		}
		assertThat(get(ports.management(), "/actuator/health/readiness").statusCode()).as(application::output)
			.isEqualTo(503);
		assertThat(get(ports.management(), "/actuator/health/liveness").statusCode()).isEqualTo(200);
		latch.countDown();
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> get(ports.management(), "/actuator/health/readiness").statusCode() == 200);
		assertThat(get(ports.management(), "/actuator/health").body()).contains("\"modelCache\":{")
			.contains("\"state\":\"READY\"");
		assertThat(get(ports.management(), "/actuator/modelcache").body()).contains("\"state\":\"READY\"");
		assertThat(this.server.requests("/m.gguf")).hasSize(1);
	}

	private List<String> with(List<String> properties) {
		List<String> all = new ArrayList<>(List.of("hooks.llm.url=" + this.server.uri("/m.gguf"),
				"hooks.llm.expected-checksum=" + this.content.sha256(), "hooks.llm.cache.min-free-space=1MB",
				"hooks.llm.download.allow-insecure-http=true", "hooks.llm.verify-format=off",
				"hooks.llm.download.stall-timeout=5m"));
		all.addAll(properties);
		return all;
	}

	private Object[] arguments(List<String> properties) {
		return Stream
			.concat(properties.stream(),
					Stream.of("hooks.llm.cache.directory=" + this.directory.resolve("cache"), "server.port=0",
							"server.address=127.0.0.1", "spring.security.user.password=secret",
							"management.endpoint.health.show-details=always",
							"management.endpoints.web.exposure.include=*", "spring.main.banner-mode=off"))
			.map((property) -> "--" + property)
			.toArray();
	}

	private ForkedJvm start(Set<Neighbour> neighbours, List<String> options, List<String> properties) {
		return start(NeighbourApplication.class.getName(), Neighbour.classPath(ForkedJvm.classPath(), neighbours),
				options, arguments(properties));
	}

	private ForkedJvm start(String main, String classPath, List<String> options, Object... arguments) {
		List<String> all = new ArrayList<>(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"));
		all.addAll(options);
		ForkedJvm jvm = ForkedJvm.start(main, classPath, all, arguments);
		this.started.add(jvm);
		return jvm;
	}

	private static Ports ports(ForkedJvm application, int start) {
		String[] words = application.awaitLine(NeighbourApplication.STARTED + start + " ", PATIENCE).split(" ");
		return new Ports(Integer.parseInt(words[2]), Integer.parseInt(words[3]));
	}

	private static void end(ForkedJvm application) {
		application.handle().destroy();
		application.awaitExit(PATIENCE);
	}

	private static HttpResponse<String> get(int port, String path) throws IOException, InterruptedException {
		return send("GET", port, path, true);
	}

	private static HttpResponse<String> send(String method, int port, String path, boolean authenticated)
			throws IOException, InterruptedException {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
			.timeout(PATIENCE)
			.method(method, BodyPublishers.noBody());
		if (authenticated) {
			request.header("Authorization",
					"Basic " + Base64.getEncoder().encodeToString("user:secret".getBytes(StandardCharsets.UTF_8)));
		}
		return http.send(request.build(), BodyHandlers.ofString(StandardCharsets.UTF_8));
	}

	/**
	 * Where an application listens.
	 *
	 * @param server its port
	 * @param management the port of its endpoints
	 */
	private record Ports(int server, int management) {

	}

}
