package io.cloakroom.streams.cli;

import java.nio.file.Path;

/** Where the launcher says that Cloakroom lives. */
final class Home {

    private Home() {}

    /** The policies that come with it. */
    static Path policies() {
        return home().resolve("policy").resolve("policies");
    }

    /** The policy by example. */
    static Path scenarios() {
        return home().resolve("policy").resolve("scenarios.yaml");
    }

    /** What each clause demands. */
    static Path clauses() {
        return home().resolve("docs").resolve("clauses.md");
    }

    /** What brokers inside keep. */
    static Path data() {
        return home().resolve("data");
    }

    private static Path home() {
        return Path.of(System.getProperty("cloakroom.home", "."));
    }
}
