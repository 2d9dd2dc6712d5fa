package io.cloakroom.connect;

import java.util.Optional;

/** What a worker's list of plugins says of this jar. */
final class Versions {

    private Versions() {}

    static String own() {
        return Optional.ofNullable(Versions.class.getPackage().getImplementationVersion())
                .orElse("unpacked");
    }
}
