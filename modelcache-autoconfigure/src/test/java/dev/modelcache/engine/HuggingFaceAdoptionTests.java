package dev.modelcache.engine;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelOutcome;
import dev.modelcache.store.AdoptionSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Files of the Hugging Face cache.
 */
class HuggingFaceAdoptionTests extends AdoptionContractTests {

	@TempDir
	private Path outside;

	@Override
	Path file(Path store, Digest sha256) {
		return store.resolve("models--org--name/blobs").resolve(sha256.hex());
	}

	@Override
	AdoptionSettings settings(Path store) {
		return new AdoptionSettings(true, List.of(store), List.of());
	}

	/** As huggingface_hub 2.0 stores what several repositories have. */
	@Test
	void blobThatIsALinkIntoTheSharedBlobsIsServed() throws Exception {
		Path blob = file(elsewhere(), content().sha256());
		Path shared = Files.createDirectories(elsewhere().resolve("blobs/ab")).resolve("ab12");
		Path another = Files.createDirectories(elsewhere().resolve("models--org--another/blobs"))
			.resolve(content().sha256().hex());
		Files.copy(blob, shared);
		Files.createSymbolicLink(another, Path.of("../../blobs/ab/ab12"));
		release();
		Files.delete(blob);
		CachedModel model = get(request());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.ADOPTED);
		assertThat(model.path()).isEqualTo(shared.toRealPath());
	}

	@Test
	void blobThatLeadsOutOfTheCacheIsIgnored(CapturedOutput output) throws Exception {
		Path blob = file(elsewhere(), content().sha256());
		Path secret = this.outside.resolve("secret");
		Files.move(blob, secret);
		Files.createSymbolicLink(blob, secret);
		release();
		CachedModel model = get(request());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(output).contains(blob + " is not used: it leads to " + secret.toRealPath());
	}

	@Test
	void fileOfADatasetIsNoModel() throws Exception {
		Files.move(elsewhere().resolve("models--org--name"), elsewhere().resolve("datasets--org--name"));
		release();
		assertThat(get(request()).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
	}

}
