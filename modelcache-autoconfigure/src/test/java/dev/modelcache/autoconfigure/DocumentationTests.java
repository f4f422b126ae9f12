/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

import dev.modelcache.ModelState;
import dev.modelcache.testsupport.ConfigurationPage;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.env.PropertiesPropertySourceLoader;
import org.springframework.boot.env.PropertySourceLoader;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the pages say, compared with the project: links, configuration, answers, programs,
 * commands and the names of tests.
 */
class DocumentationTests {

	/** The type of each key of Spring Boot and of the libraries on the class path. */
	/** Marks the answer for one model. */
	private static final String ONE = " (one)";

	private static final Map<String, String> KEYS = keys();

	private static final Pattern KEY = Pattern
		.compile("`((?:download|cache|lock|startup|health|huggingface|oci|catalog|classifier|llama)\\.[a-z-]+"
				+ "(?:\\.[a-z-]+)*)(?:=[^`]*)?`");

	private static final Pattern BOOT_KEY = Pattern.compile("`((?:management|spring|server|logging)\\.[a-z.-]+[a-z])");

	private static final Pattern TEST = Pattern.compile("`(?:([A-Z]\\w*Tests))?(?:[.#]([a-z]\\w+))?`");

	private static final Pattern SNAPSHOT = Pattern.compile("\\d+\\.\\d+\\.\\d+-SNAPSHOT");

	private static final Pattern PROPERTY = Pattern.compile("(?<=[ `])-D([a-z][\\w.-]*)");

	private static final String OTHERS_PROPERTIES = "(test|(java|javax|jdk|https?|io\\.netty|spring|spring-boot\\.run"
			+ "|maven|gpg)\\..*|skipTests|jarmode|altDeploymentRepository|surefire\\..*)";

	private static final Pattern GRADLE = Pattern.compile("[\"']dev\\.modelcache:([a-z-]+)(?::([^\"']+))?[\"']");

	private static final Pattern MAVEN = Pattern
		.compile("<groupId>dev\\.modelcache</groupId>\\s*<artifactId>([a-z-]+)</artifactId>"
				+ "(?:\\s*<version>([^<]+)</version>)?");

	private static final Pattern STATE = Pattern.compile("\"state\": \"([A-Z]+)\"");

	private static final Pattern TYPE = Pattern.compile("(?m)^(final |abstract )*(class|record|interface|enum) ");

	/** What a reader's editor imports. */
	private static final List<String> IMPORTS = Stream
		.of("java.net.URI", "java.nio.file.Path", "java.time.Duration", "java.util.List", "java.util.Map",
				"dev.modelcache.*", "dev.modelcache.runtime.*", "org.springframework.beans.factory.annotation.*",
				"org.springframework.boot.context.properties.*", "org.springframework.context.annotation.*",
				"org.springframework.context.event.*", "org.springframework.core.io.*",
				"org.springframework.stereotype.*", "reactor.core.publisher.*", "ai.onnxruntime.*",
				"dev.langchain4j.model.embedding.EmbeddingModel", "dev.langchain4j.model.embedding.onnx.*",
				"org.springframework.ai.transformers.TransformersEmbeddingModel")
		.map((type) -> "import " + type + ";\n")
		.toList();

	@TempDir
	private Path directory;

	static List<DocumentationPage> pages() {
		return DocumentationPage.all();
	}

	static List<DocumentationPage> pagesWithJava() {
		return pages().stream().filter((page) -> !page.blocks("java").isEmpty() && !page.hasExcerpts()).toList();
	}

	@ParameterizedTest
	@MethodSource("pages")
	void linksLeadToFilesAndHeadings(DocumentationPage page) {
		for (String link : page.links()) {
			String[] parts = link.split("#", 2);
			Path target = parts[0].isEmpty() ? page.path() : page.path().resolveSibling(parts[0]).normalize();
			Path file = DocumentationPage.root().resolve(target);
			assertThat(file).as(link).exists();
			if (parts.length == 2) {
				assertThat(DocumentationPage.read(file).anchors()).as(link).contains(parts[1]);
			}
		}
	}

