package dev.modelcache.source;

import java.util.List;

import dev.modelcache.ModelFileName;
import org.jspecify.annotations.Nullable;

/**
 * A file that can be had: from where, and what it should be.
 *
 * @param name its name, relative to the directory of its model
 * @param mirrors where its bytes are, the preferred one first; at least one
 * @param expected its expected digest, or {@code null} where nobody knows one
 * @param size its size in bytes, or {@code null} where only the transfer will tell
 * @param packing whether it is a file of the model, or an archive of such files; name,
 * digest and size are those of the archive then
 */
public record RemoteFile(ModelFileName name, List<Mirror> mirrors, @Nullable ExpectedDigest expected,
		@Nullable Long size, Packing packing) {

	/**
	 * Creates a remote file.
	 */
	public RemoteFile {
		if (mirrors.isEmpty()) {
			throw new IllegalArgumentException("a remote file needs a mirror");
		}
		mirrors = List.copyOf(mirrors);
	}

	/**
	 * Creates a remote file that is no archive.
	 * @param name its name
	 * @param mirrors where its bytes are
	 * @param expected its expected digest, or {@code null}
	 * @param size its size in bytes, or {@code null}
	 */
	public RemoteFile(ModelFileName name, List<Mirror> mirrors, @Nullable ExpectedDigest expected,
			@Nullable Long size) {
		this(name, mirrors, expected, size, Packing.NONE);
	}

	/**
	 * Creates the only file of a model, whose name is somebody's free choice.
	 * @param name its name, which is {@linkplain ModelFileName#cleaned cleaned}
	 * @param mirrors where its bytes are
	 * @param expected its expected digest, or {@code null}
	 * @param size its size in bytes, or {@code null}
	 */
	public RemoteFile(String name, List<Mirror> mirrors, @Nullable ExpectedDigest expected, @Nullable Long size) {
		this(ModelFileName.cleaned(name), mirrors, expected, size);
	}

}
