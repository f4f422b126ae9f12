/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import dev.modelcache.internal.acquire.AcquisitionObserver;
import dev.modelcache.internal.acquire.AcquisitionObserver.Steps;
import dev.modelcache.runtime.RuntimeMeterSamples;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.unit.DataSize;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * {@code docs/metrics.md}, the dashboard and the alerts against the meters that are
 * registered.
 */
class MetricsDocumentationTests {

	/** Tests run in the directory of their module or of the project. */
	private static final Path DOCS = Files.exists(Path.of("docs", "metrics.md")) ? Path.of("docs")
			: Path.of("..", "docs");

	private static final Pattern PROMETHEUS = Pattern.compile("\\bmodelcache_[a-z_]+");

	private static final Pattern ALERT = Pattern.compile("- alert: (\\w+)");

	private static final Pattern TABLE = Pattern.compile("(?s)<!-- meters -->\n(.*)<!-- /meters -->");

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	@BeforeEach
	void recordEverything() {
		this.registry.config().meterFilter(ModelCacheMeters.descriptions());
		ModelCacheView view = mock(ModelCacheView.class);
		given(view.models()).willReturn(List.of(ModelRequest.builder("default").build()));
		given(view.usage()).willReturn(CacheUsage.of(Path.of("/cache"), DataSize.ofBytes(1), null));
		given(view.status("default")).willReturn(ModelStatus.absent("default"));
		new ModelCacheMeters(this.registry).register(view);
		ModelCacheMeters.Work work = new ModelCacheMeters.Work(this.registry);
		work.configured(Set.of("default"));
		work.transferStarted("default");
		work.transferEnded("default");
		work.bytesWritten("default", "host", 1);
		work.retried("default", "stalled");
		work.verified(true, Duration.ofMillis(1));
		work.lockWaited(Duration.ofMillis(1));
		work.ended("default", "downloaded", Duration.ofMillis(1));
		RuntimeMeterSamples.record(this.registry);
		ObservationRegistry observations = ObservationRegistry.create();
		observations.observationConfig().observationHandler(new DefaultMeterObservationHandler(this.registry));
		AcquisitionObserver observer = new ModelCacheObservations(observations).observer();
		observer.configured(Set.of("default"));
		Steps steps = observer.started("default");
		steps.began(AcquisitionObserver.Step.LOCK, null).accept(null);
		steps.ended("downloaded", null);
	}

	@Test
	void everyMeterIsInTheTableWithItsUnitTagsAndMeaning() throws IOException {
		String page = Files.readString(DOCS.resolve("metrics.md"));
		Matcher table = TABLE.matcher(page);
		assertThat(table.find()).as("the table of meters in docs/metrics.md").isTrue();
		assertThat(table.group(1)).isEqualTo(table());
	}

	@ParameterizedTest
	@ValueSource(strings = { "grafana-dashboard.json", "alerts.yml", "alerts-tests.yml" })
	void dashboardAndAlertsUseMetersThatAreRegistered(String file) throws IOException {
		Set<String> used = new TreeSet<>();
		PROMETHEUS.matcher(Files.readString(DOCS.resolve(file))).results().forEach((match) -> used.add(match.group()));
		assertThat(used).isNotEmpty()
			.isSubsetOf(meters().keySet().stream().flatMap((id) -> prometheus(id).stream()).toList());
	}

	@Test
	@Tag("promtool")
	void alertsFireWhenTheyShould() throws IOException, InterruptedException {
		for (List<String> command : List.of(List.of("check", "rules", "alerts.yml"),
				List.of("test", "rules", "alerts-tests.yml"))) {
			List<String> arguments = new ArrayList<>(command);
			arguments.add(0, "promtool");
			Process promtool = new ProcessBuilder(arguments).directory(DOCS.toFile()).redirectErrorStream(true).start();
			String output = new String(promtool.getInputStream().readAllBytes(), UTF_8);
			assertThat(promtool.waitFor()).as(output).isZero();
		}
	}

	@Test
	void everyAlertHasATest() throws IOException {
		String tests = Files.readString(DOCS.resolve("alerts-tests.yml"));
		assertThat(ALERT.matcher(Files.readString(DOCS.resolve("alerts.yml"))).results()).isNotEmpty()
			.allSatisfy((alert) -> assertThat(tests).contains("alertname: " + alert.group(1) + "\n"));
	}

	@Test
	void dashboardIsOneThatGrafanaImports() throws IOException {
		JsonNode dashboard = JsonMapper.shared().readTree(Files.readString(DOCS.resolve("grafana-dashboard.json")));
		assertThat(dashboard.at("/title").asString()).isEqualTo("Model cache");
		assertThat(dashboard.at("/schemaVersion").asInt()).isPositive();
		assertThat(dashboard.at("/panels")).isNotEmpty().allSatisfy((panel) -> {
			assertThat(panel.at("/title").asString()).isNotBlank();
			assertThat(panel.at("/targets/0/expr").asString()).contains("modelcache_");
		});
	}

	/** The meters by one of their ids, with the names of their tags. */
	private Map<Meter.Id, Set<String>> meters() {
		Map<String, Meter.Id> ids = new LinkedHashMap<>();
		Map<Meter.Id, Set<String>> tags = new LinkedHashMap<>();
		List<Meter> all = new ArrayList<>(this.registry.getMeters());
		all.sort(Comparator.comparing((meter) -> meter.getId().getName()));
		for (Meter meter : all) {
			Meter.Id id = ids.computeIfAbsent(meter.getId().getName(), (name) -> meter.getId());
			tags.computeIfAbsent(id, (known) -> new TreeSet<>())
				.addAll(meter.getId().getTags().stream().map((tag) -> tag.getKey()).toList());
		}
		return tags;
	}

	private String table() {
		return "| meter | type | unit | tags | meaning | Prometheus |\n|---|---|---|---|---|---|\n"
				+ meters().entrySet()
					.stream()
					.map((meter) -> row(meter.getKey(), meter.getValue()))
					.collect(Collectors.joining());
	}

	private static String row(Meter.Id id, Set<String> tags) {
		String description = id.getDescription();
		assertThat(description).as("the description of " + id.getName()).isNotBlank();
		return "| `" + id.getName() + "` | " + type(id) + " | " + unit(id) + " | "
				+ tags.stream().map((tag) -> "`" + tag + "`").collect(Collectors.joining(", ")) + " | " + description
				+ " | " + prometheus(id).stream().map((name) -> "`" + name + "`").collect(Collectors.joining(", "))
				+ " |\n";
	}

	private static String type(Meter.Id id) {
		return switch (id.getType()) {
			case LONG_TASK_TIMER -> "long task timer";
			default -> id.getType().name().toLowerCase(Locale.ROOT);
		};
	}

	private static String unit(Meter.Id id) {
		return switch (id.getType()) {
			case TIMER, LONG_TASK_TIMER -> "seconds";
			default -> (id.getBaseUnit() != null) ? id.getBaseUnit() : "";
		};
	}

	/** The names that Micrometer's registry for Prometheus makes. */
	private static List<String> prometheus(Meter.Id id) {
		String name = id.getName().replace('.', '_');
		String unit = unit(id);
		String base = (unit.isEmpty() || name.endsWith("_" + unit)) ? name : name + "_" + unit;
		return switch (id.getType()) {
			case COUNTER -> List.of(base + "_total");
			case TIMER -> List.of(base + "_count", base + "_sum", base + "_max");
			case LONG_TASK_TIMER -> List.of(base + "_active_count", base + "_duration_sum", base + "_max");
			default -> List.of(base);
		};
	}

}
