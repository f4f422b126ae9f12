/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.beans.PropertyDescriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeanUtils;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.ResolvableType;

/**
 * Keys below {@value ModelCacheProperties#PREFIX} that {@link ModelCacheProperties} and
 * the properties of other modules declare. Finds the declared key that is most similar to
 * an unknown one.
 */
final class ConfigurationKeys {

	private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of(ModelCacheProperties.PREFIX);

	private static final int START = PREFIX.getNumberOfElements();

	private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");

	private final Node root;

	private final Set<String> ids;

	/**
	 * Creates the keys.
	 * @param ids the ids of the models below {@code models}
	 * @param others the classes of additional properties by their prefixes, each one
	 * element longer than {@value ModelCacheProperties#PREFIX}
	 */
	ConfigurationKeys(Set<String> ids, Map<String, Class<?>> others) {
		this.ids = ids;
		Map<String, Node> children = new LinkedHashMap<>(
				Node.of(ResolvableType.forClass(ModelCacheProperties.class)).children());
		others.forEach((prefix, type) -> children.put(afterPrefix(prefix), Node.of(ResolvableType.forClass(type))));
		this.root = new Node(children, null, false);
	}

	/**
	 * Returns whether a key exists.
	 * @param name the key
	 * @param variable whether the key comes from an environment variable, in which an
	 * underscore represents a dot or a dash
	 */
	boolean exists(ConfigurationPropertyName name, boolean variable) {
		return variable ? existsAsVariable(this.root, name, START, false)
				: existing(this.root, name, START) == name.getNumberOfElements();
	}

	/** Returns how many elements of a name lead to a key. */
	private static int existing(Node node, ConfigurationPropertyName name, int index) {
		if (index == name.getNumberOfElements()) {
			return index;
		}
		if (node.entry() != null) {
			if (node.indexed()) {
				return name.isNumericIndex(index) ? existing(node.entry(), name, index + 1) : index;
			}
			return node.entry().isValue() ? name.getNumberOfElements() : existing(node.entry(), name, index + 1);
		}
		String element = name.getElement(index, Form.UNIFORM);
		for (Map.Entry<String, Node> child : node.children().entrySet()) {
			if (uniform(child.getKey()).equals(element)) {
				return existing(child.getValue(), name, index + 1);
			}
		}
		return index;
	}

