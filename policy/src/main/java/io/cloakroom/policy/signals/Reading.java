package io.cloakroom.policy.signals;

/** A text that was read, or what is wrong with it. */
sealed interface Reading permits Reading.Unusable, TcString, GppString {

    /**
     * @param at the time asked about, milliseconds since the epoch
     * @param tolerance by which clocks differ, in milliseconds
     */
    Finding about(SignalMapping mapping, String collector, long at, long tolerance);

    record Unusable(Finding why) implements Reading {
        @Override
        public Finding about(SignalMapping mapping, String collector, long at, long tolerance) {
            return why;
        }
    }

    Reading MALFORMED = new Unusable(Finding.MALFORMED);
}
