/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

import dev.modelcache.internal.acquire.AcquisitionObserver;
import dev.modelcache.internal.acquire.Background;
import dev.modelcache.internal.acquire.ConfiguredModels;
import dev.modelcache.internal.acquire.DefaultModelCache;
import dev.modelcache.internal.acquire.DefaultOperations;
import dev.modelcache.internal.acquire.DownloadTurns;
import dev.modelcache.internal.acquire.Engine;
import dev.modelcache.internal.acquire.EngineThreads;
import dev.modelcache.internal.acquire.Observers;
import dev.modelcache.internal.acquire.TransferHistory;
import dev.modelcache.internal.assembly.CatalogLocations;
import dev.modelcache.internal.assembly.DownloadConnections;
import dev.modelcache.internal.assembly.ModelCompletion;
import dev.modelcache.internal.assembly.Settings;
import dev.modelcache.internal.content.format.FormatSettings;
import dev.modelcache.internal.http.Attempts;
import dev.modelcache.internal.http.Breakers;
import dev.modelcache.internal.http.HttpConnections;
import dev.modelcache.internal.http.MetadataClient;
import dev.modelcache.internal.http.RangeClient;
import dev.modelcache.internal.http.WebRangeClient;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.internal.lock.FileCacheLockFactory;
import dev.modelcache.internal.lock.LockSettings;
import dev.modelcache.internal.source.SourceResolvers;
import dev.modelcache.internal.source.SourceResolvers.Source;
import dev.modelcache.internal.source.catalog.CatalogResolver;
import dev.modelcache.internal.source.catalog.ModelCatalogs;
import dev.modelcache.internal.source.file.FileSourceResolver;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HuggingFaceResolver;
import dev.modelcache.internal.source.oci.OciResolver;
import dev.modelcache.internal.source.oci.OciSettings;
import dev.modelcache.internal.source.web.HttpSourceResolver;
import dev.modelcache.internal.store.ModelLockFile;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.internal.transfer.SegmentedTransfer;
import dev.modelcache.internal.transfer.TransferSettings;
import dev.modelcache.internal.transfer.file.FileRangeClient;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.source.ModelCatalog;
import dev.modelcache.source.SourceResolver;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.retry.RetryRegistry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.core.io.ResourceLoader;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.util.function.SingletonSupplier;

/**
 * Builds a {@link ModelCache} and its {@link ModelCacheOperations}. Every option has a
 * default and is named after its key below {@code hooks.llm}. A builder builds one cache.
 * <p>
 * <em>Thread-safety</em>: not thread-safe.
 */
public final class ModelCacheBuilder {

	private static final Logger logger = LoggerFactory.getLogger(ModelCacheBuilder.class);

	private final List<ModelRequest> models = new ArrayList<>();

	private final DownloadOptions download = new DownloadOptions();

	private final CacheOptions cache = new CacheOptions();

	private final LockOptions lock = new LockOptions();

	private final HuggingFaceOptions huggingFace = new HuggingFaceOptions();

	private final OciOptions oci = new OciOptions();

	private final List<String> catalogs = new ArrayList<>();

	private final List<ModelCatalog> ownCatalogs = new ArrayList<>();

	private final List<SourceResolver> sourceResolvers = new ArrayList<>();

	private final List<Consumer<ModelCacheEvent>> listeners = new ArrayList<>();

	private final List<Consumer<ModelCacheEvent>> displays = new ArrayList<>();

	private final List<AcquisitionObserver> observers = new ArrayList<>();

	private final List<Consumer<ModelCacheOperations>> whenOperated = new ArrayList<>();

	private FormatVerification verifyFormat = FormatVerification.STRICT;

	private boolean allowPickle;

	private @Nullable Boolean offline;

	private @Nullable Path lockFile;

	private Duration startupJitter = Duration.ZERO;

	private Duration retryInterval = Duration.ofMinutes(1);

	private @Nullable Duration refreshInterval;

	private boolean onFirstUse;

	private @Nullable CacheLockFactory lockFactory;

	private Function<ConnectorRules, ClientHttpConnector> connectors = DownloadConnections::nettyConnector;