	/**
	 * Spring Boot binds variables that either leave out all dashes of a key or have
	 * underscores for all of them.
	 */
	private boolean existsAsVariable(Node node, ConfigurationPropertyName name, int index, boolean underscores) {
		if (index == name.getNumberOfElements()) {
			return true;
		}
		if (node.entry() != null) {
			if (node.indexed()) {
				return name.isNumericIndex(index) && existsAsVariable(node.entry(), name, index + 1, underscores);
			}
			Node entry = node.entry();
			return entry.isValue() || existsAsVariable(entry, name, index + 1, underscores)
					|| this.ids.stream()
						.map((id) -> id.toLowerCase(Locale.ROOT).split("-"))
						.filter((words) -> words.length > 1 && isAt(words, name, index))
						.anyMatch((words) -> existsAsVariable(entry, name, index + words.length, true));
		}
		for (Map.Entry<String, Node> child : node.children().entrySet()) {
			String[] words = child.getKey().split("-");
			boolean several = words.length > 1;
			if (isAt(words, name, index)
					&& existsAsVariable(child.getValue(), name, index + words.length, underscores || several)) {
				return true;
			}
			if (several && !underscores && uniform(child.getKey()).equals(name.getElement(index, Form.UNIFORM))
					&& existsAsVariable(child.getValue(), name, index + 1, false)) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Returns the key of a model that the words of a variable mean.
	 * @param words the words that follow the model's id, in lower case
	 * @return the key, such as {@code fallbacks[0].url}, or {@code null}
	 */
	static @Nullable String ofModel(List<String> words) {
		String key = key(Node.of(ResolvableType.forClass(ModelProperties.class)), words);
		return (key != null) ? key.substring(1) : null;
	}

	private static @Nullable String key(Node node, List<String> words) {
		if (words.isEmpty()) {
			return (node.isValue() || (node.entry() != null && node.entry().isValue())) ? "" : null;
		}
		if (node.entry() != null) {
			boolean element = node.indexed() && words.get(0).matches("[0-9]+");
			String rest = element ? key(node.entry(), words.subList(1, words.size())) : null;
			return (rest != null) ? "[" + words.get(0) + "]" + rest : null;
		}
		for (int i = 1; i <= words.size(); i++) {
			String name = String.join("", words.subList(0, i));
			for (Map.Entry<String, Node> child : node.children().entrySet()) {
				String rest = uniform(child.getKey()).equals(name)
						? key(child.getValue(), words.subList(i, words.size())) : null;
				if (rest != null) {
					return "." + child.getKey() + rest;
				}
			}
		}
		return null;
	}

	/**
	 * Returns whether keys, but no values, can be below a name.
	 * @param name the name
	 */
	static boolean isGroup(ConfigurationPropertyName name) {
		Node node = Node.of(ResolvableType.forClass(ModelCacheProperties.class));
		for (int i = START; i < name.getNumberOfElements(); i++) {
			String element = name.getElement(i, Form.UNIFORM);
			Optional<Node> child = node.children()
				.entrySet()
				.stream()
				.filter((entry) -> uniform(entry.getKey()).equals(element))
				.map(Map.Entry::getValue)
				.findFirst();
			if (child.isEmpty()) {
				return false;
			}
			node = child.get();
		}
		boolean listOfValues = node.indexed() && node.entry() != null && node.entry().isValue();
		return name.getNumberOfElements() > START && !node.isValue() && !listOfValues;
	}

	private static boolean isAt(String[] words, ConfigurationPropertyName name, int index) {
		for (int i = 0; i < words.length; i++) {
			if (index + i >= name.getNumberOfElements() || !words[i].equals(name.getElement(index + i, Form.UNIFORM))) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Returns the existing key that is most similar to another one: by its letters, else
	 * with all its words, else with some of them. A deprecated key is replaced with its
	 * new name.
	 * @param name a key that does not exist
	 * @return the key, or {@code null} if no key is similar
	 */
	@Nullable String nearest(ConfigurationPropertyName name) {
		List<String> keys = new ArrayList<>();
		collect(this.root, ModelCacheProperties.PREFIX, name, START, keys);
		int known = existing(this.root, name, START);
		String unknown = uniform(text(name, known));
		List<String> words = words(text(name, known));
		Predicate<String> sameLetters = (key) -> {
			int length = uniform(afterPrefix(key)).length() - uniform(text(name, START, known)).length();
			int end = Math.min(START + afterPrefix(key).split("[.\\[]").length, name.getNumberOfElements());
			// What follows the key may be a value, or the name of a header.
			return Math.min(distance(key, text(name, START)), 1 + distance(key, text(name, START, end))) <= 1
					+ Math.min(unknown.length(), length) / 5;
		};
		return Stream
			.of(sameLetters, (key) -> words(afterPrefix(key)).containsAll(words),
					(key) -> words.containsAll(words(key.substring(key.lastIndexOf('.') + 1))))
			.flatMap((likeness) -> keys.stream()
				.filter(likeness)
				.min(Comparator.comparingInt((key) -> distance(key, text(name, START))))
				.stream())
			.findFirst()
			.map((key) -> key.replaceFirst("\\.max-retries$", ".max-attempts"))
			.orElse(null);
	}

	/**
	 * Collects the candidate keys. Entries of maps and elements of lists are included if
	 * the name has them; the id of a model may contain dots.
	 */
	private static void collect(Node node, String path, ConfigurationPropertyName name, int index, List<String> keys) {
		Node entry = node.entry();
		if (entry == null) {
			node.children().forEach((child, value) -> collect(value, path + "." + child, name, index + 1, keys));
		}
		else if (!entry.isValue() && node.indexed()) {
			String element = (index < name.getNumberOfElements() && name.isNumericIndex(index))
					? name.getElement(index, Form.ORIGINAL) : "0";
			collect(entry, path + "[" + element + "]", name, index + 1, keys);
		}
		else if (!entry.isValue() && index < name.getNumberOfElements() && !name.isNumericIndex(index)) {
			for (int end = index + 1; end < name.getNumberOfElements(); end++) {
				String id = text(name, index, end);
				if (ID.matcher(id).matches()) {
					collect(entry, ModelKeys.entry(path, id), name, end, keys);
				}
			}
		}
		if (node.isValue() || (entry != null && entry.isValue())) {
			keys.add(path);
		}
	}

	private static List<String> words(String text) {
		return Arrays.stream(text.replaceAll("([a-z0-9])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT).split("[^a-z0-9]+"))
			.filter((word) -> !word.isEmpty())
			.toList();
	}

	private static String text(ConfigurationPropertyName name, int from) {
		return text(name, from, name.getNumberOfElements());
	}

	private static String text(ConfigurationPropertyName name, int from, int to) {
		List<String> elements = new ArrayList<>();
		for (int i = from; i < to; i++) {
			elements.add(name.getElement(i, Form.ORIGINAL));
		}
		return String.join(".", elements);
	}

	private static String afterPrefix(String key) {
		return key.substring(ModelCacheProperties.PREFIX.length() + 1);
	}

	/** Returns the letters and digits of a name, in lower case. */
	static String uniform(String text) {
		return text.replaceAll("[^A-Za-z0-9]", "").toLowerCase(Locale.ROOT);
	}

	/**
	 * Returns the number of letters to insert, delete or replace (Levenshtein).
	 */
	private static int distance(String key, String text) {
		String a = uniform(afterPrefix(key));
		String b = uniform(text);
		int[] row = new int[b.length() + 1];
		Arrays.setAll(row, (i) -> i);
		for (int i = 1; i <= a.length(); i++) {
			int diagonal = row[0];
			row[0] = i;
			for (int j = 1; j <= b.length(); j++) {
				int replaced = diagonal + ((a.charAt(i - 1) == b.charAt(j - 1)) ? 0 : 1);
				diagonal = row[j];
				row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
			}
		}
		return row[b.length()];
	}

	/**
	 * Node of the tree of keys, which has named children, or entries of a map or list, or
	 * is a leaf.
	 *
	 * @param children the children by their names in kebab case
	 * @param entry the node of each entry of a map or list, or {@code null}
	 * @param indexed whether the entries are those of a list
	 */
	private record Node(Map<String, Node> children, @Nullable Node entry, boolean indexed) {

		static Node of(ResolvableType type) {
			Class<?> raw = type.resolve(Object.class);
			if (Map.class.isAssignableFrom(raw)) {
				return new Node(Map.of(), of(type.asMap().getGeneric(1)), false);
			}
			if (Collection.class.isAssignableFrom(raw)) {
				return new Node(Map.of(), of(type.asCollection().getGeneric()), true);
			}
			Map<String, Node> children = new LinkedHashMap<>();
			if (raw.getName().startsWith("dev.modelcache.") && !raw.isEnum()) {
				for (PropertyDescriptor property : BeanUtils.getPropertyDescriptors(raw)) {
					if (property.getReadMethod() != null
							&& property.getReadMethod().getDeclaringClass() != Object.class) {
						children.put(DataObjectPropertyName.toDashedForm(property.getName()),
								of(ResolvableType.forMethodReturnType(property.getReadMethod(), raw)));
					}
				}
			}
			return new Node(children, null, false);
		}

		boolean isValue() {
			return this.children.isEmpty() && this.entry == null;
		}

	}

}
