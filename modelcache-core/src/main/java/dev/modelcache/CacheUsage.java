package dev.modelcache;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * Size of the directory of a model cache.
 *
 * @param directory the directory
 * @param used the size of all its files
 * @param free the free space of its disk, or {@code null} if it is unknown
 */
public record CacheUsage(Path directory, DataSize used, @Nullable DataSize free) {

}
