package dev.modelcache.test.assistant;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * The application of the tests in docs/testing.md.
 */
@SpringBootApplication
class AssistantApplication {

}
