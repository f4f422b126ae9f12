package dev.modelcache.runtime.llama;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.runtime.Question;
import dev.modelcache.runtime.llama.Request.Reply;
import org.jspecify.annotations.Nullable;

/**
 * A process that runs a model. It ends with this one, whatever happens to this one.
 */
final class LlamaProcess implements Closeable {

	private static final String ERRORS = "stderr.log";

	private static final int LONGEST_ERROR = 300;

	private static final int GRACE_SECONDS = 2;

	private final Process process;

	private final Path directory;

	private final DataOutputStream requests;

	private final AtomicInteger lastId = new AtomicInteger();

	private final Map<Integer, CompletableFuture<Reply>> pending = new ConcurrentHashMap<>();

	private volatile @Nullable String end;

	private LlamaProcess(Process process, Path directory) {
		this.process = process;
		this.directory = directory;
		this.requests = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
	}

	/**
	 * Starts a process.
	 * @param model the file
	 * @param contextSize how many tokens a prompt and its answer may have
	 * @param settings how the model is run
	 * @return the process, which may be asked as soon as {@link #loaded} completes
	 * @throws IOException if it cannot be started
	 */
	static LlamaProcess start(Path model, int contextSize, LlamaSettings settings) throws IOException {
		Path directory = ProcessCommand.directory();
		try {
			List<String> command = ProcessCommand.of(directory);
			command.addAll(LlamaMain.arguments(directory, model, contextSize, settings));
			ProcessBuilder builder = new ProcessBuilder(command).redirectError(directory.resolve(ERRORS).toFile());
			builder.environment().keySet().removeAll(ProcessCommand.VARIABLES_OF_JVMS);
			return new LlamaProcess(builder.start(), directory);
		}
		catch (IOException | RuntimeException ex) {
			LlamaMain.delete(directory);
			throw ex;
		}
	}

	/**
	 * Begins to listen to the process. To be called once.
	 * @return completes when the model is loaded, or is refused
	 */
	CompletableFuture<Reply> loaded() {
		CompletableFuture<Reply> loaded = new CompletableFuture<>();
		this.pending.put(Request.LOADING, loaded);
		Thread listener = new Thread(this::listen, "modelcache-llama");
		listener.setDaemon(true);
		listener.start();
		return loaded;
	}

	private void listen() {
		try (DataInputStream replies = new DataInputStream(new BufferedInputStream(this.process.getInputStream()))) {
			while (true) {
				take(Reply.read(replies));
			}
		}
		catch (IOException ex) {
			ended();
		}
	}

	private void take(Reply reply) {
		CompletableFuture<Reply> waiting = this.pending.remove(reply.id());
		if (waiting != null) {
			waiting.complete(reply);
		}
	}

	private void ended() {
		this.end = "its process ended" + exitCode() + errors();
		this.pending.keySet().forEach(this::failAtEnd);
	}

	private void failAtEnd(int id) {
		String reason = this.end;
		if (reason != null) {
			take(new Reply(id, false, reason));
		}
	}

	private String exitCode() {
		try {
			return " with the exit code " + this.process.waitFor();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return "";
		}
	}

	private String errors() {
		try {
			String text = new String(Files.readAllBytes(this.directory.resolve(ERRORS)), StandardCharsets.UTF_8).strip()
				.replaceAll("\\s+", " ");
			return text.isEmpty() ? "" : ": " + text.substring(0, Math.min(text.length(), LONGEST_ERROR));
		}
		catch (IOException ex) {
			return "";
		}
	}

	/**
	 * Asks a question.
	 * @param question the question
	 * @return its number, and what completes with the reply
	 */
	Asked ask(Question question) {
		int id = this.lastId.incrementAndGet();
		CompletableFuture<Reply> reply = new CompletableFuture<>();
		this.pending.put(id, reply);
		send(new Request(id, question.prompt(), question.answers(), question.temperature()));
		// It may have ended before it was asked.
		failAtEnd(id);
		return new Asked(id, reply);
	}

	/**
	 * Tells the process that nobody waits for an answer any more.
	 * @param asked what was asked
	 */
	void cancel(Asked asked) {
		if (this.pending.remove(asked.id()) != null) {
			send(Request.cancellationOf(asked.id()));
		}
	}

	private synchronized void send(Request request) {
		try {
			request.write(this.requests);
		}
		catch (IOException ex) {
			// It has ended: whoever listens to it says so.
		}
	}

	/**
	 * Returns why the process ended.
	 * @return the reason, or {@code null} while it runs
	 */
	@Nullable String end() {
		return this.end;
	}

	/**
	 * Returns the process.
	 * @return the process
	 */
	ProcessHandle handle() {
		return this.process.toHandle();
	}

	/**
	 * Ends the process and waits for that.
	 */
	@Override
	public void close() {
		try {
			this.process.getOutputStream().close();
			if (!this.process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
				this.process.destroyForcibly().waitFor();
			}
		}
		catch (IOException ex) {
			this.process.destroyForcibly();
		}
		catch (InterruptedException ex) {
			this.process.destroyForcibly();
			Thread.currentThread().interrupt();
		}
		LlamaMain.delete(this.directory);
	}

	/**
	 * A question that was asked.
	 *
	 * @param id its number
	 * @param reply completes with the reply
	 */
	record Asked(int id, CompletableFuture<Reply> reply) {

	}

}
