package dev.modelcache.autoconfigure;

import java.time.Clock;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

import dev.modelcache.AcquisitionObserver;
import dev.modelcache.ConfiguredModels;
import dev.modelcache.ModelCache;
import dev.modelcache.actuate.ProgressDisplay;
import dev.modelcache.internal.acquire.BackgroundAcquirer;
import dev.modelcache.internal.acquire.BackgroundRefresh;
import dev.modelcache.internal.acquire.DefaultModelCache;
import dev.modelcache.internal.acquire.EngineThreads;
import dev.modelcache.internal.acquire.Listeners;
import dev.modelcache.internal.acquire.Rooms;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.internal.lock.FileCacheLockFactory;
import dev.modelcache.internal.source.SourceResolvers;
import dev.modelcache.internal.source.catalog.ModelCatalogs;
import dev.modelcache.internal.source.file.FileSourceResolver;
import dev.modelcache.internal.source.web.HttpSourceResolver;
import dev.modelcache.internal.store.ModelLockFile;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.transfer.RangeClient;
import dev.modelcache.internal.transfer.SegmentedTransfer;
import dev.modelcache.internal.transfer.TransferRetries;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.source.SourceResolver;
import io.github.resilience4j.retry.RetryRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ProxyType;
import org.springframework.context.annotation.Proxyable;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * {@link AutoConfiguration Auto-configuration} of the model cache. Every bean gives way
 * to one of the application's own.
 */
@AutoConfiguration(afterName = { "io.github.resilience4j.springboot.retry.autoconfigure.RetryAutoConfiguration",
		"io.github.resilience4j.springboot.circuitbreaker.autoconfigure.CircuitBreakerAutoConfiguration",
		"org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration",
		"org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration" })
@ConditionalOnClass(WebClient.class)
@ConditionalOnBooleanProperty(name = "hooks.llm.enabled", matchIfMissing = true)
@EnableConfigurationProperties(ModelCacheProperties.class)
@Import({ HttpDownloadConfiguration.class, HuggingFaceConfiguration.class, OciConfiguration.class,
		CatalogConfiguration.class, ProgressConfiguration.class })
public class ModelCacheAutoConfiguration {

	private final Clock clock = Clock.systemUTC();

	@InternalBean("dev.modelcache.autoconfigure.ModelCacheSettings.ORIGINAL")
	ModelCacheSettings modelCacheSettings(ModelCacheProperties properties, ConfigurableEnvironment environment,
			ConfigurableListableBeanFactory beans) {
		UnknownKeys.warn(properties.getModels().keySet(), environment, beans);
		return ModelCacheSettings.of(properties, environment);
	}

	@InternalBean("dev.modelcache.ConfiguredModels.ORIGINAL")
	@ConditionalOnMissingBean
	ConfiguredModels modelCacheModels(ModelCacheProperties properties, ConfigurableEnvironment environment,
			SourceResolvers sources, ModelCatalogs catalogs) {
		return new ModelRequests(properties, environment, sources, catalogs).read();
	}

	@InternalBean("dev.modelcache.internal.source.web.HttpSourceResolver.ORIGINAL")
	@ConditionalOnMissingBean
	HttpSourceResolver modelCacheHttpSourceResolver(ModelCacheSettings settings) {
		return new HttpSourceResolver(settings.connection().headers());
	}

	@InternalBean("dev.modelcache.internal.source.file.FileSourceResolver.ORIGINAL")
	@ConditionalOnMissingBean
	FileSourceResolver modelCacheFileSourceResolver(EngineThreads threads) {
		return new FileSourceResolver(threads.io());
	}

	@InternalBean("dev.modelcache.internal.source.SourceResolvers.ORIGINAL")
	@ConditionalOnMissingBean
	SourceResolvers modelCacheSourceResolvers(ObjectProvider<SourceResolver> resolvers) {
		return new SourceResolvers(resolvers.orderedStream().toList());
	}

	@InternalBean("dev.modelcache.internal.lock.FileCacheLockFactory.ORIGINAL")
	@ConditionalOnMissingBean
	CacheLockFactory modelCacheLocks(ModelCacheSettings settings) {
		return new FileCacheLockFactory(settings.lock(), this.clock);
	}

	@InternalBean("dev.modelcache.internal.store.ModelStore.ORIGINAL")
	@ConditionalOnMissingBean
	ModelStore modelCacheStore(ModelCacheSettings settings, CacheLockFactory cacheLockFactory) {
		ModelLockFile lockFile = (settings.lockFile() != null)
				? new ModelLockFile(settings.lockFile(), cacheLockFactory) : null;
		return new ModelStore(settings.store(), new ExclusiveFiles(), this.clock, lockFile);
	}

