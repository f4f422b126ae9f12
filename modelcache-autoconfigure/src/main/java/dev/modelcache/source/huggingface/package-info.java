/**
 * Sources that are repositories of the Hugging Face Hub.
 */
@NullMarked
package dev.modelcache.source.huggingface;

import org.jspecify.annotations.NullMarked;
