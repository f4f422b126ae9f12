package dev.modelcache;

import java.nio.file.Path;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A model that is ready to be used: published, whole, and on the local disk. Two are
 * equal if they describe the same files, however they came to be there.
 *
 * @param id the id it was asked for by
 * @param path the file; the first shard or the primary file of several
 * @param files all files of the model, {@code path} among them
 * @param size the size of all files, in bytes
 * @param digest the SHA-256 of the file at {@code path}
 * @param source where it came from, without user-info, query and fragment
 * @param outcome how it came to be there, seen from this process
 * @param fallback whether it is a substitute: another source or another model than the
 * first one configured
 * @param verified whether an expected digest proved it; {@code false} where nobody knew
 * one
 * @param format what the header of the file at {@code path} says; {@code null} where
 * headers are not read, or the format has none that is known
 */
public record CachedModel(String id, Path path, List<Path> files, long size, Digest digest, String source,
		ModelOutcome outcome, boolean fallback, boolean verified, @Nullable ModelFormat format) {

	/**
	 * Creates a cached model.
	 */
	public CachedModel {
		files = List.copyOf(files);
	}

	@Override
	public boolean equals(@Nullable Object object) {
		return object instanceof CachedModel other && facts().equals(other.facts());
	}

	@Override
	public int hashCode() {
		return facts().hashCode();
	}

	private List<?> facts() {
		return List.of(this.id, this.path, this.files, this.size, this.digest, this.source, this.fallback,
				this.verified);
	}

}