	private boolean addressesChecked = true;

	private @Nullable RetryRegistry retryRegistry;

	private @Nullable CircuitBreakerRegistry circuitBreakerRegistry;

	private ResourceLoader resourceLoader = new DefaultResourceLoader();

	private Function<String, @Nullable String> environment = ModelCacheBuilder::variable;

	private @Nullable String configuredAs;

	private Clock clock = Clock.systemUTC();

	private @Nullable Engine engine;

	private @Nullable DefaultModelCache built;

	private final AtomicBoolean closed = new AtomicBoolean();

	private final List<Background> backgrounds = new ArrayList<>();

	ModelCacheBuilder() {
	}

	/**
	 * Returns the default Resilience4j configurations, which apply if the registries do
	 * not define their own, as properties of the Spring Boot module of Resilience4j.
	 * @return the values by the names of the properties below {@code resilience4j}, such
	 * as {@code retry.configs.modelcache.wait-duration}
	 */
	public static Map<String, Object> resilienceDefaults() {
		Map<String, Object> defaults = new LinkedHashMap<>();
		Attempts.defaults().forEach((name, value) -> defaults.put("retry.configs.modelcache." + name, value));
		Breakers.defaults().forEach((name, value) -> defaults.put("circuitbreaker.configs.modelcache." + name, value));
		return defaults;
	}

	private static @Nullable String variable(String name) {
		String variable = System.getenv(name);
		return (variable != null) ? variable : System.getProperty(name);
	}

	/**
	 * Returns the path that a configured text means. {@code ~} is the home directory:
	 * {@code HOME}, or {@code user.home} if this user cannot write to {@code HOME}.
	 * @param modelId the id of the model that the key describes, or {@code null}
	 * @param key the key that contains the text, for messages
	 * @param text an absolute path, or a path relative to the working directory, or one
	 * that begins with {@code ~}
	 * @param environment returns the value of an environment variable or of
	 * {@code user.home}
	 * @return the absolute path
	 * @throws ModelConfigurationException if the text is not a path, if the encoding of
	 * file names does not have its characters, or if there is no home directory
	 */
	public static Path path(@Nullable String modelId, String key, String text,
			Function<String, @Nullable String> environment) {
		return new Settings(null, environment).path(modelId, key, text);
	}

	/**
	 * Adds a model that can be requested by its id.
	 * @param model the model
	 * @return this builder
	 */
	public ModelCacheBuilder model(ModelRequest model) {
		this.models.removeIf((other) -> other.id().equals(model.id()));
		this.models.add(model);
		return this;
	}

	/**
	 * Changes the models that were added so far. The callback also changes their
	 * fallbacks if it should.
	 * @param change returns the changed model
	 * @return this builder
	 */
	public ModelCacheBuilder eachModel(UnaryOperator<ModelRequest> change) {
		this.models.replaceAll(change);
		return this;
	}

	/**
	 * Configures downloads.
	 * @param options a callback that changes the options
	 * @return this builder
	 */
	public ModelCacheBuilder download(Consumer<DownloadOptions> options) {
		options.accept(this.download);
		return this;
	}

	/**
	 * Configures the storage of model files.
	 * @param options a callback that changes the options
	 * @return this builder
	 */
	public ModelCacheBuilder cache(Consumer<CacheOptions> options) {
		options.accept(this.cache);
		return this;
	}

	/**
	 * Configures the exclusion between processes.
	 * @param options a callback that changes the options
	 * @return this builder
	 */
	public ModelCacheBuilder lock(Consumer<LockOptions> options) {
		options.accept(this.lock);
		return this;
	}

	/**
	 * Configures the access to a Hugging Face Hub.
	 * @param options a callback that changes the options
	 * @return this builder
	 */
	public ModelCacheBuilder huggingFace(Consumer<HuggingFaceOptions> options) {
		options.accept(this.huggingFace);
		return this;
	}

	/**
	 * Configures the access to OCI registries.
	 * @param options a callback that changes the options
	 * @return this builder
	 */
	public ModelCacheBuilder oci(Consumer<OciOptions> options) {
		options.accept(this.oci);
		return this;
	}

