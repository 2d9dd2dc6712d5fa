package io.cloakroom.policy;

import java.nio.file.Path;

/** What is wrong with a policy and where; lines and columns count from 1. */
public record Problem(Path file, int line, int column, String message) {

    @Override
    public String toString() {
        return file + ":" + line + ":" + column + ": " + message;
    }
}
