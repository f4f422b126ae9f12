/**
 * Models that llama.cpp runs: {@code LlamaModelLoader} to {@code LlamaLoadedModel} to
 * {@code LlamaProcess} in the application, {@code LlamaMain} to {@code Inference} in the
 * process that it starts, and {@code Request} between them.
 */
@NullMarked
package dev.modelcache.llama;

import org.jspecify.annotations.NullMarked;
