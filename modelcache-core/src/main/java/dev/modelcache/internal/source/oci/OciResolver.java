/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.OpeningOrder;
import dev.modelcache.internal.http.MetadataClient;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
import dev.modelcache.internal.Origin;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Resolves {@code ollama:} and {@code oci:} URLs: the files of a model in a registry,
 * their sizes and digests, and a tag's manifest as the model's revision.
 * <p>
 * The registry is told credentials only when it asks for them.
 */
public final class OciResolver implements SourceResolver {

	private static final int MOST_NAMES_SHOWN = 10;

	private final MetadataClient client;

	private final OciSettings settings;

	private final Logins logins;

	/**
	 * Creates a resolver.
	 * @param client asks the registries and their realms
	 * @param settings what is configured about registries
	 * @param io where files are read, and programs and name services asked
	 * @param timer where time-outs run
	 */
	public OciResolver(MetadataClient client, OciSettings settings, Scheduler io, Scheduler timer) {
		this.client = client;
		this.settings = settings;
		this.logins = new Logins(settings, io, timer);
	}

	@Override
	public Set<String> schemes() {
		return Set.of(ModelReference.OCI, ModelReference.OLLAMA);
	}

	/** Of a key that is not in brackets, Spring drops the colon. */
	@Override
	public void check(URI url) {
		String registry = ModelReference.parse(url).registry();
		String cut = registry.replace(":", "");
		if (this.settings.registry(registry) == null && !cut.equals(registry) && this.settings.registry(cut) != null) {
			throw new ModelConfigurationException(null, "hooks.llm.oci.registries",
					"has the key '" + cut + "', which Spring Boot reads from '" + registry + "' without brackets",
					"Write the host in brackets, and in YAML in quotes, too: \"[" + registry + "]\""
							+ Hosts.escaped(registry));
		}
	}

	@Override
	public URI canonical(URI url) {
		String authority = url.getRawAuthority();
		String userInfo = authority.substring(0, authority.lastIndexOf('@') + 1);
		ModelReference reference = ModelReference.parse(url);
		return URI.create(reference.scheme() + "://" + userInfo + reference);
	}

	@Override
	public Mono<ResolvedModel> resolve(SourceLocation location) {
		return Mono.defer(() -> {
			ModelReference reference = parse(location);
			RegistryClient registry = registry(reference, location);
			return registry.manifest()
				.flatMap((
						named) -> (named.isIndex() ? fromIndex(registry, named, reference, location) : Mono.just(named))
							.map((manifest) -> new ResolvedModel(
									files(registry, manifest, reference, location.request()), named.digest())));
		});
	}

	/**
	 * Returns the hosts that may answer for a registry.
	 * @param url a URL that {@link #check} has checked
	 * @return {@code host:port}, with the ports of https and http where the URL names
	 * none
	 */
	public static Stream<String> hosts(URI url) {
		String authority = ModelReference.parse(url).apiAuthority();
		return Stream.of("https", "http")
			.map((scheme) -> Origin.of(URI.create(scheme + "://" + authority)).authority());
	}

	private static ModelReference parse(SourceLocation location) {
		try {
			return ModelReference.parse(location.uri());
		}
		catch (IllegalArgumentException ex) {
			throw new ModelConfigurationException(location.request().id(), "url", String.valueOf(ex.getMessage()),
					"Use ollama://[host/][namespace/]name[:tag] or oci://host/repository[:tag or @digest]");
		}
	}

	private RegistryClient registry(ModelReference reference, SourceLocation location) {
		RegistryTokens tokens = new RegistryTokens(reference, location, this.client, this.logins);
		return new RegistryClient(reference, location, this.settings.schemeOf(reference.registry()), this.client,
				tokens);
	}

	private static Mono<Manifest> fromIndex(RegistryClient registry, Manifest index, ModelReference reference,
			SourceLocation location) {
		Descriptor chosen;
		try {
			chosen = IndexChoice.choose(index, System.getProperty("os.arch", ""));
		}
		catch (IllegalArgumentException ex) {
			throw noModel(reference, location.request(), ex);
		}
		return registry.manifest(chosen).doOnNext((manifest) -> {
			if (manifest.isIndex()) {
				throw noModel(reference, location.request(), new IllegalArgumentException("is an index of indexes"));
			}
		});
	}

	private List<RemoteFile> files(RegistryClient registry, Manifest manifest, ModelReference reference,
			ModelRequest request) {
		try {
			List<ModelLayer> layers = layers(manifest, reference, request);
			if (layers.stream().map(ModelLayer::name).distinct().count() < layers.size()) {
				throw new IllegalArgumentException("has two files with the same name");
			}
			return layers.stream().map((layer) -> file(registry, layer)).toList();
		}
		catch (IllegalArgumentException ex) {
			throw noModel(reference, request, ex);
		}
	}

	private static List<ModelLayer> layers(Manifest manifest, ModelReference reference, ModelRequest request) {
		if (request.files().isEmpty()) {
			return LayerChoice.choose(manifest, reference);
		}
		List<ModelLayer> layers = LayerChoice.matching(manifest, reference, request.files());
		if (layers.isEmpty()) {
			List<String> names = LayerChoice.named(manifest, reference)
				.stream()
				.limit(MOST_NAMES_SHOWN)
				.map((layer) -> layer.name().text())
				.toList();
			throw new ModelNotFoundException(request.id(), reference + " has no file that matches hooks.llm.files",
					"Correct hooks.llm.files; available files are " + String.join(", ", names));
		}
		return OpeningOrder.sorted(layers, ModelLayer::name);
	}

	private static RemoteFile file(RegistryClient registry, ModelLayer layer) {
		Mirror mirror = new Mirror(registry.blob(layer.blob()), Map.of(), registry.credentials());
		return new RemoteFile(layer.name(), List.of(mirror),
				new ExpectedDigest(layer.blob().expected(), DigestOrigin.SOURCE), layer.blob().size(), layer.packing(),
				layer.blob().mediaType());
	}

	private static ModelFormatException noModel(ModelReference reference, ModelRequest request,
			IllegalArgumentException problem) {
		return new ModelFormatException(request.id(), reference + " " + problem.getMessage(),
				"Use another tag or repository");
	}

}
