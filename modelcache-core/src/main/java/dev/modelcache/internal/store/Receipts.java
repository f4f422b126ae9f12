/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.internal.FileAccess;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;

/**
 * The receipts of all published files, one small file each.
 * <p>
 * <em>Blocking</em>: all methods. <em>Durability</em>: a receipt is replaced atomically;
 * a lost one costs a re-hash. <em>Errors</em>: none; receipts that cannot be written hold
 * for this process, and a warning says what that costs.
 */
public final class Receipts {

	private static final Logger logger = LoggerFactory.getLogger(Receipts.class);

	private static final String TARGET = "target";

	/** Larger files are models: nobody edits them and keeps their size. */
	private static final long LARGEST_COMPARED = DataSize.ofMegabytes(16).toBytes();

	private final Records records = new Records();

	private final Seals seals;

	private final AtomicBoolean said = new AtomicBoolean();

	/** Creates receipts without sealed records of their own. */
	public Receipts() {
		this(new Seals(false, true, List.of()));
	}

	Receipts(Seals seals) {
		this.seals = seals;
	}

	Records records() {
		return this.records;
	}

	/**
	 * Returns the receipt that fits the file as it is.
	 * @param place the file's place
	 * @param fingerprint the file's present fingerprint
	 * @return the receipt that fits this fingerprint, which is that of a sealed record if
	 * none of this cache does; else the last one settled, else {@code null}
	 */
	public @Nullable Receipt find(ModelPlace place, Fingerprint fingerprint) {
		Receipt unkept = receipt(this.records.unkept(place.receipt()));
		if (unkept != null && (unkept.doubted() || unkept.fingerprint().fits(fingerprint))) {
			return unkept;
		}
		Receipt settled = receipt(PropertiesFiles.read(place.receipt()));
		if (settled != null && settled.fingerprint().fits(fingerprint)) {
			return settled;
		}
		Receipt pending = receipt(this.records.read(place.pendingReceipt()));
		if (pending != null && pending.doubted()) {
			return pending;
		}
		if (pending != null && pending.fingerprint().fits(fingerprint)) {
			// A process ended between the move of the file and the settling of its
			// receipt.
			settle(place);
			Partials.deleteOrphans(place.target());
			return pending;
		}
		Receipt last = (settled != null) ? settled : unkept;
		if (last != null && last.doubted()) {
			return last;
		}
		Receipt filled = this.seals.filled(place.target());
		if (filled != null && filled.fingerprint().fits(fingerprint)) {
			return filled;
		}
		Receipt sealed = this.seals.find(place.target(), fingerprint);
		return (sealed != null) ? sealed : (last != null) ? last : filled;
	}

	/**
	 * Returns what makes up a model of files that another cache has elsewhere.
	 * @param place the model's place in a cache that others filled
	 * @return the manifest, or {@code null} if there is none that counts
	 */
	@Nullable ModelManifest elsewhere(ModelPlace place) {
		Path record = CacheLayout.elsewhere(place);
		Properties properties = this.seals.record(record, record);
		ModelManifest manifest = (properties != null) ? ModelManifest.fromProperties(properties) : null;
		return (manifest != null && manifest.directory() != null) ? manifest : null;
	}

	/**
	 * Writes a receipt for a file that is published.
	 * @param place the file's place
	 * @param receipt the receipt
	 */
	public void write(ModelPlace place, Receipt receipt) {
		write(place, place.receipt(), receipt);
		if (isCopying(place)) {
			deletePending(place);
		}
	}

	/**
	 * Writes that a file is about to be copied to its place, where part of it may be
	 * found.
	 */
	void announceCopy(ModelPlace place, Receipt receipt) throws IOException {
		unseal(place.target());
		Properties properties = receipt.reissued(Fingerprint.NONE, receipt.verifiedAt()).toProperties();
		properties.setProperty(TARGET, place.target().toString());
		PropertiesFiles.write(place.pendingReceipt(), properties, place.access());
	}

	/** Returns whether a copy to a place has begun and not ended. */
	boolean isCopying(ModelPlace place) {
		Receipt pending = receipt(this.records.read(place.pendingReceipt()));
		return pending != null && pending.doubted();
	}

	/** Forgets a file that is about to be published. */
	void deletePending(ModelPlace place) {
		try {
			this.records.delete(place.pendingReceipt());
		}
		catch (IOException ex) {
			logger.debug("The receipt {} cannot be deleted", place.pendingReceipt(), ex);
		}
	}