	/**
	 * Adds a catalog of models that are looked up by name. The first catalog that
	 * contains a name is used; the built-in catalog comes last.
	 * @param location a location that begins with {@code classpath:}, {@code file:} or
	 * {@code https:}
	 * @return this builder
	 */
	public ModelCacheBuilder catalog(String location) {
		this.catalogs.add(location);
		return this;
	}

	/**
	 * Adds a catalog of models that are looked up by name. It is used before those that
	 * have a location.
	 * @param catalog the catalog
	 * @return this builder
	 */
	public ModelCacheBuilder catalog(ModelCatalog catalog) {
		this.ownCatalogs.add(catalog);
		return this;
	}

	/**
	 * Sets what to do with files whose header is not that of a valid model.
	 * @param verifyFormat what to do
	 * @return this builder
	 */
	public ModelCacheBuilder verifyFormat(FormatVerification verifyFormat) {
		this.verifyFormat = verifyFormat;
		return this;
	}

	/**
	 * Sets whether to allow Python pickles, which can execute arbitrary code when they
	 * are loaded.
	 * @param allowPickle {@code true} to allow them
	 * @return this builder
	 */
	public ModelCacheBuilder allowPickle(boolean allowPickle) {
		this.allowPickle = allowPickle;
		return this;
	}

	/**
	 * Sets whether to use only what is on this machine and never access the network.
	 * @param offline {@code true} to stay offline, or {@code null} for the value of
	 * {@code HF_HUB_OFFLINE}
	 * @return this builder
	 */
	public ModelCacheBuilder offline(@Nullable Boolean offline) {
		this.offline = offline;
		return this;
	}

	/**
	 * Sets the file that pins the commits, digests and sizes of the models.
	 * @param lockFile the file, or {@code null} to pin nothing
	 * @return this builder
	 */
	public ModelCacheBuilder lockFile(@Nullable Path lockFile) {
		this.lockFile = lockFile;
		return this;
	}

	/**
	 * Sets the time over which instances of an application spread their first requests:
	 * each waits for a random part of it after its start. A model that is in the cache is
	 * returned at once.
	 * @param startupJitter the time; zero by default
	 * @return this builder
	 */
	public ModelCacheBuilder startupJitter(Duration startupJitter) {
		this.startupJitter = startupJitter;
		return this;
	}

	/**
	 * Sets the time after which the {@link #operations operations} of the cache try again
	 * to acquire a model that failed for a reason that may be temporary. It doubles with
	 * each failure, up to an hour.
	 * @param retryInterval the time
	 * @return this builder
	 */
	public ModelCacheBuilder retryInterval(Duration retryInterval) {
		this.retryInterval = retryInterval;
		return this;
	}

	/**
	 * Sets the interval at which to look for new versions of the models in the
	 * background.
	 * @param refreshInterval the interval, or {@code null} to not look for new versions
	 * @return this builder
	 */
	public ModelCacheBuilder refreshInterval(@Nullable Duration refreshInterval) {
		this.refreshInterval = refreshInterval;
		return this;
	}

	/**
	 * Sets whether to acquire models only when they are first used. Until then they are
	 * not part of the application's health.
	 * @param onFirstUse {@code true} to acquire models on first use
	 * @return this builder
	 */
	public ModelCacheBuilder onFirstUse(boolean onFirstUse) {
		this.onFirstUse = onFirstUse;
		return this;
	}

	/**
	 * Adds a source resolver. It takes precedence over resolvers that are added later and
	 * over the built-in ones.
	 * @param sourceResolver the resolver
	 * @return this builder
	 */
	public ModelCacheBuilder sourceResolver(SourceResolver sourceResolver) {
		this.sourceResolvers.add(sourceResolver);
		return this;
	}

	/**
	 * Sets the factory of the locks that exclude other processes, instead of file locks.
	 * @param lockFactory the factory
	 * @return this builder
	 */
	public ModelCacheBuilder lockFactory(CacheLockFactory lockFactory) {
		this.lockFactory = lockFactory;
		return this;
	}