	@InternalBean("dev.modelcache.internal.transfer.TransferRetries.ORIGINAL")
	@ConditionalOnMissingBean
	TransferRetries modelCacheRetries(ObjectProvider<RetryRegistry> registry) {
		return new TransferRetries(Candidates.choose(registry, RetryRegistry.class, RetryRegistry::ofDefaults),
				() -> ThreadLocalRandom.current().nextDouble());
	}

	@InternalBean("dev.modelcache.internal.acquire.EngineThreads.ORIGINAL")
	@ConditionalOnMissingBean
	EngineThreads modelCacheThreads() {
		return new EngineThreads();
	}

	@InternalBean("dev.modelcache.internal.transfer.SegmentedTransfer.ORIGINAL")
	@ConditionalOnMissingBean
	SegmentedTransfer modelCacheTransfer(ObjectProvider<RangeClient> clients, TransferRetries retries,
			EngineThreads threads, ModelCacheSettings settings) {
		return new SegmentedTransfer(clients.orderedStream().toList(), retries, threads.forTransfers(),
				settings.transfer());
	}

	@InternalBean("dev.modelcache.internal.acquire.Rooms.ORIGINAL")
	@ConditionalOnMissingBean
	Rooms modelCacheRooms(SourceResolvers sources, CacheLockFactory cacheLockFactory, ModelStore store,
			SegmentedTransfer transfer, TransferRetries retries, ModelCacheSettings settings) {
		return new Rooms(sources, cacheLockFactory, store, transfer, retries, settings.decompression(),
				settings.formats(), settings.offline());
	}

	@InternalBean("dev.modelcache.autoconfigure.ApplicationEvents.ORIGINAL")
	ApplicationEvents modelCacheApplicationEvents(ApplicationContext context) {
		return new ApplicationEvents(context);
	}

	@Bean(name = ModelCacheLifecycle.CACHE, destroyMethod = "close")
	@ConditionalOnMissingBean(ModelCache.class)
	@Proxyable(ProxyType.INTERFACES)
	ModelCache modelCache(ConfiguredModels configuredModels, Rooms rooms, EngineThreads threads,
			ObjectProvider<AcquisitionObserver> observers, ObjectProvider<ProgressDisplay> displays,
			ApplicationEvents events) {
		AcquisitionObserver observer = new CompositeObserver(observers.orderedStream().toList());
		// Looked up now: the thread of the display must not wait for other beans.
		List<ProgressDisplay> all = displays.orderedStream().toList();
		return new DefaultModelCache(configuredModels, rooms, threads,
				new Listeners(events, (event) -> all.forEach((display) -> display.show(event)), observer), this.clock);
	}

	@InternalBean("dev.modelcache.autoconfigure.ModelCacheLifecycle.ORIGINAL")
	ModelCacheLifecycle modelCacheLifecycle(ConfigurableListableBeanFactory beans) {
		return new ModelCacheLifecycle(beans);
	}

	@InternalBean("dev.modelcache.internal.acquire.BackgroundAcquirer.ORIGINAL")
	@ConditionalOnMissingBean
	BackgroundAcquirer modelCacheBackgroundAcquirer(ModelCache modelCache, ConfiguredModels configuredModels,
			ModelCacheProperties properties) {
		ModelCacheProperties.Startup startup = properties.getStartup();
		return new BackgroundAcquirer(modelCache, configuredModels, startup.getRetryInterval(),
				startup.getMode() == ModelCacheProperties.Startup.Mode.NONE, this.clock);
	}

	@InternalBean("dev.modelcache.internal.acquire.BackgroundRefresh.ORIGINAL")
	@ConditionalOnMissingBean
	BackgroundRefresh modelCacheBackgroundRefresh(ModelCache modelCache, ConfiguredModels configuredModels,
			ModelCacheProperties properties, EngineThreads threads) {
		return new BackgroundRefresh(modelCache, configuredModels, properties.getRefreshInterval(),
				properties.getStartup().getRetryInterval(), threads.timer(), this.clock);
	}

	@Bean("dev.modelcache.autoconfigure.RefreshStartup")
	ApplicationListener<ApplicationReadyEvent> modelCacheRefreshStartup(BackgroundRefresh refresh,
			ModelCacheSettings settings) {
		return (event) -> {
			if (!settings.offline()) {
				refresh.start();
			}
		};
	}

	@Bean("dev.modelcache.autoconfigure.BackgroundStartup")
	@ConditionalOnProperty(name = "hooks.llm.startup.mode", havingValue = "background", matchIfMissing = true)
	ApplicationListener<ApplicationReadyEvent> modelCacheBackgroundStartup(BackgroundAcquirer acquirer) {
		return (event) -> acquirer.startAll();
	}

	@InternalBean("dev.modelcache.autoconfigure.BlockingStartup.ORIGINAL")
	@ConditionalOnProperty(name = "hooks.llm.startup.mode", havingValue = "blocking")
	ApplicationRunner modelCacheBlockingStartup(ModelCache modelCache, ConfiguredModels configuredModels) {
		return new BlockingStartup(modelCache, configuredModels);
	}

}
