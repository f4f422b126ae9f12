/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.Digest.Algorithm;
import org.jspecify.annotations.Nullable;

/**
 * A Hugging Face Hub on the loopback interface, and its content delivery network on
 * another origin: the API of models, resolved files with the headers of the real one,
 * redirects to signed URLs, gated and private repositories, a limit of requests. Or a
 * mirror of it that drops what mirrors drop.
 */
public final class HubServer implements AutoCloseable {

	private final MisbehavingServer hub = MisbehavingServer.start();

	private final MisbehavingServer cdn = MisbehavingServer.start();

	private final Set<String> tokens = new CopyOnWriteArraySet<>();

	private final Map<String, AtomicInteger> signatures = new ConcurrentHashMap<>();

	private final AtomicInteger signatureNumbers = new AtomicInteger();

	private volatile int usesOfSignature = Integer.MAX_VALUE;

	private volatile boolean api = true;

	private volatile boolean headers = true;

	/** Starts a Hub without repositories. */
	public static HubServer start() {
		return new HubServer();
	}

	/** Returns its address, without a slash at the end. */
	public URI endpoint() {
		return URI.create("http://127.0.0.1:" + this.hub.port());
	}

	/** Returns the Hub's own origin. */
	public MisbehavingServer hub() {
		return this.hub;
	}

	/** Returns the origin of the large files. */
	public MisbehavingServer cdn() {
		return this.cdn;
	}

	/** Accepts a token. */
	public HubServer token(String token) {
		this.tokens.add(token);
		return this;
	}

	/**
	 * Lets each signed URL work for a number of requests; the next one is answered 403.
	 */
	public HubServer signaturesLast(int requests) {
		this.usesOfSignature = requests;
		return this;
	}

	/** Behaves like a mirror without the API. */
	public HubServer withoutApi() {
		this.api = false;
		return this;
	}

	/** Behaves like a mirror that drops the headers of the Hub. */
	public HubServer withoutHeaders() {
		this.headers = false;
		return this;
	}

	/** Answers questions about a repository as the Hub does where there is none. */
	public HubServer missing(String repository, String revision, String file) {
		this.hub.answer("/api/models/" + repository + "/revision/" + revision, this::missing);
		this.hub.answer("/" + repository + "/resolve/" + revision + "/" + file, this::missing);
		return this;
	}

	/**
	 * Redirects from a former name of a repository, as the Hub does: to the same place of
	 * the present one, by a relative URL.
	 */
	public HubServer renamed(String former, String present, String commit, String... files) {
		for (String revision : List.of("main", commit)) {
			this.hub.answer("/api/models/" + former + "/revision/" + revision,
					(request) -> this.api
							? Reply.redirect(307,
									"/api/models/" + present + "/revision/" + revision + "?" + request.query())
							: Reply.status(404));
			for (String file : files) {
				this.hub.always("/" + former + "/resolve/" + revision + "/" + file,
						Reply.redirect(307, "/" + present + "/resolve/" + revision + "/" + file));
			}
		}
		return this;
	}

	/** Adds a repository with the branch "main" at a commit. */
	public Repository repository(String name, String commit) {
		return new Repository(name, commit);
	}

	/** Goes down, with its content delivery network. */
	public void refuse() {
		this.hub.refuse();
		this.cdn.refuse();
	}

	@Override
	public void close() {
		this.hub.close();
		this.cdn.close();
	}

	private boolean isKnown(RecordedRequest request) {
		String authorization = request.header("Authorization");
		return authorization != null && this.tokens.contains(authorization.replaceFirst("^Bearer ", ""));
	}

	private Reply missing(RecordedRequest request) {
		if (!this.api && request.path().startsWith("/api/")) {
			return Reply.status(404).body("Not Found");
		}
		return isKnown(request) ? error(404, "RepoNotFound", "Repository not found")
				: error(401, "RepoNotFound", "Invalid username or password.");
	}

	private Reply error(int status, @Nullable String code, String message) {
		Reply reply = Reply.status(status).header("X-Request-Id", "Root=1-2").body("{\"error\":\"" + message + "\"}");
		reply = reply.header("X-Error-Message", message);
		return (code != null) ? reply.header("X-Error-Code", code) : reply;
	}

	/**
	 * A repository. Whatever is told of it holds for files that are added later.
	 */
	public final class Repository {

		private final String name;

		private final String commit;

		private final Map<String, Content> files = new LinkedHashMap<>();

		private final Set<String> revisions = new CopyOnWriteArraySet<>();

		private final Set<String> large = new CopyOnWriteArraySet<>();

		private final Set<String> incomplete = new CopyOnWriteArraySet<>();

		private final Map<String, String> lastCommits = new ConcurrentHashMap<>();

		private volatile @Nullable String modified;

		private volatile boolean isPrivate;

		private volatile boolean disabled;

		private volatile @Nullable String gate;

		private volatile Set<String> admitted = Set.of();

