/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.net.URI;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link WebUrl}.
 */
class WebUrlTests {

	private static final URI BASE = URI.create("https://a.example/x/y/m.gguf?v=1");

	/** The characters of a header are the bytes that a server sent. */
	private static String header(String text) {
		return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
	}

	@ParameterizedTest
	@CsvSource(delimiter = ' ', quoteCharacter = '"', value = { "https://b.example/f https://b.example/f",
			"HTTPS://b.example/f https://b.example/f", "http://b.example:8080/f http://b.example:8080/f",
			"/f https://a.example/f", "f https://a.example/x/y/f", "./f https://a.example/x/y/f",
			"../f https://a.example/x/f", "../../../../f https://a.example/f", "%2e%2E/f https://a.example/x/f",
			"/a/./b/../f https://a.example/a/f", "/a/.. https://a.example/", "/a//f https://a.example/a//f",
			"//b.example/f https://b.example/f", "\\\\b.example\\f https://b.example/f",
			"?a=b https://a.example/x/y/m.gguf?a=b", "?a=b?c https://a.example/x/y/m.gguf?a=b?c",
			"#part https://a.example/x/y/m.gguf?v=1", "/f#part https://a.example/f", "https:f https://a.example/x/y/f",
			"http:/b.example/f http://b.example/f", "http:///b.example/f http://b.example/f",
			"https://b.example https://b.example/", "https://b.example?q https://b.example/?q",
			"https://B.Example./f https://b.example./f", "https://b.example:/f https://b.example/f",
			"https://2130706433/f https://127.0.0.1/f", "https://0x7f.1/f https://127.0.0.1/f",
			"https://0177.0.1/f https://127.0.0.1/f", "https://1.2.772/f https://1.2.3.4/f",
			"https://0/f https://0.0.0.0/f", "http://b.example:000080/f http://b.example:80/f",
			"https://[::1]:8443/f https://[::1]:8443/f", "https://model_server:8000/f https://model_server:8000/f",
			"https://3f2a/f https://3f2a/f", "https://bücher.example/f https://xn--bcher-kva.example/f",
			"https://FAß.example/f https://xn--fa-hia.example/f",
			"https://βόλος.bücher.example/f https://xn--nxasmm1c.xn--bcher-kva.example/f",
			"https://ශ්\u200dරී.example/f https://xn--10cl1a0b660p.example/f",
			"https://نامه\u200cای.example./f https://xn--mgba3gch31f060k.example./f",
			"https://user:p%40w@b.example/f https://user:p%40w@b.example/f",
			"https://user:p@w@b.example/f https://user:p%40w@b.example/f" })
	void referencesAreResolvedAsBrowsersDo(String reference, String expected) {
		assertThat(WebUrl.resolve(BASE, header(reference))).hasToString(expected);
	}

	/** A pattern that calls itself for each label would overflow the stack. */
	@Test
	void hostsAreNotLongerThanNamesCanBe() {
		String longest = "a.".repeat(127) + "a";
		assertThat(WebUrl.resolve(BASE, "https://" + longest + "/f")).hasToString("https://" + longest + "/f");
		assertThat(WebUrl.resolve(BASE, "https://" + longest + "a/f")).isNull();
		assertThat(WebUrl.resolve(BASE, "https://" + "a.".repeat(100_000) + "a/f")).isNull();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '\t',
			value = { "/a b\t/a%20b", "/a%20b\t/a%20b", "/a%2Fb%3f\t/a%2Fb%3f", "/100%\t/100%25", "/%zz\t/%25zz",
					"/a|b\t/a%7Cb", "/{a}[b]\t/%7Ba%7D%5Bb%5D", "/a\\b\t/a/b", "/a^b`c\t/a%5Eb%60c",
					"/a\"b<c>d\t/a%22b%3Cc%3Ed", "/modèle\t/mod%C3%A8le", "/模型\t/%E6%A8%A1%E5%9E%8B",
					"/a'b(c)*!$&+,;=:@~\t/a'b(c)*!$&+,;=:@~", "/f?a b|c\t/f?a%20b%7Cc", "/f?a=\"b\"\t/f?a=%22b%22",
					"/f?a=%2B+/\\\t/f?a=%2B+/%5C", "/f?k=ü\t/f?k=%C3%BC" })
	void whatIsIllegalIsEncodedOnce(String reference, String expected) {
		URI resolved = WebUrl.resolve(BASE, header(reference));
		assertThat(resolved).hasToString("https://a.example" + expected);
		assertThat(WebUrl.resolve(BASE, resolved.toString())).isEqualTo(resolved);
	}

