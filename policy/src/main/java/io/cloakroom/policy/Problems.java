package io.cloakroom.policy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
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
                .filter(k -> Math.abs(name.length() - k.length()) <= 2)
                .filter(k -> distance(name, k) <= Math.min(2, k.length() / 2 - 1))
                .min(Comparator.<String>comparingInt(k -> distance(name, k)).thenComparing(Comparator.naturalOrder()));
        return nearest.map(k -> "; did you mean `" + k + "`?").orElse("");
    }

    /** Letters to insert, remove, replace or swap with the next; capitals count as what they are in small. */
    private static int distance(String one, String other) {
        String a = one.toLowerCase(Locale.ROOT);
        String b = other.toLowerCase(Locale.ROOT);
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int replaced = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                d[i][j] = Math.min(replaced, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
