package io.cloakroom.streams.cli;

import java.nio.file.Path;

/** Where the launcher says that Cloakroom lives. */
final class Home {

    private Home() {}

    /** The policies that come with it. */
    static Path policies() {
        return Path.of(System.getProperty("cloakroom.home", "."))
                .resolve("policy")
                .resolve("policies");
    }
}
