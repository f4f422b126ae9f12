/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * A registry on the loopback interface that answers as Docker's, Ollama's and others do:
 * manifests, blobs, challenges, tokens that expire, redirects to signed URLs of another
 * origin.
 */
public final class FakeRegistry implements AutoCloseable {

	private final MisbehavingServer registry;

	private final MisbehavingServer realm = MisbehavingServer.start();

	private final MisbehavingServer cdn = MisbehavingServer.start();

	private final Set<String> validTokens = ConcurrentHashMap.newKeySet();

	private final Set<String> validSignatures = ConcurrentHashMap.newKeySet();

	private final AtomicInteger numbers = new AtomicInteger();

	private Supplier<@Nullable String> challenge = () -> null;

	private @Nullable String basic;

	private int refusal;

	private int others = 200;

	private @Nullable String contentType = "application/vnd.oci.image.manifest.v1+json";

	private boolean statingDigests = true;

	private boolean redirecting;

	/** How many requests one token is good for. */
	private int requestsPerToken = Integer.MAX_VALUE;

	private final Map<String, AtomicInteger> uses = new ConcurrentHashMap<>();

	/** Creates a registry of plain http. */
	public FakeRegistry() {
		this(MisbehavingServer.start());
	}

	private FakeRegistry(MisbehavingServer registry) {
		this.registry = registry;
	}

	/**
	 * Starts a registry behind a proxy that terminates TLS. It gives tokens itself, and
	 * takes its own address for one of plain http.
	 */
	public static FakeRegistry behindTls() {
		FakeRegistry registry = new FakeRegistry(MisbehavingServer.startTls());
		registry.registry.answer("/token", registry::grant);
		return registry.wantingTokensOf("http://" + registry.host() + "/token?account=x");
	}

	/** Returns the host and port. */
	public String host() {
		return "127.0.0.1:" + this.registry.port();
	}

	/** Returns a URL of a model in it. */
	public URI url(String scheme, String name) {
		return URI.create(scheme + "://" + host() + "/" + name);
	}

	/** Asks for tokens, which anybody gets at a realm on another port. */
	public FakeRegistry wantingTokens() {
		return wantingTokensOf(this.realm.uri("/token?account=x").toString());
	}

	/** Asks for tokens of a realm of the test's choice. */
	public FakeRegistry wantingTokensOf(String realm) {
		this.challenge = () -> "Bearer realm=\"" + realm + "\",service=\"registry.test\",scope=\"repository:"
				+ "library/model:pull\"";
		this.realm.answer("/token", this::grant);
		return this;
	}

	/** Asks for Basic credentials; or the realm does, where there are tokens. */
	public FakeRegistry knowing(String username, String password) {
		this.basic = "Basic "
				+ Base64.getEncoder().encodeToString((username + ":" + password).getBytes(StandardCharsets.UTF_8));
		return this;
	}

	/** Asks for Basic credentials. */
	public FakeRegistry wantingBasic(String username, String password) {
		this.challenge = () -> "Basic realm=\"registry\"";
		return knowing(username, password);
	}

	/** Gives tokens to requests without credentials alone. */
	public FakeRegistry refusingCredentials(int status) {
		return refusingCredentials(status, 200);
	}

	/** Answers requests with credentials and those without with a status each. */
	public FakeRegistry refusingCredentials(int status, int others) {
		this.refusal = status;
		this.others = others;
		return this;
	}

	/** Serves manifests with another media type, or with none. */
	public FakeRegistry servingManifestsAs(@Nullable String contentType) {
		this.contentType = contentType;
		return this;
	}

	/** Serves manifests without {@code Docker-Content-Digest}. */
	public FakeRegistry statingNoDigests() {
		this.statingDigests = false;
		return this;
	}

	/** Lets a token be good for so many requests. */
	public FakeRegistry tokensFor(int requests) {
		this.requestsPerToken = requests;
		return this;
	}

	/** Serves blobs from a second origin, by signed URLs that refuse credentials. */
	public FakeRegistry redirectingBlobs() {
		this.redirecting = true;
		return this;
	}

	/** Makes all tokens worthless that were given so far. */
	public void expireTokens() {
		this.validTokens.clear();
	}

