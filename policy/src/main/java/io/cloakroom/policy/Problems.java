package io.cloakroom.policy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The problems of one file, as they are found. */
final class Problems {

    private final Path file;
    private final List<Problem> found = new ArrayList<>();

    Problems(Path file) {
        this.file = file;
    }

    void add(int line, int column, String message) {
        found.add(new Problem(file, line, column, message));
    }

    void add(Yaml at, String message) {
        add(at.line(), at.column(), message);
    }

    /** Reports a name that is none of the known ones, with the nearest of them. */
    boolean isKnown(Yaml at, Collection<String> known, String what) {
        if (known.contains(at.text())) {
            return true;
        }
        add(at, "unknown " + what + " `" + at.text() + "`" + didYouMean(at.text(), known));
        return false;
    }

    /** In the order of the file. */
    List<Problem> list() {
        return found.stream()
                .distinct()
                .sorted(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column))
                .toList();
    }

    static String didYouMean(String name, Collection<String> known) {
        Optional<String> nearest = known.stream()
                .filter(k -> distance(name, k) <= Math.min(2, k.length() / 2 - 1))
                .min(Comparator.<String>comparingInt(k -> distance(name, k)).thenComparing(Comparator.naturalOrder()));
        return nearest.map(k -> "; did you mean `" + k + "`?").orElse("");
    }

    /** Levenshtein's: letters to insert, remove or replace; capitals count as what they are in small. */
    private static int distance(String a, String b) {
        int[] row = java.util.stream.IntStream.rangeClosed(0, b.length()).toArray();
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                boolean same = Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1));
                int replaced = diagonal + (same ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
