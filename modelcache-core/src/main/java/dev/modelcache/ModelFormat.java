/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Immutable description of a model file, as declared by its header. The declared values
 * are not verified. Texts are shortened and contain no control characters. Values that
 * the header does not declare are {@code null}.
 */
public final class ModelFormat {

	private final String type;

	private final @Nullable String architecture;

	private final @Nullable String name;

	private final @Nullable String quantization;

	private final @Nullable Long parameters;

	private final @Nullable Long contextLength;

	private final @Nullable Long vocabularySize;

	private final @Nullable String license;

	private ModelFormat(String type, @Nullable String architecture, @Nullable String name,
			@Nullable String quantization, @Nullable Long parameters, @Nullable Long contextLength,
			@Nullable Long vocabularySize, @Nullable String license) {
		this.type = type;
		this.architecture = architecture;
		this.name = name;
		this.quantization = quantization;
		this.parameters = parameters;
		this.contextLength = contextLength;
		this.vocabularySize = vocabularySize;
		this.license = license;
	}

	/**
	 * Creates a description.
	 * @param type the format: {@code GGUF}, {@code safetensors}, {@code ONNX} or
	 * {@code pickle}
	 * @return a description in which all other values are {@code null}
	 */
	public static ModelFormat of(String type) {
		return new ModelFormat(type, null, null, null, null, null, null, null);
	}

	/**
	 * Returns the format.
	 * @return {@code GGUF}, {@code safetensors}, {@code ONNX} or {@code pickle}
	 */
	public String type() {
		return this.type;
	}

	/**
	 * Returns the architecture.
	 * @return a name such as {@code llama}, or {@code null}
	 */
	public @Nullable String architecture() {
		return this.architecture;
	}

	/**
	 * Returns the name of the model, which is the name of the graph for ONNX.
	 * @return the name, or {@code null}
	 */
	public @Nullable String name() {
		return this.name;
	}

	/**
	 * Returns the quantization, or the type of most weights if the model is not
	 * quantized.
	 * @return a name such as {@code Q4_K_M} or {@code BF16}, or {@code null}
	 */
	public @Nullable String quantization() {
		return this.quantization;
	}

	/**
	 * Returns the number of parameters (weights) in this file.
	 * @return the number, or {@code null}
	 */
	public @Nullable Long parameters() {
		return this.parameters;
	}

	/**
	 * Returns the maximum context length of the model.
	 * @return the number of tokens, or {@code null}
	 */
	public @Nullable Long contextLength() {
		return this.contextLength;
	}

	/**
	 * Returns the size of the vocabulary.
	 * @return the number of tokens, or {@code null}
	 */
	public @Nullable Long vocabularySize() {
		return this.vocabularySize;
	}

	/**
	 * Returns the licence.
	 * @return the licence, or {@code null}
	 */
	public @Nullable String license() {
		return this.license;
	}

	/**
	 * Returns this description with another architecture.
	 * @param architecture the value, or {@code null}
	 * @return a copy with this value
	 */
	public ModelFormat withArchitecture(@Nullable String architecture) {
		return new ModelFormat(this.type, architecture, this.name, this.quantization, this.parameters,
				this.contextLength, this.vocabularySize, this.license);
	}

	/**
	 * Returns this description with another name.
	 * @param name the value, or {@code null}
	 * @return a copy with this value
	 */
	public ModelFormat withName(@Nullable String name) {
		return new ModelFormat(this.type, this.architecture, name, this.quantization, this.parameters,
				this.contextLength, this.vocabularySize, this.license);
	}

	/**
	 * Returns this description with another quantization.
	 * @param quantization the value, or {@code null}
	 * @return a copy with this value
	 */
	public ModelFormat withQuantization(@Nullable String quantization) {
		return new ModelFormat(this.type, this.architecture, this.name, quantization, this.parameters,
				this.contextLength, this.vocabularySize, this.license);
	}

	/**
	 * Returns this description with another number of parameters.
	 * @param parameters the value, or {@code null}
	 * @return a copy with this value
	 */
	public ModelFormat withParameters(@Nullable Long parameters) {
		return new ModelFormat(this.type, this.architecture, this.name, this.quantization, parameters,
				this.contextLength, this.vocabularySize, this.license);
	}

	/**
	 * Returns this description with another context length.
	 * @param contextLength the value, or {@code null}
	 * @return a copy with this value
	 */
	public ModelFormat withContextLength(@Nullable Long contextLength) {
		return new ModelFormat(this.type, this.architecture, this.name, this.quantization, this.parameters,
				contextLength, this.vocabularySize, this.license);
	}

	/**
	 * Returns this description with another size of the vocabulary.
	 * @param vocabularySize the value, or {@code null}
	 * @return a copy with this value
	 */
	public ModelFormat withVocabularySize(@Nullable Long vocabularySize) {
		return new ModelFormat(this.type, this.architecture, this.name, this.quantization, this.parameters,
				this.contextLength, vocabularySize, this.license);
	}

	/**
	 * Returns this description with another licence.
	 * @param license the value, or {@code null}
	 * @return a copy with this value
	 */
	public ModelFormat withLicense(@Nullable String license) {
		return new ModelFormat(this.type, this.architecture, this.name, this.quantization, this.parameters,
				this.contextLength, this.vocabularySize, license);
	}

	@Override
	public boolean equals(@Nullable Object object) {
		return object instanceof ModelFormat other && facts().equals(other.facts());
	}

	@Override
	public int hashCode() {
		return facts().hashCode();
	}

	private List<@Nullable Object> facts() {
		return Arrays.asList(this.type, this.architecture, this.name, this.quantization, this.parameters,
				this.contextLength, this.vocabularySize, this.license);
	}

	@Override
	public String toString() {
		return "ModelFormat" + facts();
	}

}