	/**
	 * Writes a receipt that says more about a file that is known already. One that cannot
	 * be kept costs nothing.
	 * @param place the file's place
	 * @param receipt the receipt
	 */
	public void complete(ModelPlace place, Receipt receipt) {
		try {
			this.records.write(place.receipt(), properties(place.target(), receipt), place.access());
		}
		catch (IOException ex) {
			logger.debug("The receipt {} cannot be completed", place.receipt(), ex);
		}
	}

	/**
	 * Writes a sealed record beside a file, if this cache does so, and this receipt is
	 * about the file as it is.
	 * @param place the file's place
	 * @param fingerprint the file's present fingerprint
	 */
	public void seal(ModelPlace place, Fingerprint fingerprint) {
		Receipt receipt = this.seals.isWriting() ? find(place, fingerprint) : null;
		if (receipt != null && receipt.fingerprint().fits(fingerprint)) {
			this.seals.write(place.target(), receipt);
		}
	}

	/** Deletes the sealed record of a file whose content will be another one. */
	void unseal(Path target) {
		this.seals.delete(target);
	}

	/**
	 * Remembers what a file should be, and that it is not: it will be read before it is
	 * trusted again, and fetched anew.
	 * @param place the file's place
	 * @param fingerprint the file's present fingerprint
	 */
	public void doubt(ModelPlace place, Fingerprint fingerprint) {
		Receipt receipt = find(place, fingerprint);
		delete(place);
		if (receipt != null) {
			boolean sameFile = receipt.doubted() || receipt.fingerprint().fileKey().equals(fingerprint.fileKey());
			complete(place, (sameFile ? receipt : receipt.ofUser()).reissued(Fingerprint.NONE, receipt.verifiedAt()));
		}
	}

	/** Returns the receipt of a file, whether or not it fits, or null. */
	@Nullable Receipt find(ModelPlace place) throws IOException {
		Fingerprint now = Fingerprint.of(place.target());
		return (now != null) ? find(place, now) : null;
	}