	/**
	 * Adds a listener. Listeners are called one after the other on a thread of the cache.
	 * @param listener a listener that receives all events
	 * @return this builder
	 */
	public ModelCacheBuilder listener(Consumer<ModelCacheEvent> listener) {
		this.listeners.add(listener);
		return this;
	}

	/**
	 * Adds a progress display. It is called on a thread of its own, so that slow
	 * listeners do not delay it.
	 * @param display a display that receives all events; if it is {@link AutoCloseable},
	 * it is closed with the cache
	 * @return this builder
	 */
	public ModelCacheBuilder display(Consumer<ModelCacheEvent> display) {
		this.displays.add(display);
		return this;
	}

	/** Adds an observer, which is called on a thread of its own. */
	void observer(AcquisitionObserver observer) {
		this.observers.add(observer);
	}

	/** Adds an action to perform on the operations of the cache when they are built. */
	void whenOperated(Consumer<ModelCacheOperations> action) {
		this.whenOperated.add(action);
	}

	/**
	 * Sets the connector for all requests, instead of one of Reactor Netty. It is created
	 * when it is first needed. Redirects to private addresses are not detected.
	 * @param connector creates the connector
	 * @return this builder
	 */
	public ModelCacheBuilder connector(Supplier<ClientHttpConnector> connector) {
		return connectors((rules) -> connector.get(), false);
	}

	/**
	 * Sets the factory of the connectors, instead of Reactor Netty: one connector for all
	 * addresses and one for public addresses only. Each connector is created when it is
	 * first needed.
	 * @param connectors creates a connector that follows the given rules
	 * @return this builder
	 */
	public ModelCacheBuilder connectors(Function<ConnectorRules, ClientHttpConnector> connectors) {
		return connectors(connectors, true);
	}

	/**
	 * Sets the factory of the connectors, instead of Reactor Netty.
	 * @param connectors creates a connector
	 * @param addressesChecked whether the connectors check addresses with the rules; if
	 * not, redirects to private addresses are not detected
	 * @return this builder
	 */
	public ModelCacheBuilder connectors(Function<ConnectorRules, ClientHttpConnector> connectors,
			boolean addressesChecked) {
		this.connectors = connectors;
		this.addressesChecked = addressesChecked;
		return this;
	}

	/**
	 * Sets the registry of retries. Its {@code modelcache} configuration is the base of
	 * the retries of each model.
	 * @param retryRegistry the registry
	 * @return this builder
	 */
	public ModelCacheBuilder retryRegistry(RetryRegistry retryRegistry) {
		this.retryRegistry = retryRegistry;
		return this;
	}

	/**
	 * Sets the registry of circuit breakers. Its {@code modelcache} configuration is the
	 * base of the circuit breakers of each host.
	 * @param circuitBreakerRegistry the registry
	 * @return this builder
	 */
	public ModelCacheBuilder circuitBreakerRegistry(CircuitBreakerRegistry circuitBreakerRegistry) {
		this.circuitBreakerRegistry = circuitBreakerRegistry;
		return this;
	}

	/**
	 * Sets the resource loader that opens catalogs on the class path and in files.
	 * @param resourceLoader the resource loader
	 * @return this builder
	 */
	public ModelCacheBuilder resourceLoader(ResourceLoader resourceLoader) {
		this.resourceLoader = resourceLoader;
		return this;
	}

	/**
	 * Sets the environment that provides defaults shared with other tools, such as
	 * {@code HF_HOME}.
	 * @param environment returns the value of an environment variable or of
	 * {@code user.home}
	 * @return this builder
	 * @see #path
	 */
	public ModelCacheBuilder environment(Function<String, @Nullable String> environment) {
		this.environment = environment;
		return this;
	}

	/**
	 * Sets the prefix of option names in messages.
	 * @param prefix the prefix without a trailing dot, such as {@code hooks.llm}
	 * @return this builder
	 */
	public ModelCacheBuilder configuredAs(String prefix) {
		this.configuredAs = prefix;
		return this;
	}

	/**
	 * Sets the clock.
	 * @param clock the clock
	 * @return this builder
	 */
	public ModelCacheBuilder clock(Clock clock) {
		this.clock = clock;
		return this;
	}

