/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * What every {@link SourceResolver} does, as JUnit tests. A subclass, whose name ends
 * with {@code Tests}, provides the resolver and two URLs.
 */
public abstract class SourceResolverContract {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	private static final String SECRET = "s3cret";

	private static final List<String> FORMS = List.of(":s3cret", ":///", "://s3cret@", "://u:s3cret@/",
			"://u:s3cret@host", "://u:s3cret@host/a", "://u:s3cret@host:99999/a/b", "://u:s3cret@host/../a/..",
			"://host?key=s3cret", "://host/a?key=s3cret#s3cret", "://host/a/b?key=s3cret", "://host/a@s3cret:s3cret",
			"://host/a:b#s3cret");

	/**
	 * Returns the resolver.
	 * @return the resolver, the same one during a test
	 */
	protected abstract SourceResolver resolver();

	/**
	 * Returns a URL that it can resolve: of a model whose only file is called
	 * {@code model.gguf}, and is a valid GGUF file or one of {@link TinyModels}.
	 * @return the URL
	 */
	protected abstract URI location();

	/**
	 * Returns the content of that file.
	 * @return the content
	 */
	protected abstract byte[] content();

	/**
	 * Returns the URL of a model called {@code missing} that the source does not have,
	 * with the password {@code s3cret} if its form has passwords.
	 * @return the URL, or {@code null} if the resolver does not ask the source
	 */
	protected abstract @Nullable URI missing();

	/**
	 * Returns how many requests the source has received, if it is a server of the test.
	 * @return the number of requests
	 */
	protected long requestCount() {
		return 0;
	}

	private static SourceLocation of(URI location) {
		return SourceLocation.of(location, ModelRequest.builder("m").url(location).build(), true);
	}

	private ResolvedModel resolve(URI location) {
		return Objects.requireNonNull(resolver().resolve(of(location)).block(PATIENCE), "The location is resolved");
	}

	@Test
	void schemesAreLowerCaseWithoutColon() {
		assertThat(resolver().schemes()).isNotEmpty().allMatch((scheme) -> scheme.matches("[a-z][a-z0-9+.-]*"));
		assertThat(resolver().schemes()).contains(location().getScheme());
	}

	@Test
	void fileKeepsItsNameAndHasAMirrorWithoutUserInfo() {
		RemoteFile file = resolve(location()).file();
		assertThat(file.name()).hasToString("model.gguf");
		assertThat(file.mirrors()).isNotEmpty()
			.allSatisfy((mirror) -> assertThat(mirror.uri().getRawUserInfo()).isNull());
	}

	@Test
	void resolvedTwiceIsTheSame() {
		assertThat(resolve(location())).isEqualTo(resolve(location()));
	}

	@Test
	void sizeIsThatOfTheContentIfItIsKnown() {
		Long size = resolve(location()).size();
		if (size != null) {
			assertThat(size).isEqualTo(content().length);
		}
		assertThat(content()).isNotEmpty();
	}

	@Test
	void sourceIsNotAskedBeforeTheSubscription() {
		URI location = location();
		long before = requestCount();
		resolver().check(location);
		resolver().canonical(location);
		resolver().recognizes(location);
		assertThat(resolver().resolve(of(location))).isNotNull();
		assertThat(resolver().known(of(location))).isNotNull();
		URI missing = missing();
		if (missing != null) {
			assertThat(resolver().resolve(of(missing))).isNotNull();
		}
		assertThat(requestCount()).isEqualTo(before);
	}

	@Test
	void resolvingDoesNotBlockItsSubscriber() {
		SourceResolver resolver = resolver();
		SourceLocation location = of(location());
		Mono<ResolvedModel> onAnEventLoop = Mono.defer(() -> resolver.resolve(location))
			.subscribeOn(Schedulers.parallel());
		assertThatCode(() -> onAnEventLoop.block(PATIENCE)).doesNotThrowAnyException();
	}

	@Test
	void whatIsKnownIsFoundWithoutTheSource() {
		URI location = location();
		long before = requestCount();
		resolver().known(of(location)).blockOptional(PATIENCE);
		assertThat(requestCount()).isEqualTo(before);
	}

	@Test
	void urlsOfOtherSchemesAreLeftToOthers() {
		assertThat(List.of("unheard-of://host/model.gguf", "unheard-of:model", "https://example.com/model.gguf"))
			.noneMatch((url) -> resolver().recognizes(URI.create(url)));
	}

	@Test
	void canonicalUrlIsCheckedAndStaysAsItIs() {
		URI canonical = resolver().canonical(location());
		assertThat(resolver().schemes()).contains(canonical.getScheme());
		resolver().check(canonical);
		assertThat(resolver().canonical(canonical)).isEqualTo(canonical);
	}

	@Test
	void urlThatIsRefusedIsNotRepeated() {
		for (String scheme : resolver().schemes()) {
			for (String form : FORMS) {
				URI url = URI.create(scheme + form);
				try {
					resolver().check(url);
					assertThat(resolver().schemes()).as(form).contains(resolver().canonical(url).getScheme());
				}
				catch (IllegalArgumentException ex) {
					assertThat(ex.getMessage()).as(form).isNotBlank().doesNotContain(SECRET);
				}
			}
		}
	}

	@Test
	void failureNamesTheModelSaysWhatToDoAndKeepsSecrets() {
		URI missing = missing();
		if (missing == null) {
			assertThat(resolve(location()).files()).hasSize(1);
			return;
		}
		ModelCacheException failure = catchThrowableOfType(ModelCacheException.class, () -> resolve(missing));
		assertThat(failure).isNotNull();
		assertThat(failure.modelId()).isEqualTo("m");
		assertThat(failure.problem()).contains("missing");
		assertThat(failure.action()).isNotBlank();
		StringWriter trace = new StringWriter();
		failure.printStackTrace(new PrintWriter(trace));
		assertThat(trace.toString()).doesNotContain(SECRET);
	}

	@Test
	void modelIsDownloadedAndThenServedFromTheCache(@TempDir Path directory) throws IOException {
		ModelRequest request = ModelRequest.builder("m")
			.url(location())
			.modelPath(directory.resolve("model.gguf"))
			.build();
		try (ModelCache cache = ModelCache.builder()
			.sourceResolver(resolver())
			.download((options) -> options.allowInsecureHttp(true))
			.cache((options) -> options.directory(directory.resolve("cache")).adopt(false))
			.huggingFace((options) -> options.cacheDirectory(directory.resolve("hub")))
			.model(request)
			.build()) {
			CachedModel model = Objects.requireNonNull(cache.get("m").block(PATIENCE));
			assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
			assertThat(model.path()).hasBinaryContent(content());
			assertThat(Objects.requireNonNull(cache.get("m").block(PATIENCE)).outcome()).isEqualTo(ModelOutcome.CACHED);
		}
	}

}
