package dev.modelcache.sample;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * The sample: open {@code http://localhost:8080} and watch its model arrive.
 */
@SpringBootApplication
public class SampleApplication {

	/**
	 * Starts the origin, then the application.
	 * @param args Spring Boot's arguments, such as
	 * {@code --spring.profiles.active=tinyllama}
	 */
	public static void main(String[] args) {
		SpringApplication application = new SpringApplication(SampleApplication.class);
		application.addInitializers(new OriginInitializer());
		application.run(args);
	}

}