	/**
	 * Builds the cache.
	 * @return the cache, which the caller must close
	 * @throws ModelConfigurationException if an option or a model is invalid
	 * @throws IllegalStateException if this builder has already built a cache
	 */
	public ModelCache build() {
		if (this.built != null) {
			throw new IllegalStateException("This builder has already built a cache. Use a new builder");
		}
		Engine engine = engine();
		engine.observer().configured(engine.models().ids());
		DefaultModelCache cache = new DefaultModelCache(engine, each(this.listeners), each(this.displays),
				() -> close(engine));
		this.built = cache;
		return cache;
	}

	/**
	 * Builds the operations of a cache.
	 * @param cache the cache of this builder, possibly decorated, or another
	 * implementation with the models of this builder
	 * @return the operations, which the caller must close before the cache
	 * @throws ModelConfigurationException if an option or a model is invalid
	 */
	public ModelCacheOperations operations(ModelCache cache) {
		Engine engine = engine();
		Background background = new Background(cache, engine.models(), this.retryInterval, this.refreshInterval,
				this.onFirstUse, engine.threads().timer(), this.clock);
		this.backgrounds.add(background);
		ModelCacheOperations operations = new DefaultOperations(cache, this.built, engine, background,
				() -> close(engine));
		background.startRetrying();
		this.whenOperated.forEach((action) -> action.accept(operations));
		return operations;
	}

	private Engine engine() {
		if (this.engine == null) {
			this.engine = assemble();
		}
		return this.engine;
	}

	/** Closes what the cache and its operations share. */
	private void close(Engine engine) {
		if (this.closed.compareAndSet(false, true)) {
			this.backgrounds.forEach((background) -> background.stop(null));
			engine.close(() -> this.displays.forEach(ModelCacheBuilder::close));
		}
	}

	private static void close(Consumer<ModelCacheEvent> display) {
		if (display instanceof AutoCloseable closeable) {
			try {
				closeable.close();
			}
			catch (Exception ex) {
				logger.debug("The progress display could not be closed", ex);
			}
		}
	}

	/** Creates all parts of the cache, from the options to the models. */
	private Engine assemble() {
		Settings settings = new Settings(this.configuredAs, this.environment);
		settings.checkIntervals(this.startupJitter, this.retryInterval, this.refreshInterval);
		TransferSettings transfers = settings.transfer(this.download);
		settings.checkConnections(this.download);
		LockSettings lockSettings = settings.lock(this.lock, this.cache);
		EngineThreads threads = new EngineThreads();

		CacheLockFactory locks = (this.lockFactory != null) ? this.lockFactory
				: new FileCacheLockFactory(lockSettings, this.clock);
		HubSettings hub = settings.hub(this.huggingFace, this.download, this.cache);
		UnaryOperator<URI> names = (url) -> isTakenFromTheHub(url) ? url : hub.shortest(url);
		StoreSettings storeSettings = settings.store(this.cache, this.huggingFace).withNames(names);
		Path pins = settings.lockFile(this.lockFile);
		ModelStore store = new ModelStore(storeSettings, new ExclusiveFiles(), this.clock,
				(pins != null) ? new ModelLockFile(pins, locks) : null);

		CacheLockFactory modelLocks = store.locks(locks);
		HttpConnections connections = this.addressesChecked
				? DownloadConnections.checked(this.connectors, settings, this.download, threads.io())
				: DownloadConnections.unchecked(this.connectors, settings, this.download, threads.io());
		Map<String, Integer> configured = this.models.stream()
			.collect(Collectors.toMap(ModelRequest::id, (model) -> Math.max(1, model.maxAttempts())));
		Set<String> hosts = ConcurrentHashMap.newKeySet();
		Attempts attempts = new Attempts(this.retryRegistry, (id) -> configured.getOrDefault(id, 0),
				() -> ThreadLocalRandom.current().nextDouble());
		Supplier<RangeClient> web = SingletonSupplier
			.of(() -> new WebRangeClient(connections, new Breakers(this.circuitBreakerRegistry, hosts::contains),
					transfers.http(), threads.timer(), threads.io(), this.clock));
		SegmentedTransfer transfer = new SegmentedTransfer(
				Map.of("https", web, "http", web, "file", () -> new FileRangeClient(threads.io())), attempts,
				threads.forTransfers(), transfers);

		Supplier<MetadataClient> metadata = SingletonSupplier.of(() -> new MetadataClient(connections, transfers.http(),
				attempts, threads.timer(), threads.io(), this.clock));
		boolean insecureHttpAllowed = this.download.allowInsecureHttp();
		Supplier<ModelCatalogs> catalogs = catalogs(
				new CatalogLocations(this.resourceLoader, metadata, insecureHttpAllowed, settings));
		SourceResolvers sources = sources(settings, hub, metadata, catalogs, store, threads);

		List<ModelRequest> completed = new ModelCompletion(sources, catalogs, settings, insecureHttpAllowed, names)
			.complete(this.models);
		completed.forEach(store::checkDirectory);
		hosts.addAll(ModelCompletion.hosts(completed, hub.endpoint()));
		TransferHistory history = new TransferHistory(this.clock);
		return new Engine(new ConfiguredModels(completed), sources, modelLocks, store, connections, transfer,
				new DownloadTurns(this.download.models(), this.startupJitter, Math::random, this.clock), attempts,
				settings.decompression(this.download), new FormatSettings(this.verifyFormat, this.allowPickle),
				settings.offline(this.offline), threads, new Observers(history, this.observers, threads.observers()),
				history, this.clock);
	}