	/**
	 * Returns whether a file was edited since its receipt was written: it is a link now,
	 * has another size or, if it is small, other bytes. One that was only touched is the
	 * same.
	 * @param place the file's place
	 * @return {@code true} also if a small file cannot be read or a file was found to
	 * have other bytes; {@code false} without a receipt
	 */
	boolean isEdited(ModelPlace place) throws IOException {
		if (Files.isSymbolicLink(place.target())) {
			return true;
		}
		Fingerprint now = Fingerprint.of(place.target());
		Receipt receipt = (now != null) ? find(place, now) : null;
		if (now == null || receipt == null || receipt.fingerprint().fits(now)) {
			return false;
		}
		if (now.size() != receipt.fingerprint().size() || now.size() > LARGEST_COMPARED) {
			return now.size() != receipt.fingerprint().size();
		}
		try {
			MessageDigest sha256 = MessageDigest.getInstance(Algorithm.SHA256.jcaName());
			return !receipt.digest()
				.equals(Digest.of(Algorithm.SHA256, sha256.digest(Files.readAllBytes(place.target()))));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
		catch (IOException ex) {
			logger.debug("{} cannot be compared", place.target(), ex);
			return true;
		}
	}

	/**
	 * Forgets a file.
	 * @param place the file's place
	 */
	public void delete(ModelPlace place) {
		unseal(place.target());
		try {
			this.records.delete(place.pendingReceipt());
			this.records.delete(place.receipt());
		}
		catch (IOException ex) {
			logger.debug("The receipt {} cannot be deleted", place.receipt(), ex);
		}
	}

	/** Returns all files that have a receipt in a directory, pending ones included. */
	List<ReceivedFile> all(Path directory, FileAccess access) {
		settleAll(directory, Instant.MIN, access);
		return received(directory, CacheLayout.RECEIPT);
	}

	/**
	 * Settles the receipts of files that processes moved to their places before they
	 * ended, and deletes those of files that never came there.
	 * @param directory where receipts are kept
	 * @param expiry pending receipts that were written before are of no use: a living
	 * process settles its own in a moment
	 * @param access who may read receipts
	 */
	void settleAll(Path directory, Instant expiry, FileAccess access) {
		for (ReceivedFile pending : received(directory, CacheLayout.RECEIPT + ModelPlace.PENDING)) {
			try {
				String name = pending.file().getFileName().toString();
				Path receipt = pending.file()
					.resolveSibling(name.substring(0, name.length() - ModelPlace.PENDING.length()));
				ModelPlace place = new ModelPlace(pending.target(), pending.target(), receipt, access);
				Fingerprint fingerprint = Fingerprint.of(pending.target());
				if (fingerprint != null && pending.receipt().fingerprint().fits(fingerprint)) {
					find(place, fingerprint);
				}
				else if ((fingerprint == null || !pending.receipt().doubted())
						&& Files.getLastModifiedTime(pending.file()).toInstant().isBefore(expiry)) {
					Files.deleteIfExists(pending.file());
					Partials.deleteOrphans(pending.target());
				}
			}
			catch (IOException ex) {
				logger.debug("The receipt {} cannot be finalized", pending.file(), ex);
			}
		}
	}

	/**
	 * Returns the files that have records in a directory, in which nothing is written.
	 */
	List<ReceivedFile> received(Path directory, String ending) {
		List<ReceivedFile> all = new ArrayList<>();
		try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + ending)) {
			for (Path file : files) {
				ReceivedFile received = received(file);
				if (received != null) {
					all.add(received);
				}
			}
		}
		catch (NoSuchFileException ex) {
			logger.trace("No receipts in {}", directory);
		}
		catch (IOException | DirectoryIteratorException ex) {
			logger.debug("The receipts in {} cannot be listed", directory, ex);
		}
		return all;
	}

	/**
	 * Writes the receipt of a file that is about to be published. It has no change time,
	 * because the move sets a new one.
	 */
	void prepare(ModelPlace place, Receipt receipt) {
		unseal(place.target());
		write(place, place.pendingReceipt(),
				receipt.reissued(receipt.fingerprint().withoutChange(), receipt.verifiedAt()));
	}

	/** Makes the prepared receipt the valid one, now that its file is published. */
	void settle(ModelPlace place) {
		try {
			if (!this.records.moveUnkept(place.pendingReceipt(), place.receipt())) {
				FileMoves.replace(place.pendingReceipt(), place.receipt());
			}
			completeFingerprint(place);
		}
		catch (IOException ex) {
			logger.debug("The receipt {} cannot be completed", place.receipt(), ex);
		}
	}

	/**
	 * Adds the change time of a file to its receipt, after a move of ours or where the
	 * receipt is of a version that did not record it.
	 * @param place the file's place
	 * @throws IOException if the file cannot be asked
	 */
	void completeFingerprint(ModelPlace place) throws IOException {
		Receipt receipt = receipt(this.records.read(place.receipt()));
		Fingerprint now = Fingerprint.of(place.target());
		if (receipt != null && now != null && !receipt.fingerprint().equals(now)
				&& receipt.fingerprint().withoutChange().equals(now.withoutChange())) {
			complete(place, receipt.reissued(now, receipt.verifiedAt()));
		}
	}

	private void write(ModelPlace place, Path file, Receipt receipt) {
		try {
			this.records.write(file, properties(place.target(), receipt), place.access());
			this.said.set(false);
		}
		catch (IOException ex) {
			if (this.said.compareAndSet(false, true)) {
				logger
					.warn("The receipt of {} cannot be written: {}. Each start of an application reads the whole file ({} bytes) "
							+ "again. Set hooks.llm.cache.directory to a directory that is writable and persistent, or"
							+ " hooks.llm.cache.seal where the file is stored", place.target(), ex.toString(),
							receipt.fingerprint().size());
			}
			else {
				logger.debug("The receipt {} cannot be written", file, ex);
			}
		}
	}

	private static Properties properties(Path target, Receipt receipt) {
		Properties properties = receipt.toProperties();
		properties.setProperty(TARGET, target.toString());
		return properties;
	}

	private static @Nullable Receipt receipt(@Nullable Properties properties) {
		return (properties != null) ? Receipt.fromProperties(properties) : null;
	}

	/**
	 * Reads which file a receipt is about.
	 * @param file where the receipt is kept
	 * @return the file and its receipt, or {@code null} if there is none that can be read
	 */
	@Nullable ReceivedFile received(Path file) {
		Properties properties = this.records.read(file);
		String target = (properties != null) ? properties.getProperty(TARGET) : null;
		Receipt receipt = receipt(properties);
		try {
			return (target != null && receipt != null) ? new ReceivedFile(Path.of(target), file, receipt) : null;
		}
		catch (InvalidPathException ex) {
			return null;
		}
	}

	/**
	 * A file that has a receipt.
	 *
	 * @param target the file; may have gone
	 * @param file where the receipt is kept
	 * @param receipt the receipt
	 */
	record ReceivedFile(Path target, Path file, Receipt receipt) {

	}

}
