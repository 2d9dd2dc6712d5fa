package io.cloakroom.policy.signals;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * What an event or a consent change carries of the industry's signals: a TC string, a GPP string, Global Privacy Control.
 * They are read once, when this is made; nothing here throws, and nothing here prints them: they identify people.
 */
public final class Signals {

    /** Stands for a string that is not there. */
    public static final String ABSENT = "";

    public static final Signals NONE = new Signals(ABSENT, ABSENT, false);

    private final String tcfText;
    private final String gppText;
    private final boolean gpc;
    private final Optional<Reading> tcf;
    private final Optional<Reading> gpp;

    private Signals(String tcf, String gpp, boolean gpc) {
        this.tcfText = tcf;
        this.gppText = gpp;
        this.gpc = gpc;
        this.tcf = tcf.isEmpty() ? Optional.empty() : Optional.of(TcString.read(tcf));
        this.gpp = gpp.isEmpty() ? Optional.empty() : Optional.of(GppString.read(gpp));
    }

    public static Signals of(String tcf, String gpp, boolean gpc) {
        return tcf.isEmpty() && gpp.isEmpty() && !gpc ? NONE : new Signals(tcf, gpp, gpc);
    }

    public boolean isNone() {
        return this == NONE;
    }

    /**
     * What they say about a purpose; a no of any of them is the answer.
     *
     * @param collector whose vendor id is asked for
     * @param at the time asked about, milliseconds since the epoch
     * @param tolerance by which clocks differ, in milliseconds
     */
    public Finding about(SignalMapping mapping, String collector, long at, long tolerance) {
        if (gpc && mapping.gpc()) {
            return Finding.GPC_SET;
        }
        Finding found = Finding.SILENT;
        if (tcf.isPresent() && mapping.readsTcf()) {
            found = tcf.get().about(mapping, collector, at, tolerance);
        }
        if (found.isNo() || gpp.isEmpty() || mapping.isNone()) {
            return found;
        }
        Finding other = gpp.get().about(mapping, collector, at, tolerance);
        return other == Finding.SILENT ? found : other;
    }

    /** When what they allow ends, in milliseconds since the epoch; none where nothing is a TC string. */
    public OptionalLong expiresAt(SignalMapping mapping) {
        return tcStrings().mapToLong(tc -> tc.expiresAt(mapping.tcf())).min();
    }

    /** When what they allow was said, if somebody reports it at a time; milliseconds since the epoch. */
    public long saidAt(long at) {
        return tcStrings().mapToLong(tc -> tc.saidAt(at)).min().orElse(at);
    }

    private Stream<TcString> tcStrings() {
        Stream<Reading> inGpp =
                gpp.stream().flatMap(g -> g instanceof GppString read ? read.tcf().stream() : Stream.empty());
        return Stream.concat(tcf.stream(), inGpp)
                .flatMap(r -> r instanceof TcString tc ? Stream.of(tc) : Stream.empty());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Signals s && tcfText.equals(s.tcfText) && gppText.equals(s.gppText) && gpc == s.gpc;
    }

    @Override
    public int hashCode() {
        return 31 * (31 * tcfText.hashCode() + gppText.hashCode()) + Boolean.hashCode(gpc);
    }

    @Override
    public String toString() {
        return "Signals[" + (tcf.isPresent() ? "tcf " : "") + (gpp.isPresent() ? "gpp " : "") + (gpc ? "gpc" : "")
                + "]";
    }
}
