package dev.modelcache.actuate;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * How much the cache's own directory holds.
 *
 * @param directory the directory
 * @param used the size of all its files
 * @param free what is free on its disk, or {@code null} where nobody knows
 */
public record CacheUsage(Path directory, DataSize used, @Nullable DataSize free) {

	Map<String, Object> details() {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("directory", this.directory.toString());
		details.put("usedBytes", this.used.toBytes());
		if (this.free != null) {
			details.put("freeBytes", this.free.toBytes());
		}
		return details;
	}

}
