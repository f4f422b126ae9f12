/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.lock.ExclusiveFiles;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ModelUsers}.
 */
class ModelUsersTests {

	private static final int MANY = ModelUsers.MOST_OTHERS + 5;

	@TempDir
	private Path directory;

	private CacheLayout layout;

	private ModelUsers users;

	private ModelUsers others;

	@BeforeEach
	void create() throws IOException {
		this.layout = new CacheLayout(this.directory.toRealPath(), FileAccess.PRIVATE, UnaryOperator.identity());
		this.users = new ModelUsers(this.layout, new ExclusiveFiles(), Clock.systemUTC());
		this.others = new ModelUsers(this.layout, new ExclusiveFiles(), Clock.systemUTC());
		this.users.keep(Set.of("0"));
	}

	@AfterEach
	void close() {
		this.users.close();
		this.others.close();
	}

	private ModelPlace place(int number) {
		Path target = this.layout.directory().resolve("models/" + number + "/m.gguf");
		return new ModelPlace(target, this.layout.locks().resolve(number + ".lock"),
				this.layout.receipts().resolve(number + CacheLayout.RECEIPT), FileAccess.PRIVATE);
	}

	private boolean isUnused(int number) throws IOException {
		return this.others.ifUnused(place(number).receipt(), () -> {
		});
	}

	@Test
	void marksOfModelsThatAreNotConfiguredAreThoseOfTheLastOnes() throws Exception {
		for (int i = 0; i < MANY; i++) {
			this.users.use(String.valueOf(i), place(i));
		}
		assertThat(isUnused(0)).as("configured").isFalse();
		assertThat(isUnused(1)).as("used least recently").isTrue();
		assertThat(isUnused(MANY - 1)).isFalse();
	}

	@Test
	void whatIsExpectedOfModelsThatAreNotConfiguredIsMarkedForTheLastOnes() throws Exception {
		for (int i = 0; i < MANY; i++) {
			this.users.serve(String.valueOf(i), place(i), new ModelUsers.Use("sha256:" + i, null, null, Set.of()));
		}
		try (Stream<Path> files = Files.list(this.layout.locks())) {
			assertThat(files.filter((file) -> file.toString().endsWith(".user"))).hasSize(ModelUsers.MOST_OTHERS + 1);
		}
	}

	@Test
	void placeThatIsLeftHasNoMarks() throws Exception {
		this.users.use("1", place(1));
		this.users.serve("1", place(1), new ModelUsers.Use("sha256:1", null, null, Set.of()));
		this.users.leave(place(1));
		assertThat(isUnused(1)).isTrue();
		try (Stream<Path> files = Files.list(this.layout.locks())) {
			assertThat(files.map(Path::toString)).noneMatch((file) -> file.contains(".user"));
		}
	}

}
