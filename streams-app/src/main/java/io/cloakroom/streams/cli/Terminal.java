package io.cloakroom.streams.cli;

import java.io.Console;

/** Whether a person looks on. */
final class Terminal {

    private Terminal() {}

    static boolean isThere() {
        return isThere(Console.class, System.console());
    }

    /** From Java 22 on there can be a console without a terminal; it says so itself. */
    static <T> boolean isThere(Class<T> type, T console) {
        if (console == null) {
            return false;
        }
        try {
            return (boolean) type.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException e) {
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }
}