	@Test
	void indexOfThePagesNamesAllOfThem() {
		DocumentationPage index = DocumentationPage.read(DocumentationPage.root().resolve("docs/README.md"));
		assertThat(index.links()).containsAll(pages().stream()
			.map(DocumentationPage::path)
			.filter((path) -> path.startsWith("docs") && !path.equals(index.path()))
			.map((path) -> Path.of("docs").relativize(path).toString())
			.toList());
	}

	@ParameterizedTest
	@MethodSource("pages")
	void configurationThatIsShownIsValidAndHasNoUnknownKeys(DocumentationPage page) throws IOException {
		for (String yaml : page.blocks("yaml")) {
			check(yaml, new YamlPropertySourceLoader());
			// Tests have sources of their own.
			if (!yaml.contains("classpath:models/")) {
				BoundConfiguration.ofYaml(completed(page, yaml)).withVariables(variables(yaml)).models();
			}
		}
		for (String properties : page.blocks("properties")) {
			check(properties, new PropertiesPropertySourceLoader());
		}
	}

	private void check(String text, PropertySourceLoader loader) throws IOException {
		ConfigurationKeys keys = new ConfigurationKeys(Set.of(), Map.of());
		for (PropertySource<?> source : loader.load("docs", new ByteArrayResource(text.getBytes(UTF_8)))) {
			for (String name : ((EnumerablePropertySource<?>) source).getPropertyNames()) {
				if (name.startsWith("hooks.llm.llama.")) {
					assertThat(ConfigurationPage.rows()).containsKey(name.replaceFirst("\\[.*", ""));
				}
				else if (name.startsWith("hooks.llm.")) {
					assertThat(keys.exists(ConfigurationPropertyName.adapt(name, '.'), false)).as(name).isTrue();
				}
				else {
					assertThat(isKeyOfSpring(name) || name.matches("(assistant|spring\\.ai)\\..*")).as(name).isTrue();
				}
			}
		}
	}

	/** Puts what a reader would put: a digest, and the catalog that the page shows. */
	private String completed(DocumentationPage page, String yaml) throws IOException {
		String text = yaml.replace("<64 hexadecimal digits>", "0".repeat(64));
		if (text.contains("classpath:catalog.json")) {
			Path catalog = this.directory.resolve("catalog.json");
			Files.writeString(catalog,
					page.blocks("json").stream().filter((json) -> json.contains("variants")).findFirst().orElseThrow());
			text = text.replace("classpath:catalog.json", catalog.toUri().toString());
		}
		return text;
	}

	private static Map<String, Object> variables(String yaml) {
		return Pattern.compile("\\$\\{([A-Z_]+)\\}")
			.matcher(yaml)
			.results()
			.collect(Collectors.toMap((variable) -> variable.group(1), (variable) -> "value", (one, two) -> one));
	}

	@ParameterizedTest
	@MethodSource("pages")
	void keysThatSentencesNameExist(DocumentationPage page) {
		if (page.path().endsWith("CHANGELOG.md") || page.path().endsWith("design-decisions.md")) {
			return;
		}
		Set<String> names = ConfigurationPage.rows().keySet();
		for (MatchResult key : KEY.matcher(page.prose()).results().toList()) {
			String name = "hooks.llm." + key.group(1);
			assertThat(names).as(key.group())
				.anyMatch((row) -> (row + ".").startsWith(name + ".") || (name + ".").startsWith(row + "."));
		}
		assertThat(ConfigurationPage.names(page.toString()))
			.allMatch((name) -> names.stream().anyMatch((row) -> (row + ".").startsWith(name + "."))
					|| name.equals("hooks.llm.max-retries"));
		for (MatchResult key : BOOT_KEY.matcher(page.prose()).results().toList()) {
			assertThat(isKeyOfSpring(key.group(1))).as(key.group()).isTrue();
		}
	}

	/** Returns whether a key exists, is a group of keys, or is an entry of a map. */
	private static boolean isKeyOfSpring(String name) {
		String key = name.replaceAll("\\[.*", "");
		if (KEYS.containsKey(key) || KEYS.keySet().stream().anyMatch((other) -> other.startsWith(key + "."))) {
			return true;
		}
		for (int end = key.lastIndexOf('.'); end > 0; end = key.lastIndexOf('.', end - 1)) {
			if (KEYS.getOrDefault(key.substring(0, end), "").startsWith("java.util.Map")) {
				return true;
			}
		}
		return false;
	}

