package io.cloakroom.policy.signals;

import java.util.LinkedHashMap;
import java.util.Map;

/** Signals that were read lately: the same strings come with every event of a visit. Bounded; one for each thread. */
public final class SignalCache {

    private static final int MOST = 128;
    private static final float FULL = 0.75f;

    private final Map<Key, Signals> read = new LinkedHashMap<>(MOST, FULL, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Signals> eldest) {
            return size() > MOST;
        }
    };

    private record Key(String tcf, String gpp, boolean gpc) {}

    /** As {@link Signals#of}. */
    public Signals of(String tcf, String gpp, boolean gpc) {
        return tcf.isEmpty() && gpp.isEmpty()
                ? Signals.of(tcf, gpp, gpc)
                : read.computeIfAbsent(new Key(tcf, gpp, gpc), key -> Signals.of(key.tcf(), key.gpp(), key.gpc()));
    }
}
