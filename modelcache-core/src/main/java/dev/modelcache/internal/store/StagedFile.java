/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;

import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.DeniedAccess;
import dev.modelcache.internal.DiskFault;
import dev.modelcache.internal.DiskStep;
import dev.modelcache.internal.ForcedChannel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;

/**
 * A file on its way: it stands beside its target under a name of its own, and becomes the
 * target by one atomic move. If it does not, {@link #close()} keeps what its journal
 * speaks of for the next download, and deletes it where there is nothing to continue. It
 * is private from the start, and no other process of ours writes it.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: all methods.
 * <em>Durability</em>: content, permissions and name are forced to disk before
 * {@link #publish} returns. Assumes that the local file system moves atomically within a
 * directory.
 */
public final class StagedFile implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(StagedFile.class);

	/** So many bytes are compared at once. */
	private static final int COMPARED = 1 << 20;

	private final Staging staging;

	private final String modelId;

	private final ModelPlace place;

	/** Where the file is until it is published: at its place, unless it is copied. */
	private final ModelPlace work;

	private final Partial partial;

	private @Nullable StagedFile content;

	private boolean copyBegun;

	/** Device and inode of the copy, or null where the file system has none. */
	private @Nullable Object copy;

	private boolean published;

	private volatile boolean useless;

	private int users;

	private boolean closed;

	StagedFile(Staging staging, String modelId, ModelPlace place, ModelPlace work, Partial partial) {
		this.staging = staging;
		this.modelId = modelId;
		this.place = place;
		this.work = work;
		this.partial = partial;
	}

	/**
	 * Returns where the file stands until it is published.
	 * @return the path
	 */
	public Path path() {
		return this.partial.path();
	}

	/**
	 * Returns where the file will stand when it is published.
	 * @return the path
	 */
	public Path target() {
		return this.place.target();
	}

	/**
	 * Returns the channel to write to and read from, at any position.
	 * @return the channel; closed by {@link #close()}
	 */
	public FileChannel channel() {
		return this.partial.file().channel();
	}

	/**
	 * Makes a second, empty file for the content of this compressed one. It is to become
	 * the target, and nobody continues it.
	 * @throws ModelStorageException if the disk does not take it
	 */
	public synchronized void prepareContent() {
		if (this.content == null) {
			if (this.closed) {
				throw new IllegalStateException(path() + " is closed");
			}
			this.content = this.staging.stageEmpty(this.modelId, this.place);
		}
	}

	/**
	 * Returns the file for the content of this compressed one.
	 * @return the file that was {@linkplain #prepareContent() made}; closed with this one
	 */
	public synchronized StagedFile content() {
		if (this.content == null) {
			throw new IllegalStateException(path() + " has no file for its content");
		}
		return this.content;
	}

	/**
	 * Returns what is known of the bytes that are there. Without a line in it the file is
	 * empty, or nothing of it is of use.
	 * @return the journal
	 */
	public PartialJournal journal() {
		return this.partial.journal();
	}

	/**
	 * Makes the file and its journal empty.
	 * @throws IOException if the disk does not take it
	 */
	public synchronized void clear() throws IOException {
		if (!this.closed) {
			journal().clear();
			channel().truncate(0);
		}
	}

	/**
	 * Says that the file is used: {@link #close()} waits until it is
	 * {@linkplain #release() released}.
	 */
	public synchronized void retain() {
		if (this.closed) {
			throw new IllegalStateException(path() + " is closed");
		}
		this.users++;
	}

	/** Says that a user of the file neither reads nor writes it any more. */
	public synchronized void release() {
		this.users--;
		notifyAll();
	}

	/**
	 * Says that nothing of this file is of use to another download: {@link #close()}
	 * deletes it. Does not block.
	 */
	public void discard() {
		this.useless = true;
	}

	/**
	 * Checks that the rest of a file that is written from its start to its end fits on
	 * the disk, beside what the other downloads of this process will still write, and
	 * takes that much.
	 * @param remaining the bytes that are still to be written
	 * @throws ModelStorageException if they do not fit: needs, has, where
	 */
	public void admit(DataSize remaining) {
		admit(remaining, this::length);
	}

	/**
	 * Checks that the rest of the file fits on the disk, beside what the other downloads
	 * of this process will still write, and takes that much.
	 * @param remaining the bytes that are still to be written
	 * @param written returns how many bytes of the file have been written
	 * @throws ModelStorageException if they do not fit: needs, has, where
	 */
	public void admit(DataSize remaining, LongSupplier written) {
		this.staging.space().reserve(this, this.modelId, this.work, remaining, written);
	}

	private long length() {
		try {
			return channel().size();
		}
		catch (IOException ex) {
			return 0;
		}
	}

	/**
	 * Checks that a file whose size is not known may grow, and takes the space that it
	 * may grow by.
	 * @param most the most bytes that are wanted at once; more than 0
	 * @param written returns how many bytes of the file have been written
	 * @return the bytes that may be written before the next call
	 * @throws ModelStorageException if nothing more fits: needs, has, where
	 */
	public DataSize admitUpTo(DataSize most, LongSupplier written) {
		return this.staging.space().reserveUpTo(this, this.modelId, this.work, most, written);
	}

	/**
	 * Returns what a failure to write, force or read this file means: a disk without
	 * space, or another fault of it. The file and its journal are kept if the disk has
	 * what was written and may take the rest later: it can be forced, and the reason may
	 * pass. After any other error the operating system may hold bytes in memory that the
	 * disk does not have, and would show them to whoever checks the file.
	 * @param failure the failure
	 * @param remaining the bytes that are still to be written
	 * @return the exception to raise
	 */
	public ModelStorageException failure(IOException failure, DataSize remaining) {
		ModelStorageException noSpace = null;
		try {
			admit(remaining);
		}
		catch (ModelStorageException ex) {
			noSpace = ex;
			ex.addSuppressed(failure);
		}
		boolean mayPass = DiskFault.of(failure).mayPass() || noSpace != null;
		if (!(failure instanceof ClosedChannelException) && !(mayPass && hasRoom(remaining) && isDurable())) {
			discard();
		}
		if (noSpace != null) {
			return noSpace;
		}
		ModelStorageException denied = DeniedAccess.writing(this.modelId, target(), failure);
		return (denied != null) ? denied : DiskFault.exception(this.modelId, this.work.directory(),
				"the file " + path() + " cannot be written", failure);
	}

	/** Whether the disk would have room for the whole file if it had no other. */
	private boolean hasRoom(DataSize remaining) {
		return this.staging.space()
			.isLargeEnough(this.work.directory(), DataSize.ofBytes(Math.max(length(), remaining.toBytes())));
	}

	private boolean isDurable() {
		try {
			force();
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

	/**
	 * Makes durable what was written so far, so that {@link #publish} takes a moment
	 * only. A file that the disk did not take is of no use any more: the operating system
	 * may forget that it did not.
	 * @throws IOException if the disk does not take it
	 */
	public void force() throws IOException {
		try {
			channel().force(true);
		}
		catch (IOException ex) {
			discard();
			throw ex;
		}
	}

	/**
	 * Makes this file the target, with a receipt. The file that stood there until now
	 * stays whole until the moment of the move, and for ever if anything fails before.
	 * @param receipt makes the receipt from the file's fingerprint
	 * @throws ModelStorageException if another process serves another file from there
	 * @throws FileAlreadyExistsException if a file stands there that this cache did not
	 * put there; nothing has changed then
	 * @throws IOException if the disk does not take it. The file that stood there is
	 * unchanged then, or moved aside; only if the disk fails after the move, nothing
	 * stands there
	 */
	public synchronized void publish(Function<Fingerprint, Receipt> receipt) throws IOException {
		if (isCopied()) {
			publishCopy(receipt);
			return;
		}
		force();
		if (!Files.exists(path(), LinkOption.NOFOLLOW_LINKS)) {
			throw new IOException("the staged file " + path() + " has disappeared");
		}
		if (!this.partial.isIntact()) {
			throw new IOException("the staged file " + path() + " was changed by another user, who may write to "
					+ this.place.directory());
		}
		if (this.place.shared()) {
			SharedFiles.share(path());
		}
		else {
			this.place.access().applyTo(path());
		}
		Fingerprint fingerprint = Fingerprint.of(path());
		if (fingerprint == null) {
			throw new IOException("the staged file " + path() + " has disappeared");
		}
		this.staging.users().use(this.modelId, this.place);
		Receipt written = receipt.apply(fingerprint);
		this.staging.users().requireAgreement(this.modelId, this.place, ModelUsers.Use.of(written));
		Fingerprint replaceable = makeWay(FileMoves::replace, () -> {
		});
		this.staging.receipts().prepare(this.place, written);
		requireUnchanged(replaceable);
		DirectoryProbe.Ability ability = this.staging.ability(this.modelId, this.place);
		if (!ability.movesOpenFiles()) {
			this.partial.file().close();
		}
		FileMoves.replace(path(), this.place.target());
		this.published = true;
		try {
			if (!this.partial.isAt(this.place.target())) {
				throw new IOException(this.place.target() + " was replaced by another user, who may write to "
						+ this.place.directory());
			}
			this.staging.forceDirectory(this.place.directory());
		}
		catch (IOException ex) {
			unpublish(ex);
			throw ex;
		}
		deleteJournal();
		this.staging.receipts().settle(this.place);
		if (!ability.keepsKeys()) {
			Fingerprint moved = Fingerprint.of(this.place.target());
			this.staging.receipts()
				.write(this.place, (moved != null) ? written.reissued(moved, written.verifiedAt()) : written);
		}
		this.staging.adoption().forget(this.place);
		this.staging.deleteOthers(this.work);
	}

	/**
	 * Returns whether the file is not moved to its place, because the file system there
	 * cannot do that. It must then be {@linkplain #copyToTarget copied} before it is
	 * published.
	 * @return {@code true} if it is copied
	 */
	public boolean isCopied() {
		return !this.work.target().equals(this.place.target());
	}

	/**
	 * Copies the file to its place, from its beginning to its end. The file that stood
	 * there is gone, and part of the new one can be seen until the end; an interrupted
	 * copy is not taken for the model.
	 * @param receipt makes a receipt
	 * @param progress is told how that advances
	 * @throws FileAlreadyExistsException if a file stands there that this cache did not
	 * put there
	 * @throws IOException if it cannot be copied
	 */
	public void copyToTarget(Function<Fingerprint, Receipt> receipt, CopyProgress progress) throws IOException {
		this.staging.users()
			.requireAgreement(this.modelId, this.place, ModelUsers.Use.of(receipt.apply(Fingerprint.NONE)));
		logger.warn(
				"Model '{}': {} cannot be published atomically; the model is copied there, and other programs see part"
						+ " of it until that is complete",
				this.modelId, target());
		makeWay((from, to) -> copyAside(from, to, progress), progress::advanced);
		this.staging.receipts().announceCopy(this.place, receipt.apply(Fingerprint.NONE));
		Files.deleteIfExists(target());
		this.copyBegun = false;
		boolean copied = false;
		try {
			try (FileChannel to = FileChannel.open(target(),
					Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
					this.place.access().forFile(target()))) {
				this.copyBegun = true;
				this.copy = Partial.keyOf(target());
				this.place.access().applyTo(target());
				copy(channel(), to, progress);
			}
			copied = true;
		}
		finally {
			if (!copied) {
				deleteCopy();
			}
		}
	}

	/**
	 * Makes way at the target. Part of a copy that was broken off goes if it is the
	 * beginning of this file; anything else may be the user's.
	 */
	private @Nullable Fingerprint makeWay(Occupant.Move move, Runnable advanced) throws IOException {
		if (Occupant.of(this.place, this.staging.receipts()) == Occupant.PART && isBeginning(target(), advanced)) {
			return Fingerprint.of(target());
		}
		return Occupant.makeWay(this.place, this.staging.receipts(), this.staging.now(), move);
	}

	private boolean isBeginning(Path file, Runnable advanced) throws IOException {
		try (FileChannel part = FileChannel.open(file, StandardOpenOption.READ)) {
			long size = part.size();
			boolean same = size <= channel().size();
			ByteBuffer theirs = ByteBuffer.allocate(COMPARED);
			ByteBuffer ours = ByteBuffer.allocate(COMPARED);
			for (long position = 0; same && position < size; position += COMPARED) {
				int length = (int) Math.min(COMPARED, size - position);
				same = read(part, theirs.clear().limit(length), position)
						&& read(channel(), ours.clear().limit(length), position) && theirs.flip().equals(ours.flip());
				advanced.run();
			}
			return same;
		}
	}

	private static boolean read(FileChannel from, ByteBuffer to, long position) throws IOException {
		while (to.hasRemaining()) {
			if (from.read(to, position + to.position()) < 0) {
				return false;
			}
		}
		return true;
	}

	/** The file that is copied aside is deleted next. */
	private static void copyAside(Path from, Path to, CopyProgress progress) throws IOException {
		FileAttribute<?>[] attributes = from.getFileSystem().supportedFileAttributeViews().contains("posix")
				? new FileAttribute<?>[] { PosixFilePermissions.asFileAttribute(Files.getPosixFilePermissions(from)) }
				: new FileAttribute<?>[0];
		try (FileChannel source = FileChannel.open(from, StandardOpenOption.READ)) {
			FileChannel copy = FileChannel.open(to, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
					attributes);
			boolean copied = false;
			try (copy) {
				copy(source, copy, progress);
				copied = true;
			}
			finally {
				if (!copied) {
					Files.deleteIfExists(to);
				}
			}
		}
	}

	/** Copies a file and closes the copy, which some file systems store only then. */
	private static void copy(FileChannel from, FileChannel to, CopyProgress progress) throws IOException {
		long size = from.size();
		if (ForcedChannel.copy(from, to, progress::advanced) < size) {
			throw new EOFException("the file became shorter while it was copied");
		}
		progress.storing(size, () -> {
			to.force(true);
			to.close();
		});
	}

	/**
	 * Returns what a failure to copy the file means. The file itself is kept.
	 * @param failure the failure
	 * @return the exception to raise
	 */
	public ModelStorageException copyFailure(IOException failure) {
		ModelStorageException denied = DeniedAccess.writing(this.modelId, target(), failure);
		return (denied != null) ? denied : DiskFault.exception(this.modelId, this.place.directory(),
				"the model cannot be copied to " + target(), failure);
	}

	/**
	 * Deletes a copy that is not the model. A file that another process or the user put
	 * there in the meantime stays, and is not taken for the model.
	 */
	public void deleteCopy() {
		try {
			if (this.copyBegun) {
				Object there = Partial.keyOf(target());
				if (there != null && !there.equals(this.copy)) {
					return;
				}
				Files.deleteIfExists(target());
			}
			this.staging.receipts().deletePending(this.place);
		}
		catch (IOException ex) {
			logger.debug("{} cannot be deleted; it is replaced by the next copy", target(), ex);
		}
	}

	private void publishCopy(Function<Fingerprint, Receipt> receipt) throws IOException {
		Fingerprint fingerprint = Fingerprint.of(target());
		if (fingerprint == null) {
			throw new IOException("the copy " + target() + " has disappeared");
		}
		this.staging.users().use(this.modelId, this.place);
		this.staging.receipts().write(this.place, receipt.apply(fingerprint));
		this.published = true;
		deleteJournal();
		this.staging.adoption().forget(this.place);
		this.staging.deleteOthers(this.work);
	}

	/**
	 * Comes before the receipt is settled: whoever finds a pending receipt looks for the
	 * journal, too.
	 */
	private void deleteJournal() {
		try {
			journal().delete();
		}
		catch (IOException ex) {
			logger.debug("The journal of {} cannot be deleted yet", path(), ex);
		}
	}

	/** The disk may have lost the name, which would be found after a restart only. */
	private void unpublish(IOException failure) {
		this.staging.receipts().delete(this.place);
		try {
			// At a path that the user chose, it may be a file of theirs by now.
			if (this.place.conflict() == null || this.partial.isAt(this.place.target())) {
				Files.deleteIfExists(this.place.target());
			}
		}
		catch (IOException ex) {
			failure.addSuppressed(ex);
		}
	}

	/** A file that appears between this and the move is not seen. */
	private void requireUnchanged(@Nullable Fingerprint replaceable) throws IOException {
		if (this.place.conflict() != null && !Objects.equals(Fingerprint.of(target()), replaceable)) {
			throw new FileAlreadyExistsException(target().toString(), null, "it appeared a moment ago");
		}
	}

	/**
	 * Closes the channel, as soon as no user reads or writes the file any more. A file
	 * that was not published stays, with its journal, if the next download can continue
	 * it.
	 */
	@Override
	public synchronized void close() {
		awaitRelease();
		if (this.closed) {
			return;
		}
		this.closed = true;
		if (this.content != null) {
			this.content.close();
		}
		this.staging.space().release(this);
		try {
			if (this.published || this.useless || journal().isEmpty()) {
				this.partial.delete();
			}
			else {
				this.partial.closeOrDelete();
			}
		}
		catch (IOException ex) {
			logger.warn("The staged file {} cannot be deleted; the next download of this model tries again", path(),
					ex);
		}
	}

	/** An interrupt would not end what the users do. */
	private void awaitRelease() {
		boolean interrupted = false;
		while (this.users > 0) {
			try {
				wait();
			}
			catch (InterruptedException ex) {
				interrupted = true;
			}
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Is told how a copy advances.
	 */
	public interface CopyProgress {

		/** A piece of a few MiB was read or copied. May throw an exception to end it. */
		void advanced();

		/**
		 * Takes a step of the disk of which no progress can be seen.
		 * @param bytes how many bytes the disk may have to write
		 * @param step the step
		 * @throws IOException if the step fails
		 */
		void storing(long bytes, DiskStep step) throws IOException;

	}

}