		private Repository(String name, String commit) {
			this.name = name;
			this.commit = commit;
			revision("main");
			revision(commit);
			HubServer.this.hub.answer("/api/models/" + name + "/auth-check", (request) -> {
				Reply refusal = refusal(request);
				return (refusal != null) ? refusal : Reply.status(200);
			});
		}

		/** Adds a name of the commit, as it stands in URLs. */
		public Repository revision(String revision) {
			HubServer.this.hub.answer("/api/models/" + this.name + "/revision/" + revision, this::info);
			HubServer.this.hub.answer("/api/models/" + this.name + "/tree/" + revision, (request) -> tree());
			HubServer.this.hub.answer("/api/models/" + this.name + "/paths-info/" + revision, this::pathsInfo);
			this.files.keySet().forEach((file) -> resolve(revision, file));
			this.revisions.add(revision);
			return this;
		}

		/** Adds a file that is kept apart from git, which is every large one. */
		public Repository large(String file, Content content) {
			this.large.add(file);
			HubServer.this.cdn.serve(cdnPath(content), content);
			HubServer.this.cdn.answer(cdnPath(content), HubServer.this::signed);
			return add(file, content);
		}

		/** Adds a small file. */
		public Repository small(String file, String text) {
			Content content = Content.of(text);
			String cached = cachePath(file);
			HubServer.this.hub.serve(cached, content);
			HubServer.this.hub.answer(cached, (request) -> small(content, request));
			return add(file, content);
		}

		/** Leaves the sizes and digests of a file out of the API's answers. */
		public Repository incomplete(String file) {
			this.incomplete.add(file);
			return this;
		}

		/** Says which earlier commit was the last one that changed a file. */
		public Repository lastChanged(String file, String earlier) {
			this.lastCommits.put(file, earlier);
			return this;
		}

		/** Answers questions about a file that is not there. */
		public Repository absent(String file) {
			this.revisions.forEach((revision) -> HubServer.this.hub.answer(path(revision, file),
					(request) -> error(404, "EntryNotFound", "Entry not found")));
			return this;
		}

		/** Answers questions about a revision that is not there. */
		public Repository absentRevision(String revision) {
			HubServer.this.hub.answer("/api/models/" + this.name + "/revision/" + revision,
					(request) -> error(404, "RevisionNotFound", "Invalid rev id: " + revision));
			return this;
		}

		/** Admits none but the owners of some tokens to the files. */
		public Repository gated(String... tokens) {
			this.gate = "manual";
			this.admitted = Set.of(tokens);
			return this;
		}

		/** Hides the repository from everybody without a known token. */
		public Repository isPrivate() {
			this.isPrivate = true;
			return this;
		}

		/** Says when the commit was made. */
		public Repository modified(String time) {
			this.modified = time;
			return this;
		}

		/** Serves the files to nobody. */
		public Repository disabled() {
			this.disabled = true;
			return this;
		}

		private Repository add(String file, Content content) {
			this.files.put(file, content);
			this.revisions.forEach((revision) -> resolve(revision, file));
			return this;
		}

		private void resolve(String revision, String file) {
			HubServer.this.hub.answer(path(revision, file), (request) -> file(revision, file, request));
		}

		private String path(String revision, String file) {
			return "/" + this.name + "/resolve/" + revision + "/" + file;
		}

		private String cachePath(String file) {
			return "/api/resolve-cache/models/" + this.name + "/" + this.commit + "/" + file;
		}

		private Reply info(RecordedRequest request) {
			if (!HubServer.this.api) {
				return Reply.status(404).body("Not Found");
			}
			if (this.isPrivate && !isKnown(request)) {
				return missing(request);
			}
			boolean blobs = "blobs=true".equals(request.query());
			StringBuilder siblings = new StringBuilder();
			this.files.forEach((file, content) -> siblings.append(siblings.isEmpty() ? "" : ",")
				.append("{\"rfilename\":\"" + file + "\"")
				.append((blobs && !this.incomplete.contains(file)) ? facts(file, content) : "")
				.append("}"));
			return Reply.status(200)
				.header("Content-Type", "application/json; charset=utf-8")
				.body("{\"_id\":\"1\",\"id\":\"" + this.name + "\",\"modelId\":\"" + this.name + "\",\"sha\":\""
						+ this.commit + "\""
						+ ((this.modified != null) ? ",\"lastModified\":\"" + this.modified + "\"" : "")
						+ ",\"private\":" + this.isPrivate + ",\"disabled\":" + this.disabled + ",\"gated\":"
						+ ((this.gate != null) ? "\"" + this.gate + "\"" : "false") + ",\"siblings\":[" + siblings
						+ "]}");
		}

		/** All files and directories, as the page of the repository shows them. */
		private Reply tree() {
			Stream<String> directories = this.files.keySet()
				.stream()
				.filter((file) -> file.contains("/"))
				.map((file) -> file.substring(0, file.lastIndexOf('/')))
				.distinct()
				.map((directory) -> "{\"type\":\"directory\",\"oid\":\"" + this.commit + "\",\"size\":0,\"path\":\""
						+ directory + "\"}");
			return entries(Stream.concat(directories, this.files.keySet().stream().map(this::entry)));
		}

