/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.net.URI;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RotatingParameters}.
 */
class RotatingParametersTests {

	/** As long as a hash, as proofs of access are. */
	private static final String PROOF = "3f2504e04f8941d39a0c0305e82c3301";

	private static final String TIME = "1777633200";

	private static @Nullable String without(String query) {
		return RotatingParameters.without(URI.create("https://host/m.gguf?" + query));
	}

	@ParameterizedTest
	@ValueSource(strings = {
			"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
					+ "&X-Amz-Date=20260101T000000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Security-Token=t"
					+ "&X-Amz-Signature=00",
			"x-amz-signature=1&X%2DAmz%2DDate=2", "AWSAccessKeyId=a&Signature=b%2F&Expires=1",
			"X-Goog-Algorithm=a&X-Goog-Credential=b&X-Goog-Date=c&X-Goog-Expires=d&X-Goog-SignedHeaders=e"
					+ "&X-Goog-Signature=f",
			"GoogleAccessId=a&Expires=1&Signature=s",
			"sv=2024-11-04&st=2026-01-01T00%3A00%3A00Z&se=2026-01-02T00%3A00%3A00Z&sr=b&sp=r&spr=https&sig=x%3D",
			"skoid=a&sktid=b&skt=c&ske=d&sks=b&skv=e&sv=f&se=g&sr=b&sp=r&sig=h", "Policy=p&Signature=s&Key-Pair-Id=k",
			"Expires=1&Policy=p&Signature=s&Key-Pair-Id=k&X-Xet-Signed-Range=bytes%3D0-1",
			"OSSAccessKeyId=a&Expires=1&Signature=s&security-token=t",
			"x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=c&x-oss-date=d&x-oss-expires=1&x-oss-signature=s",
			"q-sign-algorithm=sha1&q-ak=a&q-sign-time=1;2&q-key-time=1;2&q-header-list=host&q-url-param-list="
					+ "&q-signature=s&x-cos-security-token=t",
			"AccessKeyId=a&Expires=1&Signature=s&x-obs-security-token=t", "hdnts=exp=1~hmac=2", "__token__=a",
			"token=abc", "TOKEN=abc", "token", "access_token=a", "jwt=a.b.c", "sig=1", "se=1", "expires=1&md5=x",
			"token=a&expires=1&token_path=%2Fa", "URLPrefix=p&Expires=1&KeyName=k&Signature=s", "auth_key=1-0-0-a",
			"Authorization=3_a", "e=" + TIME + "&token=ak%3A" + PROOF, "wsSecret=a&wsTime=1",
			"X-Tos-Algorithm=a&X-Tos-Credential=b&X-Tos-Date=c&X-Tos-Expires=1&X-Tos-Signature=d",
			"token=" + PROOF + "&expire=" + TIME, "exp=" + TIME + "000&hmac=" + PROOF,
			"verify=" + TIME + "-" + PROOF + "%3D", "expires=17", "expires=1&sig=a",
			"exp=" + TIME + "&X-Goog-Signature=a", "tempauth=v1.a", "private_token=a", "job_token=a" })
	void nothingIsLeftOfASignature(String query) {
		assertThat(without(query)).isNull();
		assertThat(without("file=a%20b&" + query)).isEqualTo("file=a%20b");
		assertThat(without(query + "&alt=media&v=")).isEqualTo("alt=media&v=");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "file=m.gguf", "versionId=1", "generation=1", "alt=media&id=7", "download=true",
			"md5=0", "policy=1", "e=1", "x-tos-process=image", "st=1&sp=2&sr=3", "v=token", "tokenizer=a", "design=a",
			"a&b&&c=", "snapshot=2026-01-01", "rscd=attachment", "x-oss-process=image", "signature_of=1",
			"id=1%26token%3D2", "exp=17", "exp=" + TIME, "expire=2", "e=" + TIME, "verify=full", "verify=1-a",
			"verify=" + TIME + "-1", "hmac=1", "exp=" + TIME + "&hmac=1" })
	void whatMayTellTheFileStays(String query) {
		assertThat(without(query)).isEqualTo(query);
	}

	@Test
	void timeBesideATokenThatIsNoSignatureStays() {
		assertThat(without("token=x&exp=" + TIME)).isEqualTo("exp=" + TIME);
	}

	/** The name alone does not make a parameter one of the signature beside it. */
	@ParameterizedTest
	@ValueSource(strings = { "exp=17", "e=5", "expire=2", "verify=full", "hmac=1" })
	void whatIsNoTimeAndNoProofStaysBesideASignature(String parameter) {
		for (String proof : List.of("token=5", "sig=a", "X-Amz-Signature=a")) {
			assertThat(without(parameter + "&" + proof)).isEqualTo(parameter);
		}
	}

	@ParameterizedTest
	@CsvSource({ "token=A", "TOKEN=A", "expires=1", "signature=A", "sig=A", "se=A", "jwt=A", "access_token=A",
			"auth_key=A", "Authorization=A", "expire=1", "exp=1", "hmac=A", "verify=A", "tempauth=A", "private_token=A",
			"job_token=A", "token=A&expires=1", "token=A&e=1", "sig=A&sr=b", "policy=A&expires=1" })
	void parameterMayBeAllThatTellsTheFileOfALink(String query) {
		for (String path : List.of("/download", "/dl/8f3a", "/a.b/x", "/get.php", "/v1.2", "/.gguf", "/")) {
			assertThat(RotatingParameters.without(URI.create("https://host" + path + "?" + query))).isEqualTo(query);
		}
	}

	@ParameterizedTest
	@CsvSource({ "X-Amz-Date=1&X-Amz-Signature=a", "X-Goog-Signature=a", "sv=1&se=2&sr=b&sp=r&sig=a", "se=2&sr=b&sig=a",
			"Expires=1&Signature=a&Key-Pair-Id=k", "Policy=p&Signature=a&Key-Pair-Id=k",
			"AWSAccessKeyId=a&Signature=b&Expires=1", "Expires=1&KeyName=k&Signature=a",
			"token=a&expires=1&token_path=p", "expires=1&md5=a", "hdnts=a" })
	void wholeSignatureIsOneWhateverThePathNames(String query) {
		assertThat(RotatingParameters.without(URI.create("https://host/dl/8f3a?id=1&" + query))).isEqualTo("id=1");
	}

	@ParameterizedTest
	@CsvSource({ "m.gguf, .gguf", "M.GGUF, .GGUF", "a/m.onnx.gz, .gz", "config.json, .json", "8f3a, ''", ".gguf, ''",
			"v1.2, ''", "get.php, ''", "'', ''" })
	void extensionIsThatOfAFileOfAModel(String name, String extension) {
		assertThat(RotatingParameters.extension(name)).isEqualTo(extension);
	}

	@ParameterizedTest
	@CsvSource({ "https://host/m.gguf", "hf:org/repo:Q4_0", "file:///a/m.gguf" })
	void urlWithoutQueryHasNone(URI url) {
		assertThat(RotatingParameters.without(url)).isNull();
	}

}