	/**
	 * Puts a manifest there, under a tag and its digest.
	 * @return the digest
	 */
	public String manifest(String repository, String tag, String json) {
		Content content = Content.of(json);
		String digest = content.sha256().toString();
		for (String name : List.of(tag, digest)) {
			answer("/v2/" + repository + "/manifests/" + name, () -> manifestReply(content, digest));
		}
		return digest;
	}

	private Reply manifestReply(Content content, String digest) {
		Reply reply = Reply.status(200).body(content);
		reply = (this.contentType != null) ? reply.header("Content-Type", this.contentType) : reply;
		return this.statingDigests ? reply.header("Docker-Content-Digest", digest) : reply;
	}

	/**
	 * Puts a blob there.
	 * @return the digest
	 */
	public String blob(String repository, Content content) {
		String digest = content.sha256().toString();
		String path = "/v2/" + repository + "/blobs/" + digest;
		this.registry.serve(path, content);
		this.cdn.serve("/" + digest, content);
		this.cdn.answer("/" + digest, this::signed);
		answer(path, () -> this.redirecting ? redirect(digest) : Reply.ok());
		return digest;
	}

	/** Answers a path with an error of the specification. */
	public FakeRegistry failing(String path, int status, String code) {
		return answer(path,
				() -> Reply.status(status)
					.header("Content-Type", "application/json")
					.body("{\"errors\":[{\"code\":\"" + code + "\",\"message\":\"no\",\"detail\":{}}]}"));
	}

	/** Answers a path, behind the challenge. */
	public FakeRegistry answer(String path, Supplier<Reply> reply) {
		this.registry.answer(path, (request) -> mayPass(request) ? reply.get() : challenge());
		return this;
	}

	private boolean mayPass(RecordedRequest request) {
		String header = this.challenge.get();
		String told = String.valueOf(request.header("Authorization"));
		if (header == null) {
			return true;
		}
		if (header.startsWith("Basic")) {
			return told.equals(this.basic);
		}
		return this.validTokens.contains(told) && this.uses.computeIfAbsent(told, (key) -> new AtomicInteger())
			.incrementAndGet() <= this.requestsPerToken;
	}

	private Reply challenge() {
		return challenge(String.valueOf(this.challenge.get()));
	}

	/** Returns a 401 as registries send it. */
	public static Reply challenge(String header) {
		return Reply.status(401)
			.header("WWW-Authenticate", header)
			.header("Content-Type", "application/json")
			.body("{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"authentication required\"}]}");
	}

	private Reply grant(RecordedRequest request) {
		if (this.refusal != 0 && request.header("Authorization") != null) {
			return Reply.status(this.refusal).body("{\"details\":\"incorrect username or password\"}");
		}
		if (this.others != 200) {
			return Reply.status(this.others);
		}
		if (this.basic != null && !this.basic.equals(request.header("Authorization"))) {
			return Reply.status(401).body("{\"details\":\"incorrect username or password\"}");
		}
		String token = "token-" + this.numbers.incrementAndGet();
		this.validTokens.add("Bearer " + token);
		return Reply.status(200)
			.header("Content-Type", "application/json")
			.body("{\"token\":\"" + token + "\",\"access_token\":\"" + token + "\",\"expires_in\":300}");
	}

	private Reply redirect(String digest) {
		String signature = "signature-" + this.numbers.incrementAndGet();
		this.validSignatures.add("X-Signature=" + URLEncoder.encode(signature, StandardCharsets.UTF_8));
		return Reply.redirect(307, this.cdn.uri("/" + digest + "?X-Signature=" + signature).toString());
	}

	/** S3 and R2 refuse a request that has two kinds of credentials. */
	private Reply signed(RecordedRequest request) {
		if (request.header("Authorization") != null) {
			return Reply.status(400);
		}
		return this.validSignatures.contains(String.valueOf(request.query())) ? Reply.ok() : Reply.status(403);
	}

	/** Returns the server that holds manifests and blobs. */
	public MisbehavingServer server() {
		return this.registry;
	}

	/** Returns the server that gives tokens. */
	public MisbehavingServer realm() {
		return this.realm;
	}

	/** Returns the server that redirects lead to. */
	public MisbehavingServer cdn() {
		return this.cdn;
	}

	@Override
	public void close() {
		this.registry.close();
		this.realm.close();
		this.cdn.close();
	}

}
