/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.catalog;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.source.SourceResolvers;
import dev.modelcache.internal.source.file.FileSourceResolver;
import dev.modelcache.internal.source.web.HttpSourceResolver;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import dev.modelcache.source.SourceResolverContractTests;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.unit.DataSize;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Names that are looked up when a model is resolved.
 */
class CatalogResolverTests extends SourceResolverContractTests {

	private final MisbehavingServer server = MisbehavingServer.start();

	private final CatalogRules rules = new CatalogRules(true, false);

	private long free = Long.MAX_VALUE;

	private String local = """
			{"format": 1, "models": [{"name": "known", "variants": [
			 {"quantization": "Q4", "url": "https://host/model.gguf", "digest": "%s"}]}]}
			""".formatted("a".repeat(64));

	@AfterEach
	void stop() {
		this.server.close();
	}

	@Override
	protected SourceResolver resolver() {
		return resolvers().get(0);
	}

	private List<SourceResolver> resolvers() {
		ListedModels catalog = ListedModels.read("here", this.local.getBytes(StandardCharsets.UTF_8), this.rules);
		ModelCatalogs catalogs = new ModelCatalogs(List.of(catalog),
				List.of(new RemoteCatalog(this.server.uri("/catalog.json"), MetadataClients.create(), false)));
		return List.of(
				new CatalogResolver(catalogs, () -> SourceResolvers.of(resolvers()), (request) -> this.free,
						Schedulers.boundedElastic()),
				new HttpSourceResolver(Map.of("X-Secret", "hunter2")),
				new FileSourceResolver(Schedulers.boundedElastic()));
	}

	@Override
	protected URI location() {
		return URI.create("catalog:///known");
	}

	@Override
	protected URI missing() {
		serveChat();
		return URI.create("catalog:///missing");
	}

	@Override
	protected List<RecordedRequest> requests() {
		return this.server.requests();
	}

	private void serve(String text) {
		this.server.serve("/catalog.json", text.getBytes(StandardCharsets.UTF_8));
	}

	private void serveChat() {
		serve(ModelCatalogTests.TEXT);
	}

	private ResolvedModel resolve(ModelRequest.Builder request) {
		ModelRequest built = request.maxAttempts(1).build();
		return resolver().resolve(SourceLocation.of(built.url(), built, true)).block(PATIENCE);
	}

	private static ModelRequest.Builder named(String url) {
		return ModelRequest.builder("m").url(URI.create(url));
	}

	private static List<String> places(ResolvedModel model) {
		return model.file().mirrors().stream().map(Mirror::toString).toList();
	}

	@Test
	void namesThatAreInMemoryNeedNoWebServer() {
		RemoteFile file = resolve(location());
		assertThat(file.expected().digest()).isEqualTo(Digest.parse("a".repeat(64)));
		assertThat(file.expected().origin()).isEqualTo(DigestOrigin.CATALOG);
		assertThat(this.server.requests()).isEmpty();
	}

	@Test
	void otherNamesAreLookedUpAtTheWebServer() {
		serveChat();
		assertThat(places(resolve(named("catalog:///chat")))).containsExactly("https://host/q4.gguf");
		assertThat(places(resolve(named("catalog://chat")))).containsExactly("https://host/q4.gguf");
	}

	@Test
	void theWebServerIsToldNoHeaderOfTheConfiguration() {
		serveChat();
		assertThat(resolve(named("catalog:///chat")).file().mirrors().get(0).headers()).isEmpty();
		assertThat(this.server.requests("/catalog.json")).hasSize(1)
			.allSatisfy((request) -> assertThat(request.headers().keySet()).map(String::toLowerCase)
				.doesNotContain("authorization", "x-secret", "cookie"));
	}

	@Test
	void quantizationAndLimitChooseTheVariant() {
		serveChat();
		assertThat(places(resolve(named("catalog:///chat").describedAs(null, null, "q8"))))
			.containsExactly("https://host/q8.gguf");
		assertThat(places(resolve(named("catalog:///chat").maxSize(DataSize.ofBytes(300)))))
			.containsExactly("https://host/q2.gguf");
	}

