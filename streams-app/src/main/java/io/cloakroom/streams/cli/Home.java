package io.cloakroom.streams.cli;

import java.nio.file.Path;

/** Where the launcher says that Cloakroom lives. */
final class Home {

    private Home() {}

    /** The policies that come with it. */
    static Path policies() {
        return home().resolve("policy").resolve("policies");
    }

    /** What brokers inside keep. */
    static Path data() {
        return home().resolve("data");
    }

    private static Path home() {
        return Path.of(System.getProperty("cloakroom.home", "."));
    }
}
