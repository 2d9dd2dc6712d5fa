package io.cloakroom.policy;

import io.cloakroom.policy.EventSchema.Kind;

/** The form in which a recipient may have a field. */
public sealed interface Treatment {

    /** The word that stands for it in the policy and the audit. */
    String word();

    /** Whether there is a rule for this type; a policy that asks for one that is not there is refused (T3). */
    boolean fits(Kind kind);

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
        public String suffix(Kind kind) {
            return kind == Kind.STRING ? "" : "Token";
        }
    }

    /** @param size of what is left, where {@code to} asks for one, else 0 */
    record Generalise(To to, int size) implements Treatment {
        @Override
        public String word() {
            return "generalise";
        }

        @Override
        public boolean fits(Kind kind) {
            return switch (to) {
                case HOUR, DAY -> kind == Kind.TIMESTAMP;
                case MONTH, YEAR -> kind == Kind.TIMESTAMP || kind == Kind.DATE;
                case PREFIX, PATH_HEAD, URL_PATH, NETWORK, H3 -> kind == Kind.STRING;
            };
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

    /** Times are cut in UTC and stay times: the first instant, or day, of what is left. */
    enum To {
        HOUR,
        DAY,
        MONTH,
        YEAR,
        /** The first characters. */
        PREFIX("length"),
        /** The first segments of a path, without query or fragment. */
        PATH_HEAD("length"),
        /** Scheme, host and path of an address, without what can identify somebody; nothing of what is no address (C36). */
        URL_PATH,
        /** The network of an IP address: /24 of version 4, /48 of version 6; nothing of what is no address. */
        NETWORK,
        /** The H3 cell of a place written as RFC 5870 has it; nothing of what is no place (C13). */
        H3("resolution");

        private final String parameter;

        To() {
            this("");
        }

        To(String parameter) {
            this.parameter = parameter;
        }

        /** As the policy writes it. */
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        }

        /** What the policy calls the size of what is left; empty where there is none to choose. */
        public String parameter() {
            return parameter;
        }
    }

    Treatment KEEP = new Keep();
    Treatment DROP = new Drop();
    Treatment PSEUDONYMISE = new Pseudonymise();
    Treatment REDACT = new Redact();
}