	/** Only the resolver of the application knows which of its URLs name one model. */
	private boolean isTakenFromTheHub(URI url) {
		boolean ofTheHub = "hf".equalsIgnoreCase(url.getScheme());
		return this.sourceResolvers.stream()
			.anyMatch((resolver) -> resolver.recognizes(url) || (ofTheHub && resolver.schemes().contains("hf")));
	}

	/** Configured catalogs are read eagerly so that invalid ones are reported. */
	private Supplier<ModelCatalogs> catalogs(CatalogLocations locations) {
		if (this.catalogs.isEmpty() && this.ownCatalogs.isEmpty()) {
			return SingletonSupplier.of(() -> locations.read(List.of(), List.of()));
		}
		ModelCatalogs read = locations.read(this.ownCatalogs, this.catalogs);
		return () -> read;
	}

	/** Registers the sources. Their resolvers are created when a URL requires them. */
	private SourceResolvers sources(Settings settings, HubSettings hub, Supplier<MetadataClient> metadata,
			Supplier<ModelCatalogs> catalogs, ModelStore store, EngineThreads threads) {
		Map<String, String> headers = this.download.headers();
		OciSettings oci = settings.oci(this.oci);
		Supplier<SourceResolver> huggingFace = SingletonSupplier
			.of(() -> new HuggingFaceResolver(hub, headers, metadata.get(), threads.io()));
		AtomicReference<SourceResolvers> all = new AtomicReference<>();
		List<Source> sources = new ArrayList<>();
		this.sourceResolvers.forEach((resolver) -> sources.add(Source.of(resolver)));
		sources.add(Source.of(() -> new HttpSourceResolver(headers), "https", "http"));
		sources.add(Source.of(() -> new FileSourceResolver(threads.io()), "file"));
		sources.add(new Source(Set.of("hf"), hub::isPage, huggingFace));
		sources
			.add(Source.of(() -> new OciResolver(metadata.get(), oci, threads.io(), threads.timer()), "oci", "ollama"));
		sources.add(Source.of(() -> new CatalogResolver(catalogs.get(), all::get,
				(request) -> store.room(request).toBytes(), threads.io()), "catalog"));
		SourceResolvers resolvers = new SourceResolvers(sources);
		all.set(resolvers);
		return resolvers;
	}

	private static Consumer<ModelCacheEvent> each(List<Consumer<ModelCacheEvent>> listeners) {
		List<Consumer<ModelCacheEvent>> all = List.copyOf(listeners);
		return (event) -> all.forEach((listener) -> {
			try {
				listener.accept(event);
			}
			catch (Throwable ex) {
				logger.warn("A listener failed on {}; the model is not affected", event.getClass().getSimpleName(), ex);
			}
		});
	}

}
