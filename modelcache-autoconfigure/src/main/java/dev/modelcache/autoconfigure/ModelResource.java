package dev.modelcache.autoconfigure;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

import org.springframework.core.io.AbstractResource;
import org.springframework.core.io.Resource;

/**
 * A model's file as a resource. It costs nothing until it is opened, or asked for a fact
 * of the file.
 * <p>
 * <em>Thread-safety</em>: may be used from any thread. <em>Blocking</em>: all but the
 * name, the description and {@link #exists()} wait for the model; see
 * {@link LocatedModels}. <em>Errors</em>: a model that cannot be had is a
 * {@link dev.modelcache.ModelCacheException}, unchecked, so that what to do reaches
 * whoever starts the application.
 */
final class ModelResource extends AbstractResource {

	private final ModelLocation location;

	private final LocatedModels models;

	ModelResource(ModelLocation location, LocatedModels models) {
		this.location = location;
		this.models = models;
	}

	/**
	 * Returns whether it may be there. Fetches nothing: a configured model that is not
	 * there yet is taken for one that can be had.
	 */
	@Override
	public boolean exists() {
		return this.models.mayHave(this.location);
	}

	@Override
	public boolean isFile() {
		return true;
	}

	@Override
	public Path getFilePath() {
		return this.models.get(this.location);
	}

	@Override
	public File getFile() {
		return getFilePath().toFile();
	}

	/** Returns the address of the published file, by which others know it as local. */
	@Override
	public URI getURI() {
		return getFilePath().toUri();
	}

	@Override
	public URL getURL() throws IOException {
		return getURI().toURL();
	}

	@Override
	public InputStream getInputStream() throws IOException {
		return Files.newInputStream(getFilePath());
	}

	@Override
	public ReadableByteChannel readableChannel() throws IOException {
		return FileChannel.open(getFilePath());
	}

	@Override
	public long contentLength() throws IOException {
		return Files.size(getFilePath());
	}

	@Override
	public long lastModified() throws IOException {
		return Files.getLastModifiedTime(getFilePath()).toMillis();
	}

	@Override
	public Resource createRelative(String relativePath) throws IOException {
		try {
			return new ModelResource(this.location.relative(relativePath), this.models);
		}
		catch (IllegalArgumentException ex) {
			throw new IOException(ex.getMessage(), ex);
		}
	}

	/** Returns the last part of the location, which need not be the file's own name. */
	@Override
	public String getFilename() {
		return this.location.last();
	}

	@Override
	public String getDescription() {
		return "model resource [" + this.location + "]";
	}

}
