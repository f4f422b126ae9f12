/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import dev.modelcache.ModelConfigurationException;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Wrong values: a row each.
 */
class ModelConfigurationFaultTests {

	private static final String URL = "hooks.llm.url=https://host/m.gguf";

	static final List<Fault> FAULTS = List.of(
			// URLs
			fault("hooks.llm.url", "an unknown scheme, 'ftp:'", "hooks.llm.url=ftp://host/m.gguf").action(
					"file:, hf:, https:"),
			fault("hooks.llm.url", "unknown scheme", "hooks.llm.url=C:/models/m.gguf"),
			fault("hooks.llm.url", "has no scheme", "hooks.llm.url=/models/m.gguf"),
			fault("hooks.llm.url", "not a valid URL", "hooks.llm.url=https://host/my model.gguf"),
			fault("hooks.llm.url", "not a valid URL", "hooks.llm.url=https://"),
			fault("hooks.llm.url", "no valid host", "hooks.llm.url=https:host/m.gguf"),
			fault("hooks.llm.url", "no valid host", "hooks.llm.url=https://-,-/m.gguf"),
			fault("hooks.llm.url", "no valid host or port", "hooks.llm.url=https://host:70000/m.gguf"),
			fault("hooks.llm.url", "has no file name", "hooks.llm.url=https://host"),
			fault("hooks.llm.url", "has no file name", "hooks.llm.url=https://host/models/"),
			fault("hooks.llm.url", "has no file name", "hooks.llm.url=https://host/models/.."),
			fault("hooks.llm.url", "has no file name", "hooks.llm.url=file:///models/"),
			fault("hooks.llm.url", "without an absolute path", "hooks.llm.url=file:m.gguf"),
			fault("hooks.llm.url", "without an absolute path", "hooks.llm.url=file://models/m.gguf"),
			fault("hooks.llm.url", "a query or a fragment", "hooks.llm.url=file:///m.gguf?a"),
			fault("hooks.llm.url", "plain HTTP", "hooks.llm.url=http://host/m.gguf")
				.action("hooks.llm.download.allow-insecure-http=true"),
			fault("hooks.llm.mirrors[1]", "plain HTTP", URL, "hooks.llm.mirrors[0]=https://a/m.gguf",
					"hooks.llm.mirrors[1]=http://b/m.gguf"),
			fault("hooks.llm.mirrors[0]", "unknown scheme", URL, "hooks.llm.mirrors[0]=ftp://b/m.gguf"),
			fault("hooks.llm.fallback-url", "plain HTTP", URL, "hooks.llm.fallback-url=HTTP://b/m.gguf"),
			fault("hooks.llm.fallbacks[0].url", "plain HTTP", URL, "hooks.llm.fallbacks[0].url=http://b/m.gguf"),
			fault("hooks.llm.fallbacks[0].mirrors[0]", "plain HTTP", URL, "hooks.llm.fallbacks[0].url=https://b/m.gguf",
					"hooks.llm.fallbacks[0].mirrors[0]=http://b/m.gguf"),
			fault("hooks.llm.url", "is empty", "hooks.llm.url="),
			fault("hooks.llm.url", "is empty, because the placeholder ${MODEL_URL} is", "hooks.llm.url=${MODEL_URL}",
					"MODEL_URL=")
				.action("Set MODEL_URL, or remove the key"),
			fault("hooks.llm.models.m.model-path", "is empty, because the placeholder ${MODEL_PATH} is",
					"hooks.llm.models.m.url=https://host/m.gguf", "hooks.llm.models.m.model-path=${MODEL_PATH:}"),
			fault("hooks.llm.fallback-url", "is empty", URL, "hooks.llm.fallback-url= "),
			fault("hooks.llm.models.embeddings.url", "is empty", "hooks.llm.models.embeddings.url="),
			fault("hooks.llm.models.embeddings.url", "plain HTTP", "hooks.llm.models.embeddings.url=http://b/m.gguf"),
			// repositories
			fault("hooks.llm.url", "one or three slashes", "hooks.llm.url=hf:/org/repo/m.gguf")
				.action("Correct the URL"),
			fault("hooks.llm.url", "does not refer to a model repository", "hooks.llm.url=hf://models"),
			fault("hooks.llm.url", "does not refer to a model repository",
					"hooks.llm.url=hf://datasets/org/repo/m.gguf"),
			fault("hooks.llm.url", "hooks.llm.huggingface.token", "hooks.llm.url=hf://u:pw@org/repo/m.gguf"),
			fault("hooks.llm.url", "no valid quantization", "hooks.llm.url=hf://org/repo:Q4*"),
			fault("hooks.llm.mirrors[0]", "no valid revision", URL, "hooks.llm.mirrors[0]=hf://org/repo@/m.gguf"),
			fault("hooks.llm.fallback-url", "no valid file within the repository", URL,
					"hooks.llm.fallback-url=hf://org/repo/../m.gguf"),
			fault("hooks.llm.fallbacks[0].url", "query or a fragment", URL,
					"hooks.llm.fallbacks[0].url=hf://org/repo/m.gguf?x"),
			fault("hooks.llm.files", "does not refer to a repository", URL, "hooks.llm.files[0]=*.json"),
			fault("hooks.llm.files[1]", "not a path in a repository", "hooks.llm.url=hf://org/repo",
					"hooks.llm.files[0]=*.json", "hooks.llm.files[1]=../*.json"),
			fault("hooks.llm.files[1]", "not a path in a repository", "hooks.llm.url=hf://org/repo",
					"hooks.llm.files[0]=*.json", "hooks.llm.files[1]=!../*.json"),
			fault("hooks.llm.files[0]", "not a path in a repository", "hooks.llm.url=hf://org/repo",
					"hooks.llm.files[0]=!"),
			fault("hooks.llm.files[0]", "contains braces", "hooks.llm.url=hf://org/repo",
					"hooks.llm.files[0]={a,b}.json"),
			fault("hooks.llm.models.x.files[0]", "not a path in a repository", "hooks.llm.models.x.url=hf://org/repo",
					"hooks.llm.models.x.files[0]=/etc/passwd"),
			// registries
			fault("hooks.llm.url", "no // after its scheme", "hooks.llm.url=ollama:gemma"),
			fault("hooks.llm.url", "no valid tag", "hooks.llm.url=ollama://gemma:"),
			fault("hooks.llm.url", "start with docker.io/", "hooks.llm.url=oci://ai/smollm2"),
			fault("hooks.llm.mirrors[0]", "no valid digest", URL, "hooks.llm.mirrors[0]=oci://ghcr.io/a/b@sha256:1"),
			fault("hooks.llm.fallback-url", "a query or a fragment", URL,
					"hooks.llm.fallback-url=oci://ghcr.io/a/b?tag=c"),
			fault("hooks.llm.oci.registries",
					"has the key 'localhost5000', which Spring Boot reads from 'localhost:5000' without brackets",
					"hooks.llm.url=oci://localhost:5000/a/b", "hooks.llm.oci.registries.localhost:5000.insecure=true")
				.action("\"[localhost:5000]\""),
			fault("hooks.llm.oci.registries", "which Spring Boot reads from 'my.host:443'", URL,
					"hooks.llm.mirrors[0]=oci://my.host:443/a/b", "hooks.llm.oci.registries.my.host:443.insecure=true"),
			fault("hooks.llm.oci.registries", "other than username, password and insecure",
					"hooks.llm.oci.registries.ghcr.io.token=x"),
			fault("hooks.llm.huggingface.endpoint", "not a valid URL", "hooks.llm.huggingface.endpoint=https://a b"),
			fault("hooks.llm.huggingface.endpoint", "neither an https nor an http URL",
					"hooks.llm.huggingface.endpoint=huggingface.co"),
			fault("hooks.llm.huggingface.endpoint", "plain HTTP", "hooks.llm.huggingface.endpoint=http://host")
				.action("hooks.llm.download.allow-insecure-http=true"),
			fault("hooks.llm.huggingface.endpoint", "has no valid host", "hooks.llm.huggingface.endpoint=https://-,-"),
			fault("hooks.llm.huggingface.endpoint", "user-info", "hooks.llm.huggingface.endpoint=https://u:pw@host"),
			// digests
			fault("hooks.llm.expected-checksum", "neither sha256:", URL, "hooks.llm.expected-checksum=md5:00"),
			fault("hooks.llm.expected-checksum", "neither sha256:", URL, "hooks.llm.expected-checksum="),
			fault("hooks.llm.models.embeddings.expected-checksum", "neither sha256:",
					"hooks.llm.models.embeddings.url=https://host/m",
					"hooks.llm.models.embeddings.expected-checksum=xyz"),
			fault("hooks.llm.fallbacks[0].expected-checksum", "neither sha256:", URL,
					"hooks.llm.fallbacks[0].url=https://host/f", "hooks.llm.fallbacks[0].expected-checksum=1"),
			// nothing says where it is
			fault("hooks.llm.url", "does not contain 'llama'", "hooks.llm.model-type=llama").action("tinyllama"),
			fault("hooks.llm.url", "does not contain 'a' or 'b'", "hooks.llm.model-type=a", "hooks.llm.model-name=b"),
			fault("hooks.llm.url", "no file at ${tmp}/m.gguf", "hooks.llm.model-path=${tmp}/m.gguf"),
			fault("hooks.llm.url", "is not set", "hooks.llm.mirrors[0]=https://host/m.gguf"),
			fault("hooks.llm.url", "is not set", "hooks.llm.model-size-mb=600"),
			fault("hooks.llm.models.x.url", "is not set", "hooks.llm.models.x.max-attempts=5"),
			fault("hooks.llm.fallbacks[0].url", "is not set", URL, "hooks.llm.fallbacks[0].model-size-mb=5"),
			fault("hooks.llm.quantization", "no variant 'Q8_0' of tinyllama", "hooks.llm.model-type=tinyllama",
					"hooks.llm.quantization=Q8_0")
				.action("Q4_K_M, Q2_K"),
			fault("hooks.llm.fallbacks[0].quantization", "no variant 'Q8_0' of tinyllama",
					"hooks.llm.model-type=tinyllama", "hooks.llm.fallbacks[0].quantization=Q8_0"),
			// catalogs
			fault("hooks.llm.url", "not in any catalog: 'llama'", "hooks.llm.url=catalog://llama")
				.action("tinyllama, qwen2.5-0.5b-instruct"),
			fault("hooks.llm.url", "not in any catalog: 'tinyllama@9'", "hooks.llm.url=catalog://tinyllama@9"),
			fault("hooks.llm.url", "more than a name", "hooks.llm.url=catalog:tinyllama"),
			fault("hooks.llm.url", "more than a name", "hooks.llm.url=catalog://tinyllama/Q4_K_M"),
			fault("hooks.llm.url", "more than a name", "hooks.llm.url=catalog://tinyllama?a"),
			fault("hooks.llm.url", "does not contain a valid name", "hooks.llm.url=catalog:///"),
			fault("hooks.llm.max-size", "smaller than all variants", "hooks.llm.url=catalog://tinyllama",
					"hooks.llm.max-size=1MB"),
			fault("hooks.llm.max-size", "smaller than all variants", "hooks.llm.model-type=tinyllama",
					"hooks.llm.max-size=1MB"),
			fault("hooks.llm.max-size", "must be greater than 0, but is ", "hooks.llm.url=catalog://tinyllama",
					"hooks.llm.max-size=0"),
			fault("hooks.llm.max-size", "does not refer to a catalog model", URL, "hooks.llm.max-size=1GB"),
			fault("hooks.llm.fallbacks[0].max-size", "does not refer to a catalog model", URL,
					"hooks.llm.fallbacks[0].url=https://b/m.gguf", "hooks.llm.fallbacks[0].max-size=1GB"),
			fault("hooks.llm.catalog.locations[0]", "does not start with classpath:",
					"hooks.llm.catalog.locations=catalog.json"),
			fault("hooks.llm.catalog.locations[0]", "does not start with classpath:",
					"hooks.llm.catalog.locations=hf://a/b/c.json"),
			fault("hooks.llm.catalog.locations[0]", "not a valid URL", "hooks.llm.catalog.locations=https://a b"),
			fault("hooks.llm.catalog.locations[0]", "plain HTTP", "hooks.llm.catalog.locations=http://host/c.json")
				.action("hooks.llm.download.allow-insecure-http=true"),
			fault("hooks.llm.catalog.locations[0]", "no valid host", "hooks.llm.catalog.locations=https:///c.json"),
			fault("hooks.llm.catalog.locations[0]", "downloaded without credentials",
					"hooks.llm.catalog.locations=https://me:hunter2@host/c.json"),
			fault("hooks.llm.catalog.locations[1]", "classpath:gone.json cannot be read",
					"hooks.llm.catalog.locations[0]=file://${tmp}/empty.json",
					"hooks.llm.catalog.locations[1]=classpath:gone.json"),
			fault("hooks.llm.catalog.locations[0]", "cannot be read",
					"hooks.llm.catalog.locations=file://${tmp}/gone.json"),
			fault("hooks.llm.catalog.locations[0]", "file is invalid: it is not a JSON object",
					"hooks.llm.catalog.locations=file://${tmp}/file"),
			fault("hooks.llm.catalog.locations", "the entry 'odd' of file://${tmp}/odd.json has a url that",
					"hooks.llm.catalog.locations=file://${tmp}/odd.json", "hooks.llm.url=catalog://odd"),
			// the lock file
			fault("hooks.llm.lock-file", "is a directory", "hooks.llm.lock-file=${tmp}"),
			fault("hooks.llm.lock-file", "is empty", "hooks.llm.lock-file="),
			// ids
			fault("hooks.llm.models.x.url", "is not set", "hooks.llm.models.x="),
			fault("hooks.llm.models.x", "does not describe a model", "hooks.llm.models.x.uri=https://host/m.gguf")
				.action("hooks.llm.models.x.url"),
			fault("hooks.llm.models.default", "conflicts with the keys at the top level", URL,
					"hooks.llm.models.default.url=https://host/n.gguf"),
			fault("hooks.llm.models[a b]", "not a valid id of a model",
					"hooks.llm.models[a b].url=https://host/m.gguf"),
			fault("hooks.llm.models[../x]", "not a valid id of a model",
					"hooks.llm.models[../x].url=https://host/m.gguf"),
			fault("hooks.llm.models[.]", "not a valid id of a model", "hooks.llm.models[.].url=https://host/m.gguf"),
			// paths
			fault("hooks.llm.model-path", "is a directory", URL, "hooks.llm.model-path=${tmp}"),
			fault("hooks.llm.model-path", "is a directory", URL, "hooks.llm.model-path=${tmp}/new/"),
			fault("hooks.llm.model-path", "is empty", URL, "hooks.llm.model-path="),
			fault("hooks.llm.model-path", "not a valid path", URL, "hooks.llm.model-path=a\0b"),
			fault("hooks.llm.models.b.url", "differs from hooks.llm.models.a.url only in parameters of a signature",
					"hooks.llm.models.a.url=https://host/m.gguf?sig=a",
					"hooks.llm.models.a.expected-checksum=sha256:" + "0".repeat(64),
					"hooks.llm.models.b.url=https://host/m.gguf?sig=b",
					"hooks.llm.models.b.expected-checksum=sha256:" + "1".repeat(64)),
			fault("hooks.llm.models.b.url",
					"names the same file as hooks.llm.models.a.url, so both are one model, but the checksums differ",
					"hooks.llm.models.a.url=https://huggingface.co/org/repo/resolve/main/m.gguf?download=true",
					"hooks.llm.models.a.expected-checksum=sha256:" + "0".repeat(64),
					"hooks.llm.models.b.url=hf:org/repo/m.gguf",
					"hooks.llm.models.b.expected-checksum=sha256:" + "1".repeat(64)),
			fault("hooks.llm.identity", "identifies the model in place of its url, but no url is set",
					"hooks.llm.identity=x", "hooks.llm.model-path=${tmp}/file",
					"hooks.llm.mirrors=https://host/m.gguf"),
			fault("hooks.llm.models.b.model-path", "same file as hooks.llm.models.a.model-path",
					"hooks.llm.models.a.url=https://host/a", "hooks.llm.models.a.model-path=${tmp}/m.gguf",
					"hooks.llm.models.b.url=https://host/b", "hooks.llm.models.b.model-path=${tmp}/x/../m.gguf"),
			fault("hooks.llm.models.b.model-path", "same file as hooks.llm.fallbacks[0].model-path", URL,
					"hooks.llm.fallbacks[0].url=https://host/f", "hooks.llm.fallbacks[0].model-path=${tmp}/m.gguf",
					"hooks.llm.models.b.url=https://host/b", "hooks.llm.models.b.model-path=${tmp}/m.gguf"),
			fault("hooks.llm.fallbacks[0].model-path", "same file as hooks.llm.model-path", URL,
					"hooks.llm.model-path=${tmp}/m.gguf", "hooks.llm.fallbacks[0].url=https://host/f",
					"hooks.llm.fallbacks[0].model-path=${tmp}/m.gguf"),
			// numbers
			fault("hooks.llm.max-attempts", "is negative", "hooks.llm.max-attempts=-1"),
			fault("hooks.llm.models.x.max-attempts", "is negative", "hooks.llm.models.x.url=https://host/m.gguf",
					"hooks.llm.models.x.max-attempts=-1"),
			fault("hooks.llm.max-retries", "is negative", "hooks.llm.max-retries=-1"),
			fault("hooks.llm.max-retries", "is 5, but max-attempts, which replaces it, is 4", "hooks.llm.max-retries=5",
					"hooks.llm.max-attempts=4"),
			fault("hooks.llm.models.x.max-retries", "is 5, but max-attempts, which replaces it, is 3",
					"hooks.llm.models.x.url=https://host/m.gguf", "hooks.llm.models.x.max-retries=5",
					"hooks.llm.models.x.max-attempts=3"),
			fault("hooks.llm.model-size-mb", "must be greater than 0, but is ", URL, "hooks.llm.model-size-mb=-600"),
			fault("hooks.llm.fallbacks[0].model-size-mb", "must be greater than 0, but is ", URL,
					"hooks.llm.fallbacks[0].url=https://host/f", "hooks.llm.fallbacks[0].model-size-mb=0"),
			fault("hooks.llm.inference-timeout-ms", "must be greater than 0, but is ",
					"hooks.llm.inference-timeout-ms=0"),
			fault("hooks.llm.temperature", "must be a number of 0 or more", "hooks.llm.temperature=-0.1"),
			fault("hooks.llm.temperature", "must be a number of 0 or more", "hooks.llm.temperature=NaN"),
			fault("hooks.llm.startup.retry-interval", "must be greater than 0, but is ",
					"hooks.llm.startup.retry-interval=0s"),
			fault("hooks.llm.refresh-interval", "must be greater than 0, but is ", "hooks.llm.refresh-interval=0s"),
			fault("hooks.llm.cache.min-free-space", "is negative", "hooks.llm.cache.min-free-space=-1MB"),
			fault("hooks.llm.cache.max-size", "must be greater than 0, but is ", "hooks.llm.cache.max-size=0"),
			fault("hooks.llm.download.buffer-size", "must be between", "hooks.llm.download.buffer-size=0"),
			fault("hooks.llm.download.buffer-size", "must be between", "hooks.llm.download.buffer-size=-1MB"),
			fault("hooks.llm.download.buffer-size", "must be between", "hooks.llm.download.buffer-size=2GB"),
			fault("hooks.llm.download.connect-timeout", "must be greater than 0, but is ",
					"hooks.llm.download.connect-timeout=-1s"),
			fault("hooks.llm.download.response-timeout", "must be greater than 0, but is ",
					"hooks.llm.download.response-timeout=0"),
			fault("hooks.llm.download.stall-timeout", "must be greater than 0, but is ",
					"hooks.llm.download.stall-timeout=-30s"),
			fault("hooks.llm.download.min-speed", "must be between 0 and 1GB", "hooks.llm.download.min-speed=-1KB"),
			fault("hooks.llm.download.models", "must be at least 1, but is 0", "hooks.llm.download.models=0"),
			fault("hooks.llm.startup.jitter", "must be between 0 and 1 day", "hooks.llm.startup.jitter=-1s"),
			fault("hooks.llm.startup.jitter", "must be between 0 and 1 day", "hooks.llm.startup.jitter=25h"),
			fault("hooks.llm.download.max-redirects", "is negative", "hooks.llm.download.max-redirects=-1"),
			fault("hooks.llm.download.max-expansion", "must be 1 or more, but is 0",
					"hooks.llm.download.max-expansion=0"),
			fault("hooks.llm.lock.timeout", "is negative", "hooks.llm.lock.timeout=-1m"),
			fault("hooks.llm.lock.stale-after", "must be greater than 0, but is ", "hooks.llm.lock.stale-after=0"),
			// the rest
			fault("hooks.llm.cache.directory", "is not a directory", "hooks.llm.cache.directory=${tmp}/file"),
			fault("hooks.llm.cache.directory", "is empty", "hooks.llm.cache.directory="),
			fault("hooks.llm.download.proxy.port", "must be between 1 and 65535, but is 70000",
					"hooks.llm.download.proxy.host=proxy", "hooks.llm.download.proxy.port=70000"),
			fault("hooks.llm.download.proxy.port", "must be between 1 and 65535, but is 0",
					"hooks.llm.download.proxy.host=proxy", "hooks.llm.download.proxy.port=0"),
			fault("hooks.llm.download.proxy.port", "is not set", "hooks.llm.download.proxy.host=proxy"),
			fault("hooks.llm.download.proxy.host", "is not set", "hooks.llm.download.proxy.password=hunter2"),
			fault("hooks.llm.download.headers", "invalid header name",
					"hooks.llm.download.headers[Authorization: hunter2]=x"),
			fault("hooks.llm.download.headers.X-Key", "characters that are not allowed in headers",
					"hooks.llm.download.headers.X-Key=hunter2\r\nX-Other: 1"),
			fault("hooks.llm.download.headers.Range", "that each transfer sets itself",
					"hooks.llm.download.headers.Range=bytes=0-1"),
			// the use of the model
			fault("hooks.llm.classifier.labels", "is empty", "hooks.llm.classifier.labels="),
			fault("hooks.llm.classifier.labels[1]", "is not a valid label: ''", "hooks.llm.classifier.labels[0]=A",
					"hooks.llm.classifier.labels[1]="),
			fault("hooks.llm.classifier.labels", "contains a label twice", "hooks.llm.classifier.labels=A,B,A"),
			fault("hooks.llm.classifier.label-when-unavailable", "is not a valid label",
					"hooks.llm.classifier.label-when-unavailable= "),
			fault("hooks.llm.classifier.prompt", "does not contain {text}", "hooks.llm.classifier.prompt=Class:")
				.action("{text}"),
			fault("hooks.llm.classifier.queue-capacity", "must be 1 or more, but is 0",
					"hooks.llm.classifier.queue-capacity=0"));