	@Test
	void blanksAroundAndLineEndsWithinAreDropped() {
		assertThat(WebUrl.resolve(BASE, " \t/a\tb\n ")).hasToString("https://a.example/ab");
	}

	@Test
	void bytesThatAreNotUtf8StayWhatTheyAre() {
		assertThat(WebUrl.resolve(BASE, "/caf\u00e9")).hasToString("https://a.example/caf%E9");
	}

	@Test
	void charactersThatAreNoBytesAreSentAsUtf8() {
		assertThat(WebUrl.resolve(BASE, "/\u6a21")).hasToString("https://a.example/%E6%A8%A1");
	}

	@Test
	void emptyReferenceIsTheSameUrl() {
		assertThat(WebUrl.resolve(BASE, "")).isEqualTo(BASE);
		assertThat(WebUrl.resolve(URI.create("http://a.example"), "f")).hasToString("http://a.example/f");
	}

	@ParameterizedTest
	@ValueSource(strings = { "ftp://b.example/f", "file:///etc/passwd", "javascript:x", "https://",
			"https://b example/f", "https://b.example:99999/f", "https://b.example:0/f", "https://b.example:x/f",
			"https://[::1/f", "https://[::::]/f", "https://1.2.3.400/f", "https://1.2.3.4.5/f", "https://4294967296/f",
			"https://08.1/f", "https://a.1/f", "https://a..b/f", "https://<b>/f" })
	void whatIsNoWebUrlIsNone(String reference) {
		assertThat(WebUrl.resolve(BASE, reference)).isNull();
	}

	@Test
	void hostsOfOtherFormsAreHosts() {
		assertThat(Origin.of(URI.create("http://Model_Server:8000/f")))
			.isEqualTo(new Origin("http", "model_server", 8000));
		assertThat(Origin.of(URI.create("https://u:pw@minio_1/f"))).isEqualTo(new Origin("https", "minio_1", 443));
	}

	@ParameterizedTest
	@ValueSource(strings = { "model_server:8000", "u:pw@model_server", "a.example", "[::1]:1", "[fe80::1%25eth0]",
			"127.1", "%6cocalhost" })
	void hostsAreHosts(String authority) {
		assertThat(WebUrl.hasHost(URI.create("http://" + authority + "/f"))).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "-,-", "08.0.0.1", "1.2.3.400", "0x1.2.3.4.5", "256.1", "a.1" })
	void whatIsNoHostIsNone(String authority) {
		assertThat(WebUrl.hasHost(URI.create("http://" + authority + "/f"))).isFalse();
	}

	@ParameterizedTest
	@CsvSource({ "u:pw@bücher.example:1, u:pw@xn--bcher-kva.example:1", "faß.example, xn--fa-hia.example",
			"127.1:80, 127.0.0.1:80", "0177.0.0.1, 127.0.0.1", "0x7f000001, 127.0.0.1", "2130706433, 127.0.0.1",
			"10.010.0.1, 10.8.0.1", "u@%6Cocalhost:1, u@localhost:1", "%31%32%37.1, 127.0.0.1" })
	void hostBecomesPlain(String authority, String plain) {
		assertThat(WebUrl.withPlainHost(URI.create("https://" + authority + "/f?q#x")))
			.hasToString("https://" + plain + "/f?q#x");
	}

	@ParameterizedTest
	@ValueSource(strings = { "a.example", "A.Example", "127.0.0.1", "[::1]:1", "[fe80::1%25eth0]", "Model_Server:1" })
	void plainHostStaysAsItIs(String authority) {
		URI url = URI.create("https://" + authority + "/f");
		assertThat(WebUrl.withPlainHost(url)).isSameAs(url);
	}

	@Test
	void userInfoIsSeparate() {
		assertThat(WebUrl.withoutUserInfo(URI.create("http://u:p%40w@model_server:1/f?q")))
			.hasToString("http://model_server:1/f?q");
		assertThat(WebUrl.basicCredentials(URI.create("http://u:p%40w@model_server:1/f"))).isEqualTo("Basic dTpwQHc=");
		assertThat(WebUrl.basicCredentials(BASE)).isNull();
	}

}
