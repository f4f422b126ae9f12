package dev.modelcache.runtime.llama;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;

import de.kherud.llama.ModelParameters;
import dev.modelcache.runtime.llama.Request.Reply;

/**
 * The main program of the process that a model runs in. It has nothing but the JDK, this
 * package and the library of llama.cpp on its class path, takes requests from its
 * standard input, and ends with it: when the application closes the model, or is gone.
 */
final class LlamaMain {

	private final Set<Integer> abandoned = ConcurrentHashMap.newKeySet();

	private final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();

	private final DataOutputStream replies;

	private LlamaMain(DataOutputStream replies) {
		this.replies = replies;
	}

	/**
	 * Loads a model and answers until the end of the standard input.
	 * @param arguments as {@link #arguments} makes them
	 */
	public static void main(String[] arguments) {
		// Nothing else may come between the replies: the library prints to System.out.
		OutputStream output = new FileOutputStream(FileDescriptor.out);
		System.setOut(new PrintStream(OutputStream.nullOutputStream()));
		LlamaMain main = new LlamaMain(new DataOutputStream(new BufferedOutputStream(output)));
		Thread inference = new Thread(() -> main.answer(parameters(arguments)), "inference");
		inference.start();
		try (DataInputStream input = new DataInputStream(new BufferedInputStream(System.in))) {
			while (true) {
				main.accept(Request.read(input));
			}
		}
		catch (IOException ex) {
			delete(Path.of(arguments[0]));
			// Not System.exit: the library's threads may be in the middle of a token.
			Runtime.getRuntime().halt(0);
		}
	}

	/**
	 * Returns the arguments of the program.
	 * @param directory the directory of the process
	 * @param model the file
	 * @param contextSize how many tokens a prompt and its answer may have
	 * @param settings how the model is run
	 * @return the arguments
	 */
	static List<String> arguments(Path directory, Path model, int contextSize, LlamaSettings settings) {
		return List.of(directory.toString(), model.toString(), Integer.toString(contextSize),
				Boolean.toString(settings.mmap()), (settings.threads() != null) ? settings.threads().toString() : "",
				(settings.gpuLayers() != null) ? settings.gpuLayers().toString() : "");
	}

	private static ModelParameters parameters(String[] arguments) {
		ModelParameters parameters = new ModelParameters().setModel(arguments[1])
			.setCtxSize(Integer.parseInt(arguments[2]))
			.setParallel(1)
			.disableContextShift()
			.disableLog();
		if (!Boolean.parseBoolean(arguments[3])) {
			parameters.disableMmap();
		}
		if (!arguments[4].isEmpty()) {
			parameters.setThreads(Integer.parseInt(arguments[4]));
		}
		if (!arguments[5].isEmpty()) {
			parameters.setGpuLayers(Integer.parseInt(arguments[5]));
		}
		return parameters;
	}

	private void accept(Request request) {
		if (request.isCancellation()) {
			this.abandoned.add(request.id());
		}
		else {
			this.requests.add(request);
		}
	}

	private void answer(ModelParameters parameters) {
		try {
			Inference inference = new Inference(parameters);
			new Reply(Request.LOADING, true, "").write(this.replies);
			while (true) {
				answer(inference, this.requests.take());
			}
		}
		catch (RuntimeException | LinkageError ex) {
			refuse(ex);
		}
		catch (IOException | InterruptedException ex) {
			// The application is gone; so is the standard input.
		}
	}

	private void answer(Inference inference, Request request) throws IOException {
		try {
			String text = inference.answer(request, () -> this.abandoned.contains(request.id()));
			new Reply(request.id(), true, text).write(this.replies);
		}
		catch (CancellationException ex) {
			new Reply(request.id(), false, "abandoned").write(this.replies);
		}
		catch (RuntimeException ex) {
			new Reply(request.id(), false, String.valueOf(ex.getMessage())).write(this.replies);
		}
		this.abandoned.remove(request.id());
	}

	private void refuse(Throwable failure) {
		try {
			String problem = (failure instanceof LinkageError) ? failure.toString() : failure.getMessage();
			new Reply(Request.LOADING, false, String.valueOf(problem)).write(this.replies);
		}
		catch (IOException ex) {
			// The application is gone; so is the standard input.
		}
	}

	/**
	 * Deletes the directory of a process, as far as possible.
	 * @param directory the directory, which has no others in it
	 */
	static void delete(Path directory) {
		try (Stream<Path> files = Files.list(directory)) {
			for (Path file : files.toList()) {
				Files.deleteIfExists(file);
			}
			Files.deleteIfExists(directory);
		}
		catch (IOException ex) {
			// On Windows, the library cannot be deleted by the process that uses it.
		}
	}

}
