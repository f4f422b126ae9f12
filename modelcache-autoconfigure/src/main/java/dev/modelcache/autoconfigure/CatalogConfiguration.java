package dev.modelcache.autoconfigure;

import dev.modelcache.engine.EngineThreads;
import dev.modelcache.source.SourceResolvers;
import dev.modelcache.source.api.MetadataClient;
import dev.modelcache.source.catalog.CatalogResolver;
import dev.modelcache.source.catalog.ModelCatalog;
import dev.modelcache.source.catalog.ModelCatalogs;
import dev.modelcache.store.ModelStore;
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

	@InternalBean("dev.modelcache.source.catalog.ModelCatalogs.ORIGINAL")
	@ConditionalOnMissingBean
	ModelCatalogs modelCacheCatalogs(ModelCacheProperties properties, ResourceLoader resources, MetadataClient client,
			ObjectProvider<ModelCatalog> own) {
		return new CatalogLocations(resources, client, properties.getDownload().isAllowInsecureHttp())
			.read(own.orderedStream().toList(), properties.getCatalog().getLocations());
	}

	@InternalBean("dev.modelcache.source.catalog.CatalogResolver.ORIGINAL")
	@ConditionalOnMissingBean
	CatalogResolver modelCacheCatalogResolver(ModelCatalogs catalogs, ObjectProvider<SourceResolvers> sources,
			ModelStore store, EngineThreads threads) {
		return new CatalogResolver(catalogs, sources::getObject, (request) -> store.room(request).toBytes(),
				threads.io());
	}

}