	private static Map<String, String> keys() {
		Map<String, String> keys = new HashMap<>();
		try {
			for (String name : List.of("spring-configuration-metadata.json",
					"additional-spring-configuration-metadata.json")) {
				for (Resource resource : new PathMatchingResourcePatternResolver()
					.getResources("classpath*:META-INF/" + name)) {
					JsonNode properties = JsonMapper.shared()
						.readTree(resource.getContentAsString(UTF_8))
						.path("properties");
					properties.forEach((key) -> keys.put(key.get("name").asString(), key.path("type").asString("")));
				}
			}
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		return keys;
	}

	@ParameterizedTest
	@MethodSource("pagesWithJava")
	void programsThatAreShownCompile(DocumentationPage page) {
		JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
		List<JavaFileObject> sources = new ArrayList<>();
		for (String block : page.blocks("java")) {
			sources.add(new Source("block" + sources.size(), program("block" + sources.size(), block)));
		}
		StringWriter errors = new StringWriter();
		boolean compiled = compiler
			.getTask(errors, null, null,
					List.of("-proc:none", "-d", this.directory.toString(), "-cp", ForkedJvm.classPath()), null, sources)
			.call();
		assertThat(compiled).as(errors.toString()).isTrue();
	}

	/** Completes a block, which is a class, members of one, or statements. */
	private static String program(String name, String block) {
		String head = "package " + name + ";\n"
				+ Stream.concat(IMPORTS.stream(), block.lines().filter((line) -> line.startsWith("import ")))
					.distinct()
					.collect(Collectors.joining("\n", "", "\n"));
		String code = block.lines()
			.filter((line) -> !line.startsWith("import "))
			.collect(Collectors.joining("\n"))
			.replace("…", "")
			.replaceAll("(?m)^public class", "class");
		if (TYPE.matcher(code).find()) {
			return head + code;
		}
		if (code.strip().startsWith("@")) {
			return head + "class Members {\n" + code + "\n}";
		}
		return head + "class Statements {\nModelCache modelCache; ModelManager manager; LlmClassifier classifier;"
				+ " ResourceLoader resourceLoader; Path directory; URI url; String checksum;\n"
				+ "Object run() throws Exception {\n" + code + (code.contains("return ") ? "" : "\nreturn null;")
				+ "\n}\n}";
	}

	@ParameterizedTest
	@MethodSource("pages")
	void jsonThatIsShownIsWellFormed(DocumentationPage page) {
		for (String json : page.blocks("json")) {
			assertThat(json(json).isObject()).as(json).isTrue();
		}
	}

	private static JsonNode json(String block) {
		return JsonMapper.shared().readTree(block.startsWith("\"") ? "{" + block + "}" : block);
	}

	@Test
	void answersThatAreShownHaveTheFieldsOfRealOnes() {
		Map<String, Set<String>> health = new HashMap<>();
		Map<String, Set<String>> endpoint = new HashMap<>();
		answers(health, endpoint);
		int shown = 0;
		for (DocumentationPage page : pages()) {
			for (String block : page.blocks("json")) {
				Matcher state = STATE.matcher(block);
				if (state.find()) {
					JsonNode answer = json(block);
					boolean isHealth = answer.has("modelCache");
					JsonNode model = answer.at(isHealth ? "/modelCache/details/models/default"
							: answer.has("models") ? "/models/default" : "");
					boolean one = answer.has("about");
					Set<String> real = (isHealth ? health : endpoint).get(state.group(1) + (one ? ONE : ""));
					Set<String> fields = fields(model);
					assertThat(real).as(block).isNotNull();
					assertThat(fields).as(block).allMatch((field) -> isOptional(field) || real.contains(field));
					assertThat(fields).as(block)
						.containsAll(real.stream().filter((field) -> !isOptional(field)).toList());
					shown++;
				}
			}
		}
		assertThat(shown).isGreaterThanOrEqualTo(5);
	}

	/** What a file says of itself, and the estimate that needs a steady speed. */
	private static boolean isOptional(String field) {
		return field.startsWith("format") || field.equals("progress/etaSeconds");
	}

	private void answers(Map<String, Set<String>> health, Map<String, Set<String>> endpoint) {
		GgufFile model = GgufFile.tiny();
		CountDownLatch rest = new CountDownLatch(1);
		try (MisbehavingServer server = MisbehavingServer.start();
				MisbehavingServer refusing = MisbehavingServer.start()) {
			server.always("/m.gguf", Reply.ok().stallAfter(model.bytes().length / 2, rest))
				.serve("/m.gguf", model.content());
			refusing.always("/m.gguf", Reply.status(404)).always("/other.gguf", Reply.status(503));
			List<String> properties = new ArrayList<>(
					RunningApplication.model(refusing.uri("/m.gguf"), model.content(), this.directory));
			properties.remove("hooks.llm.verify-format=off");
			properties.addAll(List.of("hooks.llm.mirrors=" + server.uri("/m.gguf"),
					"hooks.llm.models.other.url=" + refusing.uri("/other.gguf"),
					"hooks.llm.models.other.max-attempts=1",
					"management.endpoints.web.exposure.include=health,modelcache"));
			try (RunningApplication application = RunningApplication.start(WebApplicationType.REACTIVE, properties)) {
				await(application, "DOWNLOADING", "default");
				await(application, "FAILED", "other");
				record(application, health, endpoint);
				rest.countDown();
				await(application, ModelState.READY.name(), "default");
				record(application, health, endpoint);
			}
		}
	}

	private static void await(RunningApplication application, String state, String id) {
		Awaitility.await().atMost(Duration.ofMinutes(3)).until(() -> {
			JsonNode shown = application.get("/actuator/modelcache/" + id).body();
			return shown.at("/state").asString().equals(state) && (!state.equals("DOWNLOADING")
					|| (shown.at("/progress/bytes").asLong() > 0 && !shown.at("/attempts").isEmpty()));
		});
	}

	private static void record(RunningApplication application, Map<String, Set<String>> health,
			Map<String, Set<String>> endpoint) {
		application.health()
			.at("/details/models")
			.forEach((shown) -> health.put(shown.at("/state").asString(), fields(shown)));
		application.get("/actuator/modelcache")
			.body()
			.at("/models")
			.forEach((shown) -> endpoint.put(shown.at("/state").asString(), fields(shown)));
		for (String id : List.of("default", "other")) {
			JsonNode shown = application.get("/actuator/modelcache/" + id).body();
			endpoint.put(shown.at("/state").asString() + ONE, fields(shown));
		}
	}

	/** The paths of all fields; elements of a list share theirs. */
	private static Set<String> fields(JsonNode node) {
		Set<String> fields = new TreeSet<>();
		if (node.isObject()) {
			node.propertyStream().forEach((field) -> {
				fields.add(field.getKey());
				fields(field.getValue()).forEach((below) -> fields.add(field.getKey() + "/" + below));
			});
		}
		node.valueStream().filter((element) -> node.isArray()).forEach((element) -> fields.addAll(fields(element)));
		return fields;
	}

	@ParameterizedTest
	@MethodSource("pages")
	void testsThatAreNamedExist(DocumentationPage page) throws IOException {
		Map<String, String> sources = tests();
		String last = "";
		for (MatchResult test : TEST.matcher(page.prose()).results().toList()) {
			if (test.group(1) != null) {
				assertThat(sources.keySet()).as(test.group()).contains(test.group(1));
				last = test.group(1);
			}
			if (test.group(2) != null && (test.group(1) != null || page.path().endsWith("SECURITY.md"))
					&& !last.isEmpty() && test.group().matches("`(\\w+Tests[.#]|\\.)[a-z]+[A-Z]\\w+`")) {
				assertThat(sources.get(last).contains("void " + test.group(2) + "(")).as(last + test.group()).isTrue();
			}
		}
	}

	@ParameterizedTest
	@MethodSource("pages")
	void commandsNameModulesProfilesAndTestsThatExist(DocumentationPage page) throws IOException {
		String poms = "";
		try (Stream<Path> files = Files.find(DocumentationPage.root(), 3,
				(file, attributes) -> file.endsWith("pom.xml"))) {
			for (Path pom : files.toList()) {
				poms += Files.readString(pom);
			}
		}
		Set<String> tests = tests().keySet();
		for (String command : page.commands()) {
			for (String module : option(command, "-pl ")) {
				assertThat(DocumentationPage.root().resolve(module + "/pom.xml")).as(command).exists();
			}
			for (String profile : option(command, "-P")) {
				assertThat(poms).as(command).contains("<id>" + profile + "</id>");
			}
			for (String test : option(command, "-Dtest=")) {
				assertThat(tests).as(command)
					.anyMatch((name) -> name
						.matches(test.replaceAll(".*/", "").replaceFirst("#.*", "").replace("*", ".*")));
			}
		}
	}

	/** The script itself runs the commands. */
	@Test
	void everyCommandHasARowOfTheScriptThatRunsIt() throws IOException, InterruptedException {
		Process script = new ProcessBuilder("bash", ".ci/docs", "list").directory(DocumentationPage.root().toFile())
			.redirectErrorStream(true)
			.start();
		String output = new String(script.getInputStream().readAllBytes(), UTF_8);
		assertThat(script.waitFor()).as(output).isZero();
		assertThat(output).contains("curl http://localhost:8080/actuator/modelcache/default => run");
	}

	/** Those of the JDK, of libraries and of Maven's plugins exist elsewhere. */
	@ParameterizedTest
	@MethodSource("pages")
	void systemPropertiesThatAreNamedExist(DocumentationPage page) throws IOException {
		String users = String.join("", tests().values())
				+ Files.readString(DocumentationPage.root().resolve("pom.xml"));
		for (MatchResult property : PROPERTY.matcher(page.text()).results().toList()) {
			if (!property.group(1).matches(OTHERS_PROPERTIES)) {
				assertThat(
						Pattern.compile("[\"<{:]" + Pattern.quote(property.group(1)) + "[\">}]").matcher(users).find())
					.as(property.group())
					.isTrue();
			}
		}
	}

	/** The snippets for Maven make an application in .ci/new-application. */
	@ParameterizedTest
	@MethodSource("pages")
	void dependenciesForGradleAreThoseForMaven(DocumentationPage page) {
		List<String> groovy = page.blocks("groovy");
		assertThat(groovy).allSatisfy((block) -> assertThat(coordinates(GRADLE, block)).isNotEmpty());
		assertThat(coordinates(MAVEN, String.join("", page.blocks("xml"))))
			.containsAll(coordinates(GRADLE, String.join("", groovy)));
	}

	private static Set<String> coordinates(Pattern pattern, String text) {
		return pattern.matcher(text)
			.results()
			.map((dependency) -> dependency.group(1) + ":" + dependency.group(2))
			.collect(Collectors.toCollection(TreeSet::new));
	}

	@ParameterizedTest
	@MethodSource("pages")
	void everyBlockNamesItsLanguage(DocumentationPage page) {
		assertThat(page.blocks("")).isEmpty();
	}

	@ParameterizedTest
	@MethodSource("pages")
	void snapshotsThatAreNamedAreThoseOfThisVersion(DocumentationPage page) throws IOException {
		Matcher version = SNAPSHOT.matcher(Files.readString(DocumentationPage.root().resolve("pom.xml")));
		assertThat(version.find()).isTrue();
		assertThat(SNAPSHOT.matcher(page.text()).results().map(MatchResult::group)).allMatch(version.group()::equals);
	}

	private static List<String> option(String command, String name) {
		Matcher option = Pattern.compile("(?<= )" + name + "'?([^' ]+)").matcher(command);
		return option.find() ? List.of(option.group(1).split(",")) : List.of();
	}

	/** The sources of all tests by their simple names. */
	private static Map<String, String> tests() throws IOException {
		Map<String, String> tests = new LinkedHashMap<>();
		for (String module : List.of("modelcache-core", "modelcache-autoconfigure", "modelcache-llama",
				"modelcache-starter-test", "sample-app", "neighbours")) {
			Path sources = DocumentationPage.root().resolve(module + "/src/test/java");
			try (Stream<Path> files = Files.find(sources, 20,
					(file, attributes) -> file.toString().endsWith("Tests.java"))) {
				for (Path file : files.toList()) {
					tests.merge(file.getFileName().toString().replace(".java", ""), Files.readString(file),
							String::concat);
				}
			}
		}
		return tests;
	}

	/** A source in memory. */
	private static final class Source extends SimpleJavaFileObject {

		private final String code;

		Source(String name, String code) {
			super(URI.create("string:///" + name + ".java"), Kind.SOURCE);
			this.code = code;
		}

		@Override
		public CharSequence getCharContent(boolean ignoreEncodingErrors) {
			return this.code;
		}

	}

}
