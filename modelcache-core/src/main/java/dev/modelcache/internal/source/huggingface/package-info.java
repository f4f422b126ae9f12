/**
 * Sources that are repositories of the Hugging Face Hub.
 */
@NullMarked
package dev.modelcache.internal.source.huggingface;

import org.jspecify.annotations.NullMarked;
