/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.LinkedHashMap;
import java.util.Map;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheOperations;
import dev.modelcache.ModelCacheView;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStatus;
import org.springframework.boot.actuate.autoconfigure.info.ConditionalOnEnabledInfoContributor;
import org.springframework.boot.actuate.autoconfigure.info.InfoContributorFallback;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Lazy;

/**
 * {@link AutoConfiguration Auto-configuration} of what the endpoint {@code info} shows of
 * the models, if {@code management.info.modelcache.enabled} is set.
 */
@AutoConfiguration(after = ModelCacheAutoConfiguration.class)
@ConditionalOnClass({ InfoContributor.class, ConditionalOnEnabledInfoContributor.class })
@ConditionalOnBean(ModelCacheOperations.class)
public class ModelCacheInfoAutoConfiguration {

	@InternalBean("dev.modelcache.autoconfigure.ModelCacheInfo.ORIGINAL")
	@ConditionalOnEnabledInfoContributor(value = "modelcache", fallback = InfoContributorFallback.DISABLE)
	InfoContributor modelCacheInfoContributor(@Lazy ModelCacheOperations operations) {
		return (info) -> {
			Map<String, Object> models = new LinkedHashMap<>();
			operations.models().forEach((model) -> models.put(model.id(), details(operations, model)));
			Map<String, Object> details = new LinkedHashMap<>();
			details.put("directory", operations.directory().toString());
			details.put("models", models);
			info.withDetail("modelcache", details);
		};
	}

	private static Map<String, Object> details(ModelCacheView view, ModelRequest model) {
		ModelStatus status = view.status(model.id());
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("source", view.source(model.id()));
		details.put("state", status.state().name());
		CachedModel ready = status.model();
		if (ready != null) {
			details.put("digest", ready.digest().toString());
			details.put("size", ready.size());
			details.put("fallback", ready.fallback());
		}
		return details;
	}

}
