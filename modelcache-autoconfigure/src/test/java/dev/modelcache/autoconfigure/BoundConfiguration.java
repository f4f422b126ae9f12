package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.modelcache.ConfiguredModels;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.runtime.ClassifierSettings;
import dev.modelcache.internal.source.SourceResolvers;
import dev.modelcache.internal.source.catalog.CatalogResolver;
import dev.modelcache.internal.source.catalog.ModelCatalogs;
import dev.modelcache.internal.source.file.FileSourceResolver;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import dev.modelcache.internal.source.huggingface.HuggingFaceResolver;
import dev.modelcache.internal.source.oci.OciResolver;
import dev.modelcache.internal.source.oci.OciSettings;
import dev.modelcache.internal.source.web.HttpSourceResolver;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.mock.env.MockEnvironment;
import reactor.core.scheduler.Schedulers;

/**
 * The configuration of a test, bound as an application binds it. Nothing of the machine
 * that runs the test is in it.
 */
final class BoundConfiguration {

	/** The sources of an application; none of them is asked. */
	static final SourceResolvers SOURCES = new SourceResolvers(
			List.of(new HttpSourceResolver(Map.of()), new FileSourceResolver(Schedulers.immediate()),
					new HuggingFaceResolver(new HubSettings(HubSettings.DEFAULT_ENDPOINT, HubToken.NONE), Map.of(),
							MetadataClients.create(), Schedulers.immediate()),
					new OciResolver(MetadataClients.create(), new OciSettings(Map.of(), null), Schedulers.immediate(),
							Schedulers.immediate()),
					new CatalogResolver(new ModelCatalogs(List.of(), List.of()), () -> BoundConfiguration.SOURCES,
							(request) -> Long.MAX_VALUE, Schedulers.immediate())));

	private final MockEnvironment environment = new MockEnvironment();

	/**
	 * Creates a configuration.
	 * @param properties {@code key=value} each
	 */
	static BoundConfiguration of(String... properties) {
		BoundConfiguration configuration = new BoundConfiguration();
		Map<String, Object> inOrder = new LinkedHashMap<>();
		for (String property : properties) {
			int end = property.indexOf('=');
			inOrder.put(property.substring(0, end), property.substring(end + 1));
		}
		configuration.environment.getPropertySources().addLast(new MapPropertySource("test", inOrder));
		return configuration;
	}

	static BoundConfiguration ofYaml(String yaml) throws IOException {
		BoundConfiguration configuration = new BoundConfiguration();
		new YamlPropertySourceLoader().load("yaml", new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8)))
			.forEach(configuration.environment.getPropertySources()::addLast);
		return configuration;
	}

	BoundConfiguration withVariables(Map<String, Object> variables) {
		this.environment.getPropertySources()
			.addFirst(new SystemEnvironmentPropertySource("systemEnvironment", variables));
		return this;
	}

	ModelCacheProperties properties() {
		return Binder.get(this.environment)
			.bind(ModelCacheProperties.PREFIX, ModelCacheProperties.class)
			.orElseGet(ModelCacheProperties::new);
	}

	ConfiguredModels models() {
		return new ModelRequests(properties(), this.environment, SOURCES, catalogs()).read();
	}

	ModelCatalogs catalogs() {
		ModelCacheProperties properties = properties();
		return new CatalogLocations(new DefaultResourceLoader(), MetadataClients.create(),
				properties.getDownload().isAllowInsecureHttp())
			.read(List.of(), properties.getCatalog().getLocations());
	}

	HubSettings hub() {
		ModelCacheProperties properties = properties();
		return new HubProperties(this.environment, properties.getDownload().isAllowInsecureHttp())
			.read(properties.getHuggingface());
	}

	OciSettings oci() {
		return new OciProperties(this.environment).read(properties().getOci());
	}

	ModelCacheSettings settings() {
		return ModelCacheSettings.of(properties(), this.environment);
	}

	ClassifierSettings classifier() {
		return RuntimeSettings.classifier(properties());
	}

}
