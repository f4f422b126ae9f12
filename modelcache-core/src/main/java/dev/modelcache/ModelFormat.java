package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * What a model file says of itself in its header. Nothing of it is proved beyond the file
 * being whole; texts are shortened and hold no control characters.
 *
 * @param type the format: {@code GGUF}, {@code safetensors}, {@code ONNX} or
 * {@code pickle}
 * @param architecture the architecture, such as {@code llama}
 * @param name the model's name, of an ONNX model its graph's name
 * @param quantization the quantization, such as {@code Q4_K_M}; without one the type of
 * most weights, such as {@code BF16}
 * @param parameters the number of weights in this file
 * @param contextLength the longest context that it was trained for, in tokens
 * @param vocabularySize the number of tokens
 * @param license the licence
 */
public record ModelFormat(String type, @Nullable String architecture, @Nullable String name,
		@Nullable String quantization, @Nullable Long parameters, @Nullable Long contextLength,
		@Nullable Long vocabularySize, @Nullable String license) {

}
