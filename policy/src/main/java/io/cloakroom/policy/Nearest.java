package io.cloakroom.policy;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** The name that was probably meant. */
public final class Nearest {

    private Nearest() {}

    /** For the end of a message, such as {@code ; did you mean `order`?}; empty if no known name is near. */
    public static String didYouMean(String name, Collection<String> known) {
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
