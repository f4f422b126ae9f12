package dev.modelcache.source;

import java.util.List;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * A model whose source has been asked: the files that make it up.
 *
 * @param files the files, at least one, each with a name of its own; the one that a
 * runtime opens first, such as the first shard, stands first
 * @param revision what the source calls this state of the model and never changes, such
 * as a commit or the digest of a manifest; {@code null} where it has no such name
 * @param hub where it is on a Hugging Face Hub, or {@code null}
 */
public record ResolvedModel(List<RemoteFile> files, @Nullable String revision, @Nullable HubRevision hub) {

	/**
	 * Creates a resolved model.
	 */
	public ResolvedModel {
		if (files.isEmpty()) {
			throw new IllegalArgumentException("a resolved model needs a file");
		}
		if (files.stream().map(RemoteFile::name).distinct().count() < files.size()) {
			throw new IllegalArgumentException("two files of a model have the same name");
		}
		files = List.copyOf(files);
	}

	/**
	 * Creates a model that is not on a Hugging Face Hub.
	 * @param files the files
	 * @param revision what the source calls it, or {@code null}
	 */
	public ResolvedModel(List<RemoteFile> files, @Nullable String revision) {
		this(files, revision, null);
	}

	/**
	 * Creates a model of a single file.
	 * @param file the file
	 */
	public ResolvedModel(RemoteFile file) {
		this(List.of(file), null);
	}

	/**
	 * Returns the only file.
	 * @return the file
	 * @throws IllegalStateException if there are several
	 */
	public RemoteFile file() {
		if (this.files.size() > 1) {
			throw new IllegalStateException("the model has " + this.files.size() + " files");
		}
		return this.files.get(0);
	}

	/**
	 * Returns the size of all files together.
	 * @return the size in bytes, or {@code null} where that of a file is unknown
	 */
	public @Nullable Long size() {
		if (this.files.stream().anyMatch((file) -> file.size() == null)) {
			return null;
		}
		return this.files.stream().map(RemoteFile::size).flatMap(Stream::ofNullable).mapToLong(Long::longValue).sum();
	}

}