		/** The files that are asked for. */
		private Reply pathsInfo(RecordedRequest request) {
			return entries(this.files.keySet()
				.stream()
				.filter((file) -> request.body().contains("\"" + file + "\""))
				.map(this::entry));
		}

		private static Reply entries(Stream<String> entries) {
			return Reply.status(200)
				.header("Content-Type", "application/json; charset=utf-8")
				.body(entries.collect(Collectors.joining(",", "[", "]")));
		}

		private String entry(String file) {
			Content content = Objects.requireNonNull(this.files.get(file));
			String sha256 = content.sha256().hex();
			boolean isLarge = this.large.contains(file);
			return "{\"type\":\"file\",\"path\":\"" + file + "\",\"size\":" + content.size() + ",\"oid\":\""
					+ (isLarge ? Content.of("pointer") : content).digest(Algorithm.GIT_SHA1).hex() + "\""
					+ (isLarge ? ",\"lfs\":{\"oid\":\"" + sha256 + "\",\"size\":" + content.size()
							+ ",\"pointerSize\":135},\"xetHash\":\"" + "0".repeat(64) + "\"" : "")
					+ ",\"lastCommit\":{\"id\":\"" + this.lastCommits.getOrDefault(file, this.commit)
					+ "\",\"title\":\"Add files\",\"date\":\"2026-01-01T00:00:00.000Z\"}}";
		}

		private String facts(String file, Content content) {
			if (!this.large.contains(file)) {
				return ",\"size\":" + content.size() + ",\"blobId\":\"" + content.digest(Algorithm.GIT_SHA1).hex()
						+ "\"";
			}
			return ",\"size\":" + content.size() + ",\"blobId\":\""
					+ Content.of("pointer").digest(Algorithm.GIT_SHA1).hex() + "\",\"lfs\":{\"sha256\":\""
					+ content.sha256().hex() + "\",\"size\":" + content.size() + ",\"pointerSize\":135}";
		}

		private @Nullable Reply refusal(RecordedRequest request) {
			if (this.isPrivate && !isKnown(request)) {
				return missing(request);
			}
			if (this.disabled) {
				return error(403, null, "Access to this resource is disabled.");
			}
			String authorization = request.header("Authorization");
			if (this.gate != null && (authorization == null || !this.admitted.contains(authorization.substring(7)))) {
				return error((authorization != null) ? 403 : 401, "GatedRepo",
						"Access to model " + this.name + " is restricted.");
			}
			return null;
		}

		private Reply file(String revision, String file, RecordedRequest request) {
			Reply refusal = refusal(request);
			if (refusal != null) {
				return refusal;
			}
			Content content = this.files.get(file);
			if (this.large.contains(file)) {
				String location = HubServer.this.cdn.uri(cdnPath(content)) + "?Expires=1&Signature=" + newSignature();
				return hubHeaders(Reply.redirect(302, location).header("Cache-Control", "no-store"), content);
			}
			if (revision.equals(this.commit)) {
				HubServer.this.hub.serve(request.path(), content);
				return small(content, request);
			}
			return smallHeaders(Reply.redirect(307,
					cachePath(file) + "?%2F&etag=%22" + content.digest(Algorithm.GIT_SHA1).hex() + "%22"));
		}

		private Reply small(Content content, RecordedRequest request) {
			Reply refusal = refusal(request);
			if (refusal != null) {
				return refusal;
			}
			Reply reply = Reply.ok().etag("\"" + content.digest(Algorithm.GIT_SHA1).hex() + "\"");
			return HubServer.this.headers ? smallHeaders(reply) : Reply.ok();
		}

		private Reply smallHeaders(Reply reply) {
			return HubServer.this.headers ? reply.header("X-Repo-Commit", this.commit) : reply;
		}

		private Reply hubHeaders(Reply reply, Content content) {
			if (!HubServer.this.headers) {
				return reply;
			}
			return reply.header("X-Repo-Commit", this.commit)
				.header("X-Linked-Size", Long.toString(content.size()))
				.header("X-Linked-ETag", "\"" + content.sha256().hex() + "\"")
				.header("X-Xet-Hash", "0".repeat(64))
				.header("Accept-Ranges", "bytes");
		}

	}

	private static String cdnPath(Content content) {
		return "/xet-bridge-us/" + content.sha256().hex();
	}

	private String newSignature() {
		String signature = "s" + this.signatureNumbers.incrementAndGet();
		this.signatures.put(signature, new AtomicInteger(this.usesOfSignature));
		return signature;
	}

	/** The network knows signatures, not tokens: one that comes along is a leak. */
	private Reply signed(RecordedRequest request) {
		if (request.header("Authorization") != null) {
			return Reply.status(400).body("Only one auth mechanism allowed");
		}
		String query = String.valueOf(request.query());
		AtomicInteger uses = this.signatures.get(query.substring(query.lastIndexOf('=') + 1));
		if (uses == null || uses.getAndDecrement() <= 0) {
			return Reply.status(403).body("<Error><Code>AccessDenied</Code></Error>");
		}
		return Reply.ok();
	}

}
