package io.cloakroom.policy;

import io.cloakroom.policy.EventSchema.Kind;
import java.util.Locale;

/** The form in which a recipient may have a field. */
public sealed interface Treatment {

    /** The word that stands for it in the policy and the audit. */
    String word();

    /** Whether there is a rule for this type; a policy that asks for one that is not there is refused (T3). */
    boolean fits(Kind kind);

    /** Whether what it leaves is text, whatever it was. */
    default boolean makesText() {
        return false;
    }

    /** What is added to the field's name because its type changes, so that a tighter policy breaks no reader. */
    default String suffix(Kind kind) {
        return "";
    }

    record Keep() implements Treatment {
        @Override
        public String word() {
            return "keep";
        }

        @Override
        public boolean fits(Kind kind) {
            return true;
        }
    }

    record Drop() implements Treatment {
        @Override
        public String word() {
            return "drop";
        }

        @Override
        public boolean fits(Kind kind) {
            return true;
        }
    }

    /** A token under the recipient's key and the subject's salt, as text. */
    record Pseudonymise() implements Treatment {
        @Override
        public String word() {
            return "pseudonymise";
        }

        @Override
        public boolean fits(Kind kind) {
            return kind == Kind.STRING || kind == Kind.INT || kind == Kind.LONG;
        }

        @Override
        public boolean makesText() {
            return true;
        }

        @Override
        public String suffix(Kind kind) {
            return kind == Kind.STRING ? "" : "Token";
        }
    }

    /**
     * @param measure the {@code length} of what is left, or the {@code resolution} of a cell; 0 where {@code to} has
     *     neither
     * @param bands {@link AgeBands#NONE} where {@code to} has none
     */
    record Generalise(To to, int measure, AgeBands bands) implements Treatment {
        @Override
        public String word() {
            return "generalise";
        }

        @Override
        public boolean fits(Kind kind) {
            return switch (to) {
                case HOUR, DAY -> kind == Kind.TIMESTAMP;
                case MONTH, YEAR -> kind == Kind.TIMESTAMP || kind == Kind.DATE;
                case AGE_BAND -> kind == Kind.DATE;
                case PREFIX, PATH_HEAD, NETWORK, H3, AGENT, URL_PATH, WITHOUT_CARDS, WITHOUT_CONTACTS ->
                    kind == Kind.STRING;
            };
        }

        @Override
        public boolean makesText() {
            return to == To.AGE_BAND;
        }

        @Override
        public String suffix(Kind kind) {
            return to == To.AGE_BAND ? "Band" : "";
        }
    }

    /** Free text without what it says of anybody: what is known of the person, and what has the shape of such things. */
    record Redact() implements Treatment {
        @Override
        public String word() {
            return "redact";
        }

        @Override
        public boolean fits(Kind kind) {
            return kind == Kind.STRING;
        }
    }

    /**
     * Times are cut in UTC and stay times: the first instant, or day, of what is left. What is no address, place or link
     * leaves nothing: empty text, never itself.
     */
    enum To {
        HOUR(Parameter.NONE),
        DAY(Parameter.NONE),
        MONTH(Parameter.NONE),
        YEAR(Parameter.NONE),
        /** The first {@code length} characters. */
        PREFIX(Parameter.LENGTH),
        /** The first {@code length} segments of a path, without those that identify, query or fragment (C36). */
        PATH_HEAD(Parameter.LENGTH),
        /** An IP address's network: /24 of IPv4, /48 of IPv6. */
        NETWORK(Parameter.NONE),
        /** The H3 cell of a {@code resolution} that a geo URI lies in (C13). */
        H3(Parameter.RESOLUTION),
        /** The band of years that a birth date lies in at the event's time, as text. */
        AGE_BAND(Parameter.BANDS),
        /** The family and platform of a user agent, without versions. */
        AGENT(Parameter.NONE),
        /** Scheme, host and path of a URL, without the parts that identify (C36). */
        URL_PATH(Parameter.NONE),
        /** Free text without card numbers (C7). */
        WITHOUT_CARDS(Parameter.NONE),
        /** A text without whatever has the shape of an address, link or number by which somebody is reached. */
        WITHOUT_CONTACTS(Parameter.NONE);

        private final Parameter parameter;

        To(Parameter parameter) {
            this.parameter = parameter;
        }

        /** As the policy writes it. */
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        public Parameter parameter() {
            return parameter;
        }
    }

    /** What a form of {@code generalise} must be told besides. */
    enum Parameter {
        NONE,
        LENGTH,
        RESOLUTION,
        BANDS;

        /** As the policy writes it. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    Treatment KEEP = new Keep();
    Treatment DROP = new Drop();
    Treatment PSEUDONYMISE = new Pseudonymise();
    Treatment REDACT = new Redact();
}
