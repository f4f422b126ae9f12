package dev.modelcache.autoconfigure;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.env.PropertySourceInfo;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.OriginLookup;
import org.springframework.boot.origin.SystemEnvironmentOrigin;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * Keeps the environment variables that Kubernetes and Docker set for services from being
 * read as configuration: those of a service {@code hooks-llm-models} would describe a
 * model {@code port}. Such variables move to a property source whose names are not
 * relaxed, where {@code ${HOOKS_LLM_SERVICE_HOST}} still finds them.
 */
final class ServiceVariablesEnvironmentPostProcessor implements EnvironmentPostProcessor, Ordered {

	/** See "Environment variables" of Kubernetes' services and of Docker's links. */
	private static final Pattern NAME = Pattern
		.compile("_(SERVICE_HOST|SERVICE_PORT(_\\w+)?|PORT_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$");

	private static final Pattern ADDRESS = Pattern.compile("(tcp|udp|sctp)://.*");

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		MutablePropertySources sources = environment.getPropertySources();
		for (PropertySource<?> source : List.copyOf(sources.stream().toList())) {
			if (source instanceof SystemEnvironmentPropertySource variables) {
				Map<String, Object> others = new HashMap<>(variables.getSource());
				Map<String, Object> ofServices = new HashMap<>();
				variables.getSource().forEach((name, value) -> {
					if (isOfService(name, value)) {
						others.remove(name);
						ofServices.put(name, value);
					}
				});
				if (!ofServices.isEmpty()) {
					sources.addAfter(source.getName(),
							new MapPropertySource(source.getName() + ".services", ofServices));
					sources.replace(source.getName(), new OtherVariables(variables, others));
				}
			}
		}
	}

	private static boolean isOfService(String name, Object value) {
		return name.contains("HOOKS_LLM_") && (NAME.matcher(name).find()
				|| (name.endsWith("_PORT") && ADDRESS.matcher(value.toString()).matches()));
	}

	/** Before the first one that binds the properties. */
	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE - 1;
	}

	/**
	 * The variables that are not those of services, with what Spring Boot knows about
	 * them.
	 */
	private static final class OtherVariables extends SystemEnvironmentPropertySource
			implements OriginLookup<String>, PropertySourceInfo {

		private final @Nullable String prefix;

		OtherVariables(SystemEnvironmentPropertySource all, Map<String, Object> others) {
			super(all.getName(), others);
			this.prefix = (all instanceof PropertySourceInfo info) ? info.getPrefix() : null;
		}

		@Override
		public @Nullable Origin getOrigin(String key) {
			String name = resolvePropertyName(key);
			return super.containsProperty(name) ? new SystemEnvironmentOrigin(name) : null;
		}

		@Override
		public @Nullable String getPrefix() {
			return this.prefix;
		}

		@Override
		public boolean isImmutable() {
			return true;
		}

	}

}
