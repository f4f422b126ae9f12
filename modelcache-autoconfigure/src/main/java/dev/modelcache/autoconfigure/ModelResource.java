/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
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
 * {@link Resource} for a file of a model. The model is acquired when the resource is
 * opened or its file is accessed.
 * <p>
 * <em>Thread-safety</em>: may be used from any thread. <em>Blocking</em>: all but the
 * name, the description and {@link #exists()} wait for the model; see
 * {@link LocatedModels}. <em>Errors</em>: a {@link dev.modelcache.ModelCacheException} if
 * the model is not available. It is unchecked so that its message is reported when
 * startup fails.
 */
final class ModelResource extends AbstractResource {

	private final ModelLocation location;

	private final LocatedModels models;

	ModelResource(ModelLocation location, LocatedModels models) {
		this.location = location;
		this.models = models;
	}

	/**
	 * Returns whether the file may exist, without acquiring the model. A configured model
	 * that is not ready yet is assumed to be available.
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

	/**
	 * Returns the URI of the published file, so that it is recognized as a local file.
	 */
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

	/**
	 * Returns the last part of the location, which can differ from the name of the file.
	 */
	@Override
	public String getFilename() {
		return this.location.last();
	}

	@Override
	public String getDescription() {
		return "model resource [" + this.location + "]";
	}

}
