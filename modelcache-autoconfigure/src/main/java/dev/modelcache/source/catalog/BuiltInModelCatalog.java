package dev.modelcache.source.catalog;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * The catalog that comes with the library. It holds no digests: a digest that nobody
 * computed from the file would prove nothing.
 */
final class BuiltInModelCatalog implements ModelCatalog {

	static final ModelCatalog INSTANCE = new BuiltInModelCatalog();

	private static final List<Entry> ENTRIES = List.of(onTheHub("tinyllama", "TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF",
			"tinyllama-1.1b-chat-v1.0", "Q4_K_M", "Q2_K"));

	private BuiltInModelCatalog() {
	}

	@Override
	public Optional<Entry> find(@Nullable String name) {
		return ENTRIES.stream().filter((entry) -> entry.name().equalsIgnoreCase(name)).findFirst();
	}

	@Override
	public List<String> names() {
		return ENTRIES.stream().map(Entry::name).toList();
	}

	private static Entry onTheHub(String name, String repository, String file, String... quantizations) {
		String directory = "https://huggingface.co/" + repository + "/resolve/main/";
		return new Entry(name,
				Stream.of(quantizations)
					.map((quantization) -> new Variant(quantization,
							URI.create(directory + file + "." + quantization + ".gguf")))
					.toList());
	}

}
