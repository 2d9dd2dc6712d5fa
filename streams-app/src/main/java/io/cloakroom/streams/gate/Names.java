package io.cloakroom.streams.gate;

import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.Scope;
import io.cloakroom.schemas.BoundedDecoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * The words of the policy, as numbers, so that rows are short. A word gets its number when it is first written, and the
 * number stays in the store beside the rows that use it; other texts are written out.
 */
final class Names {

    /** No subject key begins so. */
    private static final String KEY = "name:";

    private final BiConsumer<String, byte[]> store;
    private final Set<String> words = new HashSet<>(Set.of(Scope.EVERY));
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<String> names = new ArrayList<>();

    /**
     * @param stored what is in the store under a key; null for nothing
     * @param store puts into it
     */
    Names(Function<String, byte[]> stored, BiConsumer<String, byte[]> store, PolicyHistory history) {
        this.store = store;
        for (Policy policy : history.versions()) {
            words.addAll(policy.brands());
            words.addAll(policy.channels());
            words.addAll(policy.notices());
            words.addAll(policy.purposes().keySet());
            words.addAll(policy.recipients().keySet());
        }
        words.addAll(Topics.events(history));
        for (byte[] name = stored.apply(KEY + 0); name != null; name = stored.apply(KEY + names.size())) {
            add(new String(name, StandardCharsets.UTF_8));
        }
    }

    /** Whether a word stands under this key of the store. */
    static boolean isKey(String key) {
        return key.startsWith(KEY);
    }

    private void add(String name) {
        numbers.put(name, names.size());
        names.add(name);
    }

    void write(Out out, String text) {
        Integer number = numbers.get(text);
        if (number == null && words.contains(text)) {
            store.accept(KEY + names.size(), text.getBytes(StandardCharsets.UTF_8));
            add(text);
            number = numbers.get(text);
        }
        if (number == null) {
            out.putLong(0).putText(text.getBytes(StandardCharsets.UTF_8));
        } else {
            out.putLong(number + 1L);
        }
    }

    /** @throws IOException if the number is nobody's */
    String read(BoundedDecoder in) throws IOException {
        int number = in.readInt();
        if (number < 0 || number > names.size()) {
            throw new IOException("a word that nobody wrote down");
        }
        return number == 0 ? in.readString() : names.get(number - 1);
    }
}
