package dev.modelcache.autoconfigure;

import dev.modelcache.internal.acquire.EngineThreads;
import dev.modelcache.internal.http.MetadataClient;
import dev.modelcache.internal.source.SourceResolvers;
import dev.modelcache.internal.source.catalog.CatalogResolver;
import dev.modelcache.internal.source.catalog.ModelCatalog;
import dev.modelcache.internal.source.catalog.ModelCatalogs;
import dev.modelcache.internal.store.ModelStore;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ResourceLoader;

/**
 * The catalogs of models that are known by name. An application's own {@link ModelCatalog
 * catalogs} come before the configured ones.
 */
@Configuration(proxyBeanMethods = false)
class CatalogConfiguration {

	@InternalBean("dev.modelcache.internal.source.catalog.ModelCatalogs.ORIGINAL")
	@ConditionalOnMissingBean
	ModelCatalogs modelCacheCatalogs(ModelCacheProperties properties, ResourceLoader resources, MetadataClient client,
			ObjectProvider<ModelCatalog> own) {
		return new CatalogLocations(resources, client, properties.getDownload().isAllowInsecureHttp())
			.read(own.orderedStream().toList(), properties.getCatalog().getLocations());
	}

	@InternalBean("dev.modelcache.internal.source.catalog.CatalogResolver.ORIGINAL")
	@ConditionalOnMissingBean
	CatalogResolver modelCacheCatalogResolver(ModelCatalogs catalogs, ObjectProvider<SourceResolvers> sources,
			ModelStore store, EngineThreads threads) {
		return new CatalogResolver(catalogs, sources::getObject, (request) -> store.room(request).toBytes(),
				threads.io());
	}

}
