package io.cloakroom.streams;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/** All that is logged, ours at TRACE. */
public final class Logged extends AppenderBase<ILoggingEvent> {

    /** With what belongs to each: its values, the messages of what was thrown. */
    public final Queue<String> lines = new ConcurrentLinkedQueue<>();

    private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    private final Logger ours = (Logger) LoggerFactory.getLogger("io.cloakroom");
    private final Level before = ours.getLevel();
    private final List<Logger> others;

    private Logged(Stream<String> others) {
        this.others = others.map(name -> (Logger) LoggerFactory.getLogger(name)).toList();
    }

    /** @param others what these say at INFO comes here, and only here */
    public static Logged attached(String... others) {
        Logged log = new Logged(Stream.of(others));
        log.start();
        log.ours.setLevel(Level.TRACE);
        log.root.addAppender(log);
        for (Logger other : log.others) {
            other.setLevel(Level.INFO);
            other.setAdditive(false);
            other.addAppender(log);
        }
        return log;
    }

    public void detach() {
        for (Logger other : others) {
            other.detachAppender(this);
            other.setAdditive(true);
            other.setLevel(null);
        }
        root.detachAppender(this);
        ours.setLevel(before);
    }

    @Override
    protected void append(ILoggingEvent event) {
        StringBuilder line = new StringBuilder(event.getFormattedMessage());
        if (event.getKeyValuePairs() != null) {
            line.append(event.getKeyValuePairs());
        }
        add(event.getThrowableProxy(), line);
        lines.add(line.toString());
    }

    private static void add(IThrowableProxy thrown, StringBuilder line) {
        if (thrown != null) {
            line.append(thrown.getMessage());
            add(thrown.getCause(), line);
            Stream.of(thrown.getSuppressed()).forEach(suppressed -> add(suppressed, line));
        }
    }
}
