/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.RedactedUri;
import dev.modelcache.internal.http.ConnectionFailedException;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.http.MetadataClient;
import dev.modelcache.internal.http.SentSecrets;
import dev.modelcache.internal.http.WebRequest;
import dev.modelcache.internal.http.MetadataResponse;
import dev.modelcache.source.SourceLocation;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.web.util.UriUtils;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.JsonNode;

/**
 * Answers a registry's challenges about one repository: with a token that its realm gives
 * (distribution/distribution, "Token Authentication Specification"), or with Basic
 * credentials.
 */
final class RegistryTokens {

	/** RFC 6750, section 2.1: b64token. Longer ones would not fit in a header. */
	private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/-]{1,16384}={0,4}");

	private static final int LONGEST_SERVICE = 1024;

	/** What services of tokens answer to credentials that are wrong or have expired. */
	private static final Set<Integer> REFUSED = Set.of(401, 403);

	private static final Logger logger = LoggerFactory.getLogger(RegistryTokens.class);

	private final ModelReference reference;

	private final SourceLocation location;

	private final MetadataClient client;

	private final TokenRealm realm;

	private final RegistryFailures failures;

	private final Mono<Optional<Login>> login;

	private final Scheduler io;

	private volatile List<Challenge> last = List.of();

	private volatile @Nullable Login told;

	/** The refusal of the credentials without which tokens are asked for since then. */
	private volatile @Nullable MetadataResponse refusal;

	RegistryTokens(ModelReference reference, SourceLocation location, MetadataClient client, Logins logins) {
		this.reference = reference;
		this.location = location;
		this.client = client;
		this.realm = new TokenRealm(reference, logins.settings(), location.request());
		this.failures = new RegistryFailures(reference, location.request());
		this.login = logins.find(reference, location.uri()).map(Optional::of).defaultIfEmpty(Optional.empty());
		this.io = logins.io();
	}

	/** Returns what these tokens are for, without saying them. */
	String scope() {
		return this.reference.scheme() + "://" + this.reference.registry() + "/" + this.reference.repository();
	}

	/**
	 * Returns what an answer means. Where it refuses a request without credentials
	 * because those were refused before, that refusal is what can be mended.
	 * @param response an answer that is no success
	 * @return the failure
	 */
	ModelCacheException failure(MetadataResponse response) {
		MetadataResponse refusal = this.refusal;
		ModelCacheException failure = this.failures.of(response, (refusal != null) ? null : this.told,
				this.client.pauseWanted(response));
		return (refusal != null && failure instanceof ModelAccessDeniedException)
				? this.failures.of(refusal, this.told, null) : failure;
	}

	/**
	 * Answers a challenge.
	 * @param headers the values of the {@code WWW-Authenticate} headers
	 * @param sent what was refused, which the challenge may repeat
	 * @return the value of an {@code Authorization} header
	 */
	Mono<String> authorization(List<String> headers, SentSecrets sent) {
		List<Challenge> stated = Challenge.parse(headers);
		// A token that expired may be refused without a word about where to get another.
		List<Challenge> challenges = stated.isEmpty() ? this.last : stated;
		this.last = challenges;
		for (Challenge challenge : challenges) {
			if (challenge.scheme().equals("bearer")) {
				return token(challenge, sent);
			}
		}
		if (challenges.stream().anyMatch((challenge) -> challenge.scheme().equals("basic"))) {
			return this.login.map((login) -> told(login).orElseThrow(() -> this.failures.unauthorized("401", null)))
				.map(Login::basic);
		}
		return Mono.error(() -> new ModelAccessDeniedException(this.location.request().id(),
				"the registry " + this.reference.registry()
						+ " answered 401, but supports neither token nor Basic authentication",
				"Use another registry, because other schemes are not supported"));
	}

	private Mono<String> token(Challenge challenge, SentSecrets sent) {
		return FailureBoundary
			.on(this.io, "reading where tokens are issued", () -> this.realm.check(challenge.parameter("realm"), sent))
			.flatMap((realm) -> this.login.flatMap((login) -> ask(realm, challenge, told(login))));
	}

	/**
	 * Without credentials too: most registries have tokens for everybody, also for those
	 * whose login is out of date.
	 */
	private Mono<String> ask(URI realm, Challenge challenge, Optional<Login> login) {
		WebRequest question = WebRequest.get(query(realm, challenge));
		WebRequest anonymous = this.realm.isChosenByRegistry(realm) ? question.toPublicAddress() : question;
		if (login.isEmpty() || this.refusal != null) {
			return exchange(anonymous).map((response) -> "Bearer " + read(response, realm));
		}
		Login known = login.get();
		return exchange(anonymous.header(HttpHeaders.AUTHORIZATION, known.basic()))
			.flatMap((response) -> (known.found() && REFUSED.contains(response.status()))
					? askWithout(anonymous, known, response) : Mono.just(read(response, realm)))
			.map((token) -> "Bearer " + token);
	}

	private Mono<String> askWithout(WebRequest anonymous, Login refused, MetadataResponse refusal) {
		return exchange(anonymous).map((response) -> {
			String token = response.isSuccess() ? token(response.body()) : null;
			if (token == null && isForNow(response.status())) {
				throw this.failures.of(response, null, this.client.pauseWanted(response));
			}
			ModelCacheException failure = this.failures.of(refusal, refused, null);
			if (token == null) {
				throw failure;
			}
			logger.warn("Model '{}': {}, so requests are sent without them. {}, or remove them",
					this.location.request().id(), failure.problem(), failure.action());
			this.refusal = refusal;
			return token;
		});
	}

	/** An outage or a limit says nothing about credentials. */
	private static boolean isForNow(int status) {
		return status == 408 || status == 429 || status >= 500;
	}

	private Mono<MetadataResponse> exchange(WebRequest request) {
		return this.client.exchange(this.location, request)
			.onErrorMap(RegistryTokens::isPrivateAddress, (failure) -> this.realm.privateAddress());
	}

	private static boolean isPrivateAddress(Throwable failure) {
		ConnectionFailedException explained = ConnectionFailedException.in(failure);
		return explained != null && explained.reason() == Reason.PRIVATE_ADDRESS;
	}

	private URI query(URI realm, Challenge challenge) {
		StringBuilder query = new StringBuilder((realm.getRawQuery() != null) ? realm.getRawQuery() + "&" : "");
		String service = challenge.parameter("service");
		if (service != null && service.length() <= LONGEST_SERVICE) {
			query.append("service=").append(encode(service)).append('&');
		}
		query.append("scope=").append(encode(scopeOf(challenge)));
		String path = realm.getRawPath();
		return URI.create(realm.getScheme() + "://" + realm.getRawAuthority() + path + "?" + query);
	}

	/**
	 * A registry may know the repository by another name, but gets no token that may do
	 * more than read one repository.
	 */
	private String scopeOf(Challenge challenge) {
		String wanted = challenge.parameter("scope");
		if (wanted != null && wanted.matches("repository:[A-Za-z0-9._/:-]{1,255}:pull")) {
			return wanted;
		}
		return "repository:" + this.reference.repository() + ":pull";
	}

	private static String encode(String value) {
		return UriUtils.encode(value, StandardCharsets.UTF_8);
	}

	/** Where redirects led is not shown: it may repeat what was sent. */
	private String read(MetadataResponse response, URI realm) {
		if (!response.isSuccess() && !RegistryFailures.isRefusal(response)) {
			throw new ModelTransferException(this.location.request().id(),
					"the token service of the registry " + this.reference.registry() + ", " + RedactedUri.of(realm)
							+ ", answered " + response.status(),
					isForNow(response.status()) ? "Try again later, or use another registry"
							: "Check that the registry's token service is at that address",
					null);
		}
		if (!response.isSuccess()) {
			throw failure(response);
		}
		String token = token(response.body());
		if (token == null) {
			throw new ModelTransferException(this.location.request().id(),
					"the token service of the registry " + this.reference.registry() + " did not return a token",
					"Try again later, or use another registry", null);
		}
		return token;
	}

	private static @Nullable String token(byte[] body) {
		try {
			JsonNode json = Json.object(body);
			String token = Json.nonEmptyText(json, "token");
			String either = (token != null) ? token : Json.nonEmptyText(json, "access_token");
			return (either != null && TOKEN.matcher(either).matches()) ? either : null;
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	private Optional<Login> told(Optional<Login> login) {
		this.told = login.orElse(null);
		return login;
	}

}
