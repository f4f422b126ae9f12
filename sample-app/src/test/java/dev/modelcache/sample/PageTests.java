/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Level;
import java.util.regex.Pattern;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The page in a browser. With the system property {@code screenshots}, pictures of it are
 * written to that directory.
 */
@Tag("chromium")
class PageTests {

	private static final DataSize SLOW = DataSize.ofKilobytes(40);

	private static final DataSize FAST = DataSize.ofMegabytes(50);

	private static final int NARROW = 320;

	private static final int WIDE = 1280;

	/** The elements that Tab visits, in the order of the page. */
	private static final String FOCUSABLE = """
			[...document.querySelectorAll('a[href], button, input, summary, [tabindex="0"]')]
				.filter((element) => element.checkVisibility() && !element.disabled && !element.closest('dialog'))
			""".strip();

	@TempDir
	private static Path directory;

	@TempDir
	private static Path profile;

	/** Starting it costs more than most of the tests, and so does the application. */
	private static ChromeDriver browser;

	private static RunningSample sample;

	@BeforeAll
	static void startApplication() {
		// The browser may keep the stream of events of a page that it has left.
		sample = RunningSample.start(directory, "--server.shutdown=immediate");
	}

	@BeforeAll
	static void startBrowser() {
		LoggingPreferences logging = new LoggingPreferences();
		logging.enable(LogType.BROWSER, Level.ALL);
		ChromeOptions options = new ChromeOptions();
		options.setBinary("/usr/bin/chromium");
		options.addArguments("--headless", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
				"--hide-scrollbars", "--user-data-dir=" + profile);
		options.setCapability("goog:loggingPrefs", logging);
		browser = new ChromeDriver(
				new ChromeDriverService.Builder().usingDriverExecutable(Path.of("/usr/bin/chromedriver").toFile())
					.build(),
				options);
	}

	@AfterAll
	static void quit() {
		browser.quit();
		sample.close();
	}

	@BeforeEach
	void open() {
		sample.changePace(FAST);
		sample.play("none");
		sample.awaitState("large", "READY");
		size(WIDE, 900, 1);
		// What the page of the test before said when it was left.
		log();
		browser.get(sample.uri().toString());
	}

	@AfterEach
	void close() {
		assertThat(log()).filteredOn(PageTests::isError).isEmpty();
		// A page that asks for news would miss the second process.
		browser.get("about:blank");
	}

	/** Returns the messages since the last call. */
	private static List<LogEntry> log() {
		return browser.manage().logs().get(LogType.BROWSER).getAll();
	}

	private static boolean isError(LogEntry entry) {
		return entry.getLevel().intValue() >= Level.WARNING.intValue();
	}

	private static ConditionFactory await() {
		return Awaitility.await().atMost(RunningSample.PATIENCE).ignoreExceptions();
	}

	private static void size(int width, int height, int scale) {
		browser.executeCdpCommand("Emulation.setDeviceMetricsOverride",
				Map.of("width", width, "height", height, "deviceScaleFactor", scale, "mobile", false));
	}

	private static WebElement find(String selector) {
		return browser.findElement(By.cssSelector(selector));
	}

	/** Not where the button was a moment ago: what is above it may grow meanwhile. */
	private static void play(String fault) {
		await().until(() -> find("[data-fault=" + fault + "]").isDisplayed());
		browser.executeScript("arguments[0].click()", find("[data-fault=" + fault + "]"));
	}

	private static String part(String model, String selector) {
		return "[data-model=" + model + "] " + selector;
	}

	private void awaitText(String selector, String text) {
		await().until(() -> find(selector).getText().contains(text));
	}

	private void press(String model, String action) {
		String selector = part(model, "[data-action=" + action + "]");
		await().until(() -> find(selector).isEnabled());
		find(selector).click();
	}

	private double percent(String model) {
		@Nullable String value = find(part(model, ".bar")).getDomAttribute("aria-valuenow");
		return (value != null) ? Double.parseDouble(value) : 0;
	}

