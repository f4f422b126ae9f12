package dev.modelcache.internal.acquire;

import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelPathConflict;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.store.Occupant;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.ResolvedModel;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Decides about a file at {@code model-path} that this cache did not put there. It is
 * adopted if it is the model; if it differs, {@link ModelPathConflict} tells what
 * happens.
 */
final class ModelPathFiles {

	private final CacheLookUp lookUp;

	private final FileAcquisition files;

	private final FormatCheck formats;

	private final BlockingSteps steps;

	ModelPathFiles(CacheLookUp lookUp, FileAcquisition files, FormatCheck formats, BlockingSteps steps) {
		this.lookUp = lookUp;
		this.files = files;
		this.formats = formats;
		this.steps = steps;
	}

	/**
	 * Settles whose the file is before its source is asked. A look-up has found that it
	 * does not have the expected digest, if there is one.
	 * @return the model if the file is kept, or empty if the model may be brought
	 */
	Mono<CachedModel> settle(Candidate candidate, FileMonitor monitor) {
		return this.steps.call(() -> {
			ExpectedDigest expected = this.lookUp.expected(candidate);
			if (expected == null) {
				return null;
			}
			return switch (this.lookUp.occupant(candidate)) {
				case NOTHING, OURS -> null;
				case CHANGED -> keeps(candidate) ? kept(candidate, described(expected), monitor) : null;
				case OTHERS -> decide(candidate, described(expected), monitor);
			};
		});
	}

	/**
	 * Settles whose the file is, now that its source has said what it should be.
	 * @return the model if the file is it or is kept, or empty if it may be brought
	 */
	Mono<CachedModel> settle(FileJob job, FileMonitor monitor) {
		Candidate candidate = job.candidate();
		return this.steps.call(() -> this.lookUp.occupant(candidate)).flatMap((occupant) -> switch (occupant) {
			case NOTHING, OURS -> Mono.empty();
			case CHANGED ->
				keeps(candidate) ? this.steps.call(() -> kept(candidate, described(job, null), monitor)) : Mono.empty();
			case OTHERS -> compare(job, monitor);
		});
	}

	/**
	 * Settles whose the file is that stands where a model of several files will be.
	 * @return the file if it is kept, or empty if the model may be brought
	 */
	Mono<CachedModel> settle(Candidate candidate, ResolvedModel model, FileMonitor monitor) {
		String expected = "a model of " + model.files().size() + " file(s) from " + candidate.source();
		return this.steps.call(() -> {
			Occupant occupant = this.lookUp.occupant(candidate);
			boolean others = occupant == Occupant.OTHERS || (occupant == Occupant.CHANGED && keeps(candidate));
			return others ? decide(candidate, expected, monitor) : null;
		});
	}

	/**
	 * Settles it again if a file appeared while the model was brought: the user's, or,
	 * where there are no locks, that of another process with the same model.
	 */
	Mono<CachedModel> settlingLatecomers(FileJob job, FileMonitor monitor, Mono<CachedModel> brought) {
		return brought
			.onErrorResume(UncheckedIOException.class,
					(failure) -> (failure.getCause() instanceof FileAlreadyExistsException)
							? settle(job, monitor).switchIfEmpty(Mono.defer(() -> compare(job, monitor)))
								.switchIfEmpty(Mono.error(() -> replacedMeanwhile(job, failure)))
							: Mono.error(failure));
	}

	private static ModelStorageException replacedMeanwhile(FileJob job, UncheckedIOException failure) {
		return new ModelStorageException(job.modelId(), job.place().directory(),
				"another process writes " + job.place().target() + " at the same time", failure.getCause());
	}

	private Mono<CachedModel> compare(FileJob job, FileMonitor monitor) {
		Candidate candidate = job.candidate();
		if (job.file().expected() != null) {
			return this.steps.call(() -> {
				CachedModel proved = this.lookUp.proved(job, monitor::verifying);
				return (proved != null) ? proved : decide(candidate, described(job, null), monitor);
			});
		}
		Mono<Long> size = (job.compression() != null) ? Mono.empty()
				: Mono.justOrEmpty(job.file().size()).switchIfEmpty(this.files.state(job).map((state) -> state.size()));
		return size.defaultIfEmpty(-1L).flatMap((stated) -> this.steps.call(() -> {
			if (stated >= 0 && stated != this.lookUp.size(candidate)) {
				return decide(candidate, described(job, stated), monitor);
			}
			try {
				return this.lookUp.unproven(candidate, monitor::verifying);
			}
			catch (ModelFormatException ex) {
				return decide(candidate, described(job, null), monitor);
			}
		}));
	}

	private static boolean keeps(Candidate candidate) {
		return candidate.request().modelPathConflict() == ModelPathConflict.KEEP;
	}

	private @Nullable CachedModel decide(Candidate candidate, String expected, FileMonitor monitor) {
		return switch (candidate.request().modelPathConflict()) {
			case FAIL -> throw conflict(candidate, expected, "");
			case KEEP -> kept(candidate, expected, monitor);
			case REPLACE -> null;
		};
	}

	private CachedModel kept(Candidate candidate, String expected, FileMonitor monitor) {
		String refused = candidate.request().digestRequired()
				? candidate.request().key("require-checksum") + " forbids to keep it"
				: this.lookUp.isPinned(candidate) ? "the lock file forbids to keep it"
						: (this.lookUp.size(candidate) < 0) ? "only a file can be kept" : null;
		if (refused != null) {
			throw conflict(candidate, expected, "; " + refused);
		}
		return this.lookUp.kept(candidate, expected, monitor::verifying);
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
