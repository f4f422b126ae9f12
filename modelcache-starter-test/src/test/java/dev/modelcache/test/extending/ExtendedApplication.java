package dev.modelcache.test.extending;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * The application of the examples in docs/extending.md.
 */
@SpringBootApplication
class ExtendedApplication {

}