	private long sidewaysScrolling() {
		return (Long) browser
			.executeScript("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
	}

	@Test
	void aDownloadMovesItsBarAndEndsWithTheFactsOfTheModel() {
		awaitText(part("large", ".badge"), "Ready");
		sample.changePace(SLOW);
		press("large", "evict");
		find("#confirm [value=yes]").click();
		awaitText(part("large", ".badge"), "Not downloaded");
		press("large", "ensure");
		awaitText(part("large", ".badge"), "Downloading");
		await().until(() -> percent("large") >= 1);
		double before = percent("large");
		await().until(() -> percent("large") > before);
		awaitText(part("large", "[data-part=speed]"), "kB/s");
		awaitText(part("large", "[data-part=eta]"), "left");
		await().until(() -> find(part("large", ".graph")).isDisplayed());
		assertThatTheGraphFillsItsBox(find(part("large", ".graph .line")).getDomAttribute("d"));
		awaitText(part("large", "[data-part=peak]"), "kB/s, over ");
		sample.changePace(FAST);
		awaitText(part("large", ".badge"), "Ready");
		awaitText(part("large", ".digest code"),
				"sha256:fa851fa30e4b8b26fd7d12821195b04a9376890a3642998a2a7b6b8a6f7dfc64");
		awaitText(part("large", ".about summary"), "GGUF · sample · F16 · 6,291,456 parameters");
		find(part("large", ".about summary")).click();
		awaitText(part("large", ".facts"), "Random weights");
		awaitText(part("large", ".mirrors"), "done");
	}

	/**
	 * From the first sample at the left to the last one at the right, the peak on top.
	 */
	private static void assertThatTheGraphFillsItsBox(@Nullable String line) {
		List<double[]> points = Pattern.compile("[ML](\\S+) ([0-9.]+)")
			.matcher(Objects.requireNonNull(line))
			.results()
			.map((point) -> new double[] { Double.parseDouble(point.group(1)), Double.parseDouble(point.group(2)) })
			.toList();
		assertThat(points).hasSizeGreaterThanOrEqualTo(3);
		assertThat(points).extracting((point) -> point[0]).isSorted().startsWith(0.0);
		assertThat(points).extracting((point) -> point[0]).allMatch((x) -> x <= 600);
		assertThat(points).extracting((point) -> point[1]).contains(6.0).allMatch((y) -> y >= 6 && y <= 62);
	}

	@Test
	void aDownloadThatIsCancelledGoesOnWithEnsure() {
		awaitText(part("large", ".badge"), "Ready");
		sample.changePace(SLOW);
		press("large", "evict");
		find("#confirm [value=yes]").click();
		press("large", "ensure");
		awaitText(part("large", ".badge"), "Downloading");
		press("large", "cancel");
		awaitText(part("large", ".badge"), "Cancelled");
		assertThat(find(part("large", "[data-action=cancel]")).isEnabled()).isFalse();
		sample.changePace(FAST);
		press("large", "ensure");
		awaitText(part("large", ".badge"), "Ready");
	}

	@Test
	void aRefreshIsRequested() {
		awaitText(part("large", ".badge"), "Ready");
		press("large", "refresh");
		awaitText(part("large", "[data-part=result]"), "Refresh was requested at ");
	}

	@Test
	void theDigestIsCopiedOrWhereThatIsDeniedSelected() {
		String digest = "sha256:fa851fa30e4b8b26fd7d12821195b04a9376890a3642998a2a7b6b8a6f7dfc64";
		awaitText(part("large", ".digest code"), digest);
		allowClipboard("denied");
		press("large", "copy");
		await().until(() -> digest.equals(browser.executeScript("return String(getSelection())")));
		allowClipboard("granted");
		press("large", "copy");
		await().until(() -> digest.equals(browser.executeAsyncScript(
				"const done = arguments[0]; navigator.clipboard.readText().then(done, (error) => done(String(error)))")));
	}

	private static void allowClipboard(String setting) {
		for (String permission : List.of("clipboard-read", "clipboard-write")) {
			browser.executeCdpCommand("Browser.setPermission", Map.of("permission", Map.of("name", permission),
					"setting", setting, "origin", sample.uri().toString()));
		}
	}

	@Test
	void theKeyboardReachesEveryButtonInItsOrderAndShowsWhereItIs() {
		awaitText(part("default", ".badge"), "Ready");
		awaitText(part("large", ".badge"), "Ready");
		awaitClassifier();
		await().until(() -> find("[data-fault=kill]").isDisplayed());
		List<String> expected = listed(FOCUSABLE);
		List<String> reached = new ArrayList<>();
		for (int i = 0; i < expected.size(); i++) {
			new Actions(browser).sendKeys(Keys.TAB).perform();
			reached.addAll(listed("[document.activeElement]"));
			assertThat(browser.executeScript("return getComputedStyle(document.activeElement).outlineStyle"))
				.as(reached.get(i))
				.isEqualTo("solid");
		}
		assertThat(reached).isEqualTo(expected).hasSizeGreaterThan(20).startsWith("Skip to the models");
	}

	@Test
	void theFocusIsWhereTheKeyboardLeftIt() {
		awaitText(part("large", ".badge"), "Ready");
		new Actions(browser).sendKeys(Keys.TAB, Keys.ENTER).perform();
		await().until(() -> "models".equals(browser.executeScript("return document.activeElement.id")));
		String evict = part("large", "[data-action=evict]");
		find(evict).sendKeys(Keys.ENTER);
		await().until(() -> find("#confirm [value=no]").equals(browser.switchTo().activeElement()));
		new Actions(browser).sendKeys(Keys.ESCAPE).perform();
		await().until(() -> find(evict).equals(browser.switchTo().activeElement()));
		awaitText(part("large", ".badge"), "Ready");
	}

	/** Returns the names of elements: all of a list that JavaScript makes. */
	@SuppressWarnings("unchecked")
	private static List<String> listed(String elements) {
		return (List<String>) Objects.requireNonNull(browser.executeScript("return " + elements
				+ ".map((element) => (element.closest('[data-model]')?.dataset.model ?? '') + (element.id || element.textContent).trim())"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "light", "dark" })
	void textStandsOutFromItsBackground(String scheme) {
		prefer("prefers-color-scheme", scheme);
		awaitText(part("default", ".badge"), "Ready");
		awaitClassifier();
		find("#ask .primary").click();
		awaitText("#label", "DELETE");
		play("outage");
		awaitText(part("large", ".badge"), "Failed");
		assertThat(faintTexts()).isEmpty();
	}

	/** Returns the texts whose contrast is less than that of WCAG 2.2, level AA. */
	@SuppressWarnings("unchecked")
	private static List<String> faintTexts() {
		return (List<String>) Objects.requireNonNull(browser.executeScript(
				"""
						const channels = (color) => color.match(/[0-9.]+/g).map(Number)
						const light = (color) => channels(color).slice(0, 3).map((value) => value / 255)
							.map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
							.reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0)
						const behind = (element) => {
							const color = getComputedStyle(element).backgroundColor
							return channels(color)[3] === 0 ? behind(element.parentElement) : color
						}
						return [...document.querySelectorAll('body *')]
							.filter((element) => element.checkVisibility() && !element.disabled)
							.filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
							.map((element) => {
								const style = getComputedStyle(element)
								const [low, high] = [light(style.color), light(behind(element))].sort((a, b) => a - b)
								const large = parseFloat(style.fontSize) >= 24
									|| parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700
								return { text: element.textContent, contrast: (high + 0.05) / (low + 0.05), least: large ? 3 : 4.5 }
							})
							.filter((found) => !(found.contrast >= found.least))
							.map((found) => found.text + ': ' + found.contrast)
						"""));
	}

	@Test
	void aRetryAppearsAmongTheAttempts() {
		awaitText(part("default", ".badge"), "Ready");
		awaitText(part("default", ".attempts .error"), "broke the connection");
		awaitText(part("default", ".attempts .ok"), "complete");
	}

	@Test
	void aCommandIsClassifiedWithTheKeyboardAndByAnExample() {
		awaitClassifier();
		find("#command").clear();
		find("#command").sendKeys("rm -rf build/tmp", Keys.ENTER);
		awaitText("#label", "DELETE");
		awaitText("#latency", "ms");
		await().until(() -> browser.findElements(By.cssSelector("#scores dt")).size() == 4);
		awaitText("#scores dt.best", "DELETE");
		find("#examples button").click();
		awaitText("#label", "READ");
	}

	private void awaitClassifier() {
		await().until(() -> sample.classify("ls").statusCode() == 200);
		await().until(() -> find("#classifier").isDisplayed());
	}

	@Test
	void aFileIsEvictedOnlyAfterAConfirmation() {
		awaitText(part("large", ".badge"), "Ready");
		press("large", "evict");
		assertThat(find("#confirm-title").getText()).isEqualTo("Evict large?");
		find("#confirm [value=no]").click();
		await().until(() -> !find("#confirm").isDisplayed());
		press("large", "verify");
		awaitText(part("large", ".badge"), "Ready");
		assertThat(directory.resolve("large.gguf")).exists();
	}

	@Test
	void aFailureIsShownWithItsRemedyAndTheNextAttempt() {
		awaitText(part("large", ".badge"), "Ready");
		play("outage");
		awaitText(part("large", ".badge"), "Failed");
		awaitText(part("large", ".problem"), "503");
		awaitText(part("large", "[data-part=next]"), "ext attempt");
		size(NARROW, 900, 1);
		assertThat(sidewaysScrolling()).isZero();
	}

	@Test
	void nothingScrollsSidewaysOnANarrowScreen() {
		size(NARROW, 900, 1);
		awaitText(part("large", ".badge"), "Ready");
		awaitText(part("default", ".badge"), "Ready");
		awaitText(part("large", ".digest code"), "sha256:");
		awaitClassifier();
		await().until(() -> find("#faults").isDisplayed());
		find("#ask .primary").click();
		awaitText("#label", "DELETE");
		assertThat(sidewaysScrolling()).isZero();
	}

	@Test
	void nothingMovesWhereReducedMotionIsPreferred() {
		await().until(() -> !browser.findElements(By.cssSelector(".bar")).isEmpty());
		assertThat(motions()).isNotEmpty();
		prefer("prefers-reduced-motion", "reduce");
		assertThat(motions()).isEmpty();
		prefer("prefers-reduced-motion", "no-preference");
		assertThat(motions()).isNotEmpty();
	}

	/** Returns the elements that are animated, a bar without a known size among them. */
	@SuppressWarnings("unchecked")
	private static List<String> motions() {
		return (List<String>) Objects.requireNonNull(browser.executeScript("""
				document.querySelector('.bar').dataset.unknown = ''
				return [...document.querySelectorAll('*')]
					.filter((element) => ['', '::before', '::after'].some((part) => {
						const style = getComputedStyle(element, part)
						return style.animationName !== 'none'
							|| style.transitionDuration.split(', ').some((time) => parseFloat(time) > 0)
					}))
					.map((element) => element.className || element.tagName)
				"""));
	}

	private static void prefer(String feature, String value) {
		browser.executeCdpCommand("Emulation.setEmulatedMedia",
				Map.of("features", List.of(Map.of("name", feature, "value", value))));
	}

	@Test
	void theSecondProcessHasAPageWithTheOwner() {
		awaitText(part("large", ".badge"), "Ready");
		await().until(() -> find("[data-fault=second-process]").isDisplayed());
		sample.changePace(SLOW);
		play("second-process");
		await().until(() -> find("#fault-note a").isDisplayed());
		String second = find("#fault-note a").getDomAttribute("href");
		RunningSample.awaitState(URI.create(second), "large", "WAITING");
		browser.get(second);
		awaitText(part("large", "[data-part=owner]"), "Process " + ProcessHandle.current().pid());
		assertThat(find("#classifier").isDisplayed()).isFalse();
		assertThat(find("#faults").isDisplayed()).isFalse();
		sample.changePace(FAST);
		awaitText(part("large", ".badge"), "Ready");
	}

	@Test
	void aPageThatWasLeftHasNoStreamOfEventsUntilItIsShownAgain() {
		Map<String, Object> added = browser.executeCdpCommand("Page.addScriptToEvaluateOnNewDocument",
				Map.of("source", """
						window.streams = [];
						window.EventSource = class extends EventSource {
							constructor(url) {
								super(url);
								window.streams.push(this);
							}
						};
						"""));
		try {
			browser.get(sample.uri().toString());
			awaitText("#connection-text", "Live");
			assertThat(openStreams()).isOne();
			browser.executeScript("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))");
			assertThat(openStreams()).isZero();
			browser.executeScript("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))");
			assertThat(openStreams()).isOne();
		}
		finally {
			browser.executeCdpCommand("Page.removeScriptToEvaluateOnNewDocument", added);
		}
	}

	private long openStreams() {
		return (Long) browser
			.executeScript("return streams.filter((stream) => stream.readyState !== EventSource.CLOSED).length");
	}

	@Test
	void picturesAreTaken() throws IOException {
		awaitText(part("default", ".badge"), "Ready");
		awaitText(part("large", ".badge"), "Ready");
		awaitClassifier();
		await().until(() -> find("#faults").isDisplayed());
		find("#ask .primary").click();
		awaitText("#label", "DELETE");
		// Pictures that are kept show more than half of a download.
		sample.changePace(DataSize.ofKilobytes(500));
		play("interruptions");
		await().until(() -> percent("large") >= ((System.getProperty("screenshots") != null) ? 55 : 1));
		for (String scheme : List.of("light", "dark")) {
			prefer("prefers-color-scheme", scheme);
			browser.executeScript("scrollTo(0, 0)");
			byte[] picture = browser.getScreenshotAs(OutputType.BYTES);
			assertThat(picture).hasSizeGreaterThan(10_000);
			write("sample-" + scheme + ".png", picture);
		}
	}

	private static void write(String name, byte[] picture) throws IOException {
		String target = System.getProperty("screenshots");
		if (target != null) {
			Files.write(Files.createDirectories(Path.of(target)).resolve(name), picture);
		}
	}

}
