package dev.modelcache.content;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

import dev.modelcache.Digest.Algorithm;

/**
 * The platform's digest implementations.
 */
final class MessageDigests {

	private MessageDigests() {
	}

	static MessageDigest newInstance(Algorithm algorithm) {
		try {
			return MessageDigest.getInstance(algorithm.jcaName());
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("this Java platform lacks " + algorithm.jcaName(), ex);
		}
	}

}