	@Test
	void theBestVariantThatTheDiskHasRoomForIsTaken() {
		serve(ModelCatalogTests.TEXT.replace("\"https://host/q3.gguf\"",
				"\"https://host/q3.gguf\", \"approximate-bytes\": 300"));
		this.free = 250;
		assertThat(places(resolve(named("catalog:///chat")))).containsExactly("https://host/q2.gguf");
	}

	@Test
	void whereTheDiskHasNoRoomAtAllTheStoreMaySaySo() {
		serve(ModelCatalogTests.TEXT.replace("\"https://host/q3.gguf\"",
				"\"https://host/q3.gguf\", \"approximate-bytes\": 300"));
		this.free = 1;
		assertThat(places(resolve(named("catalog:///chat")))).containsExactly("https://host/q2.gguf");
	}

	@Test
	void aVariantThatIsNotThereGivesWayToTheNextOne() {
		this.local = """
				{"format": 1, "models": [{"name": "known", "variants": [
				 {"quantization": "Q8", "url": "file:///no/such/model.gguf"},
				 {"quantization": "Q4", "url": "https://host/model.gguf"}]}]}
				""";
		assertThat(places(resolve(named("catalog:///known")))).containsExactly("https://host/model.gguf");
	}

	@Test
	void anUnknownNameListsTheKnownOnes() {
		serveChat();
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> resolve(named("catalog:///other")))
			.withMessageContaining("no catalog contains 'other'")
			.withMessageContaining("Use one of known, chat");
	}

	@Test
	void limitsThatNothingMeetsNameWhatThereIs() {
		serveChat();
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> resolve(named("catalog:///chat").maxSize(DataSize.ofBytes(1))))
			.satisfies((ex) -> assertThat(ex.key()).isEqualTo("hooks.llm.max-size"))
			.withMessageContaining("Q8, Q4, Q3, Q2");
	}

	@ParameterizedTest
	@ValueSource(strings = { "<html>", "{\"format\":1,\"models\":[],\"more\":1}",
			"{\"format\":1,\"models\":[{\"name\":\"chat\",\"variants\":[{\"quantization\":\"Q4\",\"url\":\"file:///m\"}]}]}" })
	void aWebServersCatalogThatIsNotUnderstoodIsNamed(String text) {
		serve(text);
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> resolve(named("catalog:///chat")))
			.satisfies((ex) -> assertThat(ex.key()).isEqualTo("hooks.llm.catalog.locations"))
			.withMessageContaining(this.server.uri("/catalog.json") + " cannot be read: ");
	}

	@Test
	void aCatalogThatIsTooLargeIsRefused() {
		this.server.serve("/catalog.json", Content.random((1 << 20) + 1, 1));
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> resolve(named("catalog:///chat")))
			.withMessageContaining("more than 1048576 bytes");
	}

	@Test
	void aCatalogThatIsNotThereIsAnErrorOfTheConfiguration() {
		this.server.always("/catalog.json", Reply.status(404));
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> resolve(named("catalog:///chat")))
			.withMessageContaining("/catalog.json answered 404");
	}

	@Test
	void aCatalogThatDoesNotAnswerNowIsAnErrorOfTheTransfer() {
		this.server.always("/catalog.json", Reply.status(503));
		assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> resolve(named("catalog:///chat")))
			.withMessageContaining("answered 503");
	}

	@Test
	void aVersionThatStandsWhereUserInfoDoesIsRefused() {
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> resolve(named("catalog://known@2")))
			.withMessageContaining("use catalog:///known@2");
		assertThat(resolver().canonical(URI.create("catalog://known@2"))).isEqualTo(URI.create("catalog:///known@2"));
	}

	@Test
	void whatNoSourceKnowsIsNamedByItsEntry() {
		this.local = this.local.replace("https://host", "ftp://host");
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> resolve(named("catalog:///known")))
			.withMessageContaining("the entry 'known' of here has a url that has the unknown scheme 'ftp:'");
	}

}
