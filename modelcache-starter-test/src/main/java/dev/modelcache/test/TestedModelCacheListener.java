package dev.modelcache.test;

import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestContextAnnotationUtils;
import org.springframework.test.context.TestExecutionListener;

/**
 * Empties the model cache before each test with {@link AutoConfigureModelCache}.
 */
final class TestedModelCacheListener implements TestExecutionListener {

	@Override
	public void beforeTestMethod(TestContext testContext) {
		if (TestContextAnnotationUtils.hasAnnotation(testContext.getTestClass(), AutoConfigureModelCache.class)) {
			testContext.getApplicationContext().getBean(TestedModelCache.class).beforeTest();
		}
	}

}
