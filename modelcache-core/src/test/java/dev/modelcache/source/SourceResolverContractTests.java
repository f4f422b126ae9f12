package dev.modelcache.source;

import java.net.URI;
import java.time.Duration;

import dev.modelcache.ModelRequest;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What every {@link SourceResolver} does.
 */
public abstract class SourceResolverContractTests {

	protected static final Duration PATIENCE = Duration.ofSeconds(30);

	/** Returns the resolver. */
	protected abstract SourceResolver resolver();

	/** Returns a location that it can resolve, of a file {@code model.gguf}. */
	protected abstract URI location();

	protected final SourceLocation of(URI location) {
		return new SourceLocation(location, ModelRequest.builder("m").url(location).build(), true);
	}

	protected final RemoteFile resolve(URI location) {
		return resolver().resolve(of(location)).block(PATIENCE).file();
	}

	@Test
	void schemesAreLowerCaseWithoutColon() {
		assertThat(resolver().schemes()).isNotEmpty().allMatch((scheme) -> scheme.matches("[a-z][a-z0-9+.-]*"));
		assertThat(resolver().schemes()).contains(location().getScheme());
	}

	@Test
	void fileKeepsItsNameAndHasAMirror() {
		RemoteFile file = resolve(location());
		assertThat(file.name()).hasToString("model.gguf");
		assertThat(file.mirrors()).isNotEmpty();
	}

	@Test
	void nothingHappensBeforeSubscription() {
		assertThat(resolver().resolve(of(URI.create(location() + ".does-not-exist")))).isNotNull();
	}

	@Test
	void resolvedTwiceIsTheSame() {
		assertThat(resolve(location())).isEqualTo(resolve(location()));
	}

}
