package dev.modelcache.runtime.llama;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaIterator;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import dev.modelcache.CachedModel;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelFormatException;
import dev.modelcache.runtime.LoadedModel;
import dev.modelcache.runtime.ModelLoadException;
import dev.modelcache.runtime.ModelLoader;

/**
 * Loads GGUF files with llama.cpp, in this process.
 */
public final class LlamaModelLoader implements ModelLoader {

	/**
	 * How often, and how long, the library is left alone. Each time it comes to rest
	 * unless its thread is not scheduled just then: all of them together would have to
	 * miss.
	 */
	private static final int RESTS = 4;

	private static final Duration REST = Duration.ofMillis(5);

	private final LlamaSettings settings;

	private final NativeThreads threads = new NativeThreads();

	/**
	 * Creates a loader. The native library is loaded with the first model.
	 * @param settings how models are run
	 */
	public LlamaModelLoader(LlamaSettings settings) {
		this.settings = settings;
	}

	/**
	 * Notes that the application failed: a process that ends with llama.cpp's threads in
	 * it then ends with the exit code 1.
	 */
	public void applicationFailed() {
		this.threads.exitCode(1);
	}

	@Override
	public LoadedModel load(CachedModel model) {
		ModelFormat format = model.format();
		if (format != null && !format.type().equals("GGUF")) {
			throw new ModelFormatException(model.id(), "the file " + model.path() + " is of the format " + format.type()
					+ ", which llama.cpp does not read", "Configure the GGUF file of the model");
		}
		if (!Files.isReadable(model.path())) {
			throw new ModelLoadException(model.id(), "the file " + model.path() + " is gone or cannot be read",
					"Ask for the model again", null);
		}
		try {
			return start(model);
		}
		catch (LinkageError ex) {
			throw new ModelLoadException(model.id(), "llama.cpp has no native library for this machine",
					"Use Linux (with glibc), macOS or Windows on x86-64 or Arm, or build the library and set the system property"
							+ " de.kherud.llama.lib.path",
					ex);
		}
		catch (IOException | RuntimeException ex) {
			throw new ModelLoadException(model.id(), "llama.cpp cannot load " + model.path() + ": " + ex.getMessage(),
					"Check that its architecture is known to this version of llama.cpp and that it fits into memory",
					ex);
		}
	}

	private LoadedModel start(CachedModel model) throws IOException {
		NativeLibrary.prepare();
		Set<Thread> before = NativeThreads.all();
		LlamaModel started = new LlamaModel(parameters(model));
		try {
			settle(started);
			return new LlamaLoadedModel(started);
		}
		catch (RuntimeException ex) {
			started.close();
			throw ex;
		}
		finally {
			this.threads.adopt(before);
		}
	}

	/**
	 * Takes a few tokens, which proves that the model computes and that its thread is
	 * there, and lets the library come to rest in between. The first time that it has
	 * nothing to do, version 4.2.0 clears its cache of prompts, but goes on to believe
	 * that the last prompt is in it: whatever shares a beginning with that one would be
	 * answered without this beginning from then on. So it rests before the first prompt
	 * that is kept, and that one is computed anew.
	 */
	private static void settle(LlamaModel model) {
		for (int i = 0; i < RESTS; i++) {
			takeToken(model);
			LockSupport.parkNanos(REST.toNanos());
		}
		takeToken(model);
	}

	private static void takeToken(LlamaModel model) {
		InferenceParameters parameters = new InferenceParameters("").setNPredict(1).setCachePrompt(false);
		LlamaIterator output = model.generate(parameters).iterator();
		while (output.hasNext()) {
			output.next();
		}
	}

	private ModelParameters parameters(CachedModel model) {
		ModelFormat format = model.format();
		ModelParameters parameters = new ModelParameters().setModel(model.path().toString())
			.setCtxSize(this.settings.contextSizeFor((format != null) ? format.contextLength() : null))
			.setParallel(1)
			.disableContextShift()
			.disableLog();
		if (this.settings.threads() != null) {
			parameters.setThreads(this.settings.threads());
		}
		if (this.settings.gpuLayers() != null) {
			parameters.setGpuLayers(this.settings.gpuLayers());
		}
		return this.settings.mmap() ? parameters : parameters.disableMmap();
	}

}
