package dev.modelcache.store;

import java.nio.file.Path;

/**
 * The paths of one model file on this machine.
 *
 * @param target where the published file stands
 * @param lockFile the permanent lock file of its writers
 * @param receipt where its receipt is kept
 * @param shared whether others may read the file, as far as the process's umask lets
 * them; else it is its owner's alone
 */
public record ModelPlace(Path target, Path lockFile, Path receipt, boolean shared) {

	/**
	 * Creates the place of a private file.
	 * @param target where the published file stands
	 * @param lockFile the permanent lock file of its writers
	 * @param receipt where its receipt is kept
	 */
	public ModelPlace(Path target, Path lockFile, Path receipt) {
		this(target, lockFile, receipt, false);
	}

	/**
	 * Returns the directory of the published file.
	 * @return the directory
	 */
	public Path directory() {
		Path parent = this.target.getParent();
		return (parent != null) ? parent : this.target;
	}

	/**
	 * Returns where the receipt stands between its writing and the publishing of its
	 * file.
	 * @return the path
	 */
	Path pendingReceipt() {
		return this.receipt.resolveSibling(this.receipt.getFileName() + ".next");
	}

}
