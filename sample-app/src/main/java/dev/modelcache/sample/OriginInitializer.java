package dev.modelcache.sample;

import java.util.Map;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.util.unit.DataSize;

/**
 * Starts the {@link ModelOrigin} where {@code sample.origin.enabled} says so, before any
 * bean needs its URL, and stops it when the context closes, after all beans.
 */
final class OriginInitializer implements ApplicationContextInitializer<GenericApplicationContext> {

	static final String ENABLED = "sample.origin.enabled";

	static final String RATE = "sample.origin.bytes-per-second";

	static final String URL = "sample.origin.url";

	@Override
	public void initialize(GenericApplicationContext context) {
		ConfigurableEnvironment environment = context.getEnvironment();
		if (!environment.getProperty(ENABLED, Boolean.class, false) || environment.containsProperty(URL)) {
			return;
		}
		DataSize rate = DataSize.parse(environment.getProperty(RATE, "50KB"));
		ModelOrigin origin = ModelOrigin.start(new DemoModel(), rate);
		environment.getPropertySources()
			.addLast(new MapPropertySource("modelOrigin", Map.of(URL, origin.uri().toString())));
		DefaultListableBeanFactory beans = context.getDefaultListableBeanFactory();
		beans.registerSingleton("modelOrigin", origin);
		// What is registered first is destroyed last.
		beans.registerDisposableBean("modelOrigin", origin::close);
	}

}
