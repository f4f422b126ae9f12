package dev.modelcache.internal.source.catalog;

import java.net.URI;
import java.util.List;

import dev.modelcache.Digest;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * One form of a model: a quantization or a precision.
 *
 * @param quantization what it is called, such as {@code Q4_K_M}
 * @param url where it is
 * @param files which files of the repository belong to it, beside the one that the URL
 * names; globs as in {@link dev.modelcache.ModelRequest#files()}
 * @param size about how large it is, or {@code null} where the catalog does not say
 * @param digest the digest of its only file, or {@code null} where the catalog does not
 * say
 */
public record CatalogVariant(String quantization, URI url, List<String> files, @Nullable DataSize size,
		@Nullable Digest digest) {

	/**
	 * Creates a variant.
	 */
	public CatalogVariant {
		files = List.copyOf(files);
	}

	/** What has no size is not known to fit. */
	boolean fits(@Nullable DataSize maxSize) {
		return maxSize == null || (this.size != null && this.size.compareTo(maxSize) <= 0);
	}

}
