package io.cloakroom.streams.gate;

import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.EventSchema.Kind;
import io.cloakroom.policy.Generalised;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Treatment.Generalise;
import io.cloakroom.policy.Treatment.To;
import io.cloakroom.policy.text.KnownValues;
import io.cloakroom.policy.text.Redactor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * The releases of one event, written side by side while the event is walked once. What a form does not have is not
 * written: there is no other way into a release.
 */
final class Releases {

    /** One release being written. */
    static final class Target {
        final Out out = new Out();
        Form form;
        Pseudonyms.Key key;
        byte[] subjectToken;
    }

    private final byte[][] labels;
    private final int subjectField;

    private static final Redactor REDACTOR = new Redactor();

    private KnownValues known = KnownValues.NONE;
    private byte[] redacted;
    private int redactedFrom;
    private byte[] event;
    private long occurredAt;
    private byte[] salt;
    private Target[] targets = new Target[8];
    private int count;

    /**
     * @param labels of each field, in UTF-8: the domain of its tokens
     * @param subjectField the field whose token is the release's key; negative for none
     */
    Releases(byte[][] labels, int subjectField) {
        this.labels = labels;
        this.subjectField = subjectField;
        for (int i = 0; i < targets.length; i++) {
            targets[i] = new Target();
        }
    }

    /** @param occurredAt the event's time, in milliseconds since the epoch */
    void start(byte[] event, long occurredAt, byte[] salt) {
        this.event = event;
        this.occurredAt = occurredAt;
        this.salt = salt;
        this.known = KnownValues.NONE;
        this.redactedFrom = -1;
        this.count = 0;
    }

    /**
     * One more release.
     *
     * @param proof without which there is none
     * @param form that the proof allows
     * @param completedAt when a guardian agreed to it, if that was later (C1); in the form of the event's own time
     */
    void add(
            Release proof,
            Form form,
            Pseudonyms.Key key,
            byte[] header,
            byte[] releaseId,
            OptionalLong completedAt,
            byte[] subjectToken) {
        if (count == targets.length) {
            targets = Arrays.copyOf(targets, 2 * count);
            for (int i = count; i < targets.length; i++) {
                targets[i] = new Target();
            }
        }
        Target target = targets[count++];
        target.form = form;
        target.key = key;
        target.subjectToken = subjectToken;
        target.out.clear();
        target.out.put(header).putText(releaseId).put(form.purposes);
        if (completedAt.isPresent()) {
            target.out.putLong(1).putLong(completedAt.getAsLong());
        } else {
            target.out.putLong(0);
        }
    }

    /** What is known of the person, where one of the releases is redacted. */
    void redact(KnownValues known) {
        this.known = known;
    }

    int count() {
        return count;
    }

    Target target(int i) {
        return targets[i];
    }

    /** A field begins: null where the release may not have it now, else the branch of its value. */
    void begin(int field, boolean ownBranch) {
        for (int t = 0; t < count; t++) {
            Target target = targets[t];
            byte action = target.form.actions[field];
            if (action == Form.NULL) {
                target.out.putLong(0);
            } else if (action != Form.ABSENT && !ownBranch) {
                target.out.putLong(1);
            }
        }
    }

    /** A branch, or a count of items, to each release that has the field. */
    void number(int field, long number) {
        for (int t = 0; t < count; t++) {
            if (targets[t].form.actions[field] >= Form.KEEP) {
                targets[t].out.putLong(number);
            }
        }
    }

    /** The key of a map's entry: only what is kept has one, the policy has no other treatment for maps. */
    void copy(int field, int start, int end) {
        for (int t = 0; t < count; t++) {
            if (targets[t].form.actions[field] >= Form.KEEP) {
                targets[t].out.put(event, start, end);
            }
        }
    }

    void leaf(int field, Kind kind, int start, int end) {
        for (int t = 0; t < count; t++) {
            Target target = targets[t];
            switch (target.form.actions[field]) {
                case Form.ABSENT, Form.NULL -> {}
                case Form.KEEP -> target.out.put(event, start, end);
                case Form.PSEUDONYMISE -> target.out.putText(token(target, field, kind, start, end));
                case Form.GENERALISE -> generalise(target, field, kind, start, end);
                case Form.REDACT -> target.out.putText(redacted(start, end));
                default -> throw new IllegalStateException("no such action");
            }
        }
    }

    /** Several who get it get the same. */
    private byte[] redacted(int start, int end) {
        if (redactedFrom != start) {
            int from = Node.afterLength(event, start);
            String text = new String(event, from, end - from, StandardCharsets.UTF_8);
            redacted = REDACTOR.redact(text, known).getBytes(StandardCharsets.UTF_8);
            redactedFrom = start;
        }
        return redacted;
    }

    private byte[] token(Target target, int field, Kind kind, int start, int end) {
        if (field == subjectField) {
            return target.subjectToken; // its label is subject.id, as the key's
        }
        if (kind == Kind.STRING) {
            return target.key.token(labels[field], event, Node.afterLength(event, start), end, salt);
        }
        byte[] digits = Long.toString(Node.number(event, start)).getBytes(StandardCharsets.US_ASCII);
        return target.key.token(labels[field], digits, 0, digits.length, salt);
    }

    private void generalise(Target target, int field, Kind kind, int start, int end) {
        Generalise to = target.form.generalise[field];
        switch (kind) {
            case TIMESTAMP -> target.out.putLong(Generalised.time(to.to(), Node.number(event, start)));
            case DATE -> date(to, (int) Node.number(event, start), target.out);
            case STRING -> text(to, Node.afterLength(event, start), end, target.out);
            case ENUM, INT, LONG, RECORD, OTHER -> throw new IllegalStateException("no rule for " + kind);
        }
    }

    private void date(Generalise to, int day, Out out) {
        if (to.to() == To.AGE_BAND) {
            out.putText(to.bands().of(day, occurredAt).getBytes(StandardCharsets.UTF_8));
        } else {
            out.putLong(Generalised.date(to.to(), day));
        }
    }

    /** The first letters of most texts are ASCII, a byte each: then nothing is decoded. */
    private void text(Generalise to, int start, int end, Out out) {
        int cut = (int) Math.min(end, (long) start + to.measure());
        if (to.to() == To.PREFIX && isAscii(start, cut)) {
            out.putLong(cut - start).put(event, start, cut);
        } else {
            String text = new String(event, start, end - start, StandardCharsets.UTF_8);
            out.putText(Generalised.text(to, text).getBytes(StandardCharsets.UTF_8));
        }
    }

    private boolean isAscii(int start, int end) {
        for (int i = start; i < end; i++) {
            if (event[i] < 0) {
                return false;
            }
        }
        return true;
    }
}
