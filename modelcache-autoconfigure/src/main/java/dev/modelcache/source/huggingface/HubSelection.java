package dev.modelcache.source.huggingface;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import dev.modelcache.ModelFileName;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import org.springframework.util.AntPathMatcher;

/**
 * The files of a repository that make up a model: the one that the URL names or its
 * quantization means, and those that the request's globs match. All parts of a split file
 * and the data beside an ONNX model come along by themselves.
 */
final class HubSelection {

	private static final int MOST_SUGGESTIONS = 5;

	private final ModelRequest request;

	private final HubUrl url;

	private final HubRepository repository;

	private final Map<ModelFileName, HubFile> selected = new LinkedHashMap<>();

	private HubSelection(ModelRequest request, HubUrl url, HubRepository repository) {
		this.request = request;
		this.url = url;
		this.repository = repository;
	}

	/**
	 * Selects the files.
	 * @param request what is wanted
	 * @param url the location that it is wanted from
	 * @param repository what is there
	 * @return the files, at least one, the one that a runtime opens first
	 * @throws ModelNotFoundException if a file is not there; says what is
	 */
	static List<HubFile> of(ModelRequest request, HubUrl url, HubRepository repository) {
		HubSelection selection = new HubSelection(request, url, repository);
		if (url.path() != null) {
			selection.add(url.path());
		}
		else if (url.quantization() != null || request.files().isEmpty()) {
			selection.addQuantization();
		}
		request.files().forEach(selection::addMatching);
		return List.copyOf(selection.selected.values());
	}

	private void addQuantization() {
		List<ModelFileName> names = this.repository.names();
		ModelFileName found = Quantizations.find(names, this.url.quantization()).orElseThrow(() -> {
			List<String> there = Quantizations.of(names);
			String wanted = (this.url.quantization() != null) ? "GGUF model of quantization " + this.url.quantization()
					: "GGUF model";
			return notFound(wanted, there.isEmpty() ? "Name the files with hooks.llm.files, such as *.safetensors"
					: "Use one of " + String.join(", ", there));
		});
		add(found);
	}

	private void addMatching(String glob) {
		AntPathMatcher matcher = new AntPathMatcher();
		List<ModelFileName> matching = this.repository.names()
			.stream()
			.filter((name) -> matcher.match(glob, name.text()))
			.toList();
		if (matching.isEmpty()) {
			throw notFound("file '" + glob + "'", suggestions(glob));
		}
		matching.forEach(this::add);
	}

	private void add(ModelFileName name) {
		for (ModelFileName part : Shards.all(name)) {
			HubFile file = this.repository.find(part)
				.orElseThrow(() -> notFound("file '" + part + "'", suggestions(part.text())));
			this.selected.putIfAbsent(part, file);
		}
		if (name.endsWith(".onnx")) {
			this.repository.files()
				.stream()
				.filter((file) -> file.name().text().startsWith(name.text() + "_data")
						|| file.name().text().equals(name.text() + ".data"))
				.forEach((file) -> this.selected.putIfAbsent(file.name(), file));
		}
	}

	private ModelNotFoundException notFound(String what, String action) {
		return new ModelNotFoundException(this.request.id(), "the repository " + this.url.repository() + " has no "
				+ what + " at revision '" + this.url.revision() + "'", action);
	}

	/** Names that begin or end alike. */
	private String suggestions(String wanted) {
		String file = wanted.substring(wanted.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
		String extension = file.substring(Math.max(0, file.lastIndexOf('.')));
		List<ModelFileName> similar = new ArrayList<>(this.repository.names());
		similar.removeIf((name) -> !name.endsWith(extension));
		similar.sort(Comparator.comparingInt((ModelFileName name) -> -alike(name.last(), file)));
		List<String> names = similar.stream().limit(MOST_SUGGESTIONS).map(ModelFileName::text).toList();
		return names.isEmpty() ? "Look at the repository's files"
				: "Use a file that is there, such as " + String.join(", ", names);
	}

	private static int alike(String name, String wanted) {
		String lower = name.toLowerCase(Locale.ROOT);
		int length = Math.min(lower.length(), wanted.length());
		int count = 0;
		while (count < length && lower.charAt(count) == wanted.charAt(count)) {
			count++;
		}
		return count;
	}

}
