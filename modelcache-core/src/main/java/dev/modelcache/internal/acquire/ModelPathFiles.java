package dev.modelcache.internal.acquire;

import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelPathConflict;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.store.Occupant;
import dev.modelcache.internal.transfer.SourceState;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.ResolvedModel;
import org.jspecify.annotations.Nullable;

/**
 * Decides about a file at {@code model-path} that this cache did not put there. It is
 * adopted if it is the model; if it differs, {@link ModelPathConflict} tells what
 * happens.
 */
final class ModelPathFiles {

	private final CacheLookUp lookUp;

	private final FileFetch files;

	private final FormatCheck formats;

	ModelPathFiles(CacheLookUp lookUp, FileFetch files, FormatCheck formats) {
		this.lookUp = lookUp;
		this.files = files;
		this.formats = formats;
	}

	/**
	 * Settles whose the file is before its source is asked. A look-up has found that it
	 * does not have the expected digest, if there is one.
	 * @return the model if the file is kept, or {@code null} if the model may be brought
	 */
	@Nullable CachedModel settle(Candidate candidate, Runnable hashing) {
		ExpectedDigest expected = this.lookUp.expected(candidate);
		if (expected == null) {
			return null;
		}
		return switch (this.lookUp.occupant(candidate, hashing)) {
			case NOTHING, OURS -> null;
			case CHANGED -> keeps(candidate) ? kept(candidate, described(expected), hashing) : null;
			case OTHERS -> decide(candidate, described(expected), hashing);
		};
	}

	/**
	 * Settles whose the file is, now that its source has said what it should be.
	 * @return the model if the file is it or is kept, or {@code null} if it may be
	 * brought
	 */
	@Nullable CachedModel settle(FileJob job, Runnable hashing) {
		Candidate candidate = job.candidate();
		return switch (this.lookUp.occupant(candidate, hashing)) {
			case NOTHING, OURS -> null;
			case CHANGED -> keeps(candidate) ? kept(candidate, described(job, null), hashing) : null;
			case OTHERS -> compare(job, hashing);
		};
	}

	/**
	 * Settles whose the file is that stands where a model of several files will be.
	 * @return the file if it is kept, or {@code null} if the model may be brought
	 */
	@Nullable CachedModel settle(Candidate candidate, ResolvedModel model, Runnable hashing) {
		Occupant occupant = this.lookUp.occupant(candidate, hashing);
		boolean others = occupant == Occupant.OTHERS || (occupant == Occupant.CHANGED && keeps(candidate));
		return others ? decide(candidate, "a model of " + model.files().size() + " file(s) from " + candidate.source(),
				hashing) : null;
	}

	/**
	 * Settles it again if a file appeared while the model was brought: the user's, or,
	 * where there are no locks, that of another process with the same model.
	 * @param job the file
	 * @param brought brings it
	 * @return the model, or {@code null} where it was not brought
	 */
	@Nullable CachedModel settlingLatecomers(FileJob job, Runnable hashing, Supplier<@Nullable CachedModel> brought) {
		try {
			return brought.get();
		}
		catch (UncheckedIOException failure) {
			if (!(failure.getCause() instanceof FileAlreadyExistsException)) {
				throw failure;
			}
			CachedModel settled = settle(job, hashing);
			if (settled == null) {
				settled = compare(job, hashing);
			}
			if (settled == null) {
				throw new ModelStorageException(job.modelId(), job.place().directory(),
						"another process writes " + job.place().target() + " at the same time", failure.getCause());
			}
			return settled;
		}
	}

	private @Nullable CachedModel compare(FileJob job, Runnable hashing) {
		Candidate candidate = job.candidate();
		if (job.file().expected() != null) {
			CachedModel proved = this.lookUp.proved(job, hashing);
			return (proved != null) ? proved : decide(candidate, described(job, null), hashing);
		}
		Long stated = (job.compression() == null) ? statedSize(job) : null;
		if (stated != null && stated != this.lookUp.size(candidate)) {
			return decide(candidate, described(job, stated), hashing);
		}
		try {
			return this.lookUp.unproven(candidate, hashing);
		}
		catch (ModelFormatException ex) {
			return decide(candidate, described(job, null), hashing);
		}
	}

	private @Nullable Long statedSize(FileJob job) {
		if (job.file().size() != null) {
			return job.file().size();
		}
		SourceState state = this.files.state(job);
		return (state != null) ? state.size() : null;
	}

	private static boolean keeps(Candidate candidate) {
		return candidate.request().modelPathConflict() == ModelPathConflict.KEEP;
	}

	private @Nullable CachedModel decide(Candidate candidate, String expected, Runnable hashing) {
		return switch (candidate.request().modelPathConflict()) {
			case FAIL -> throw conflict(candidate, expected, "");
			case KEEP -> kept(candidate, expected, hashing);
			case REPLACE -> null;
		};
	}

	private CachedModel kept(Candidate candidate, String expected, Runnable hashing) {
		String refused = candidate.request().digestRequired()
				? candidate.request().key("require-checksum") + " forbids to keep it"
				: this.lookUp.isPinned(candidate) ? "the lock file forbids to keep it"
						: (this.lookUp.size(candidate) < 0) ? "only a file can be kept" : null;
		if (refused != null) {
			throw conflict(candidate, expected, "; " + refused);
		}
		return this.lookUp.kept(candidate, expected, hashing);
	}

	private static String described(ExpectedDigest expected) {
		return "a file with the digest " + expected.digest() + " (" + expected.origin().description() + ")";
	}

	private static String described(FileJob job, @Nullable Long stated) {
		ExpectedDigest expected = job.file().expected();
		Long size = (stated != null) ? stated : (job.compression() == null) ? job.file().size() : null;
		String bytes = (size != null) ? size + " bytes" : "a model";
		return bytes + " from " + job.candidate().source()
				+ ((expected != null) ? " with the digest " + expected.digest() + " (" + expected.origin().description()
						+ ((job.compression() != null) ? ", perhaps of the compressed file)" : ")") : "");
	}

	private ModelConfigurationException conflict(Candidate candidate, String expected, String refused) {
		ModelRequest request = candidate.request();
		Path path = this.lookUp.place(candidate).target();
		String key = request.key("model-path-conflict");
		return new ModelConfigurationException(request.id(), request.key("model-path"),
				path + " is " + describe(candidate, path) + " that this cache did not put there; expected was "
						+ expected + refused,
				"Either move the file away to have the model brought, or set " + key + "=keep to serve the file as it"
						+ " is, or " + key + "=replace to have it moved aside to " + path.getFileName()
						+ ".replaced-<time> when the model is published");
	}

	private String describe(Candidate candidate, Path path) {
		String link = Files.isSymbolicLink(path) ? "a symbolic link to " : "";
		if (!Files.isRegularFile(path)) {
			return link + (Files.isDirectory(path) ? "a directory" : "something");
		}
		String size = " of " + this.lookUp.size(candidate) + " bytes";
		ModelFormat format = this.formats.describe(path);
		if (format == null) {
			return link + "a file" + size;
		}
		return link + "a file" + size + " in the format " + format.type()
				+ ((format.name() != null) ? " ('" + format.name() + "')" : "");
	}

}