	@ParameterizedTest
	@FieldSource("FAULTS")
	void aWrongValueIsNamedByItsKeyWithItsProblemAndTheWayOut(Fault fault, @TempDir Path directory) throws Exception {
		Files.createFile(directory.resolve("file"));
		Files.writeString(directory.resolve("empty.json"), "{\"format\":1,\"models\":[]}");
		Files.writeString(directory.resolve("odd.json"), """
				{"format": 1, "models": [{"name": "odd", "variants": [{"quantization": "Q8_0", "url": "ftp://a/b"}]}]}
				""");
		BoundConfiguration configuration = BoundConfiguration.of(fault.properties()
			.map((property) -> property.replace("${tmp}", directory.toString()))
			.toArray(String[]::new));
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> {
			configuration.classifier().build();
			configuration.models();
		}).satisfies((ex) -> {
			assertThat(ex.key()).isEqualTo(fault.key());
			assertThat(ex.problem()).contains(fault.problem().replace("${tmp}", directory.toString()));
			assertThat(ex.action()).contains(fault.wayOut());
			assertThat(ex.getMessage()).doesNotContain("hunter2");
		});
	}

	@ParameterizedTest
	@FieldSource("LEAKS")
	void noMessageShowsCredentials(String property) {
		BoundConfiguration configuration = BoundConfiguration.of(property);
		ModelConfigurationException ex = catchThrowableOfType(ModelConfigurationException.class, configuration::models);
		assertThat(ex).hasMessageNotContaining("hunter2").hasMessageNotContaining("@").hasNoCause();
	}

	static final List<String> LEAKS = Stream
		.of("https://me:hunter2@-,-/m", "http://me:hunter2@host/m", "ftp://me:hunter2@host/m", "https://host/?hunter2",
				"https://host/a b?hunter2", "https://me:hunter2/3@host/m", "hunter2:x@host",
				"https://me:hunter2@host:99999/m", "hf://me:hunter2@org/repo/m.gguf", "oci://me:hunter2@host/m",
				"ollama://me:hunter2@/m")
		.map((url) -> "hooks.llm.url=" + url)
		.toList();

	static Fault fault(String key, String problem, String... properties) {
		return new Fault(key, problem, "", Arrays.asList(properties));
	}

	record Fault(String key, String problem, String wayOut, List<String> rows) {

		Fault action(String text) {
			return new Fault(this.key, this.problem, text, this.rows);
		}

		Stream<String> properties() {
			return this.rows.stream();
		}

		@Override
		public String toString() {
			return this.key + " " + this.problem + " " + this.rows;
		}

	}

}
