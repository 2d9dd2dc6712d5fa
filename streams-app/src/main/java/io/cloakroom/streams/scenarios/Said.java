package io.cloakroom.streams.scenarios;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.control.IdentityLink;
import io.cloakroom.control.LinkKind;
import io.cloakroom.control.RequestKind;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.streams.gate.Topics;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;

/**
 * What somebody said, as people write it down.
 *
 * @param by kind of the subject, where it is not the event's; or another subject's whole key
 * @param at before ({@code -1d}, {@code -t2h}) or after now, or an instant; now where nothing is said
 */
public record Said(
        String kind,
        String by,
        String at,
        String purpose,
        String brand,
        String channel,
        String collector,
        String item,
        String noticeVersion,
        String expiresAt,
        String origin,
        String birthDate,
        String guardian,
        String guardianBirthDate,
        String verification,
        String tcString,
        String gppString,
        Boolean gpc) {

    private static final List<String> KINDS = Stream.of(ConsentKind.values(), LinkKind.values(), RequestKind.values())
            .flatMap(Stream::of)
            .map(Enum::name)
            .toList();

    /** A control record, as it is published. */
    public record Control(String topic, String subject, SpecificRecord value) {}

    /**
     * @param subject of the event that it is said for
     * @throws IllegalArgumentException if there is no such kind
     */
    public Control control(String subject, Instant now) {
        if (!KINDS.contains(kind)) {
            throw new IllegalArgumentException(
                    "nobody says " + kind + "; a `kind` is one of " + String.join(", ", KINDS));
        }
        String speaker = by == null ? subject : by.contains(":") ? by : of(by, subject);
        String id = speaker + kind + at;
        Instant time = time(at, now);
        return switch (kind) {
            case "CONNECTED", "DISCONNECTED" ->
                new Control(
                        Topics.IDENTITY_LINKS,
                        speaker,
                        new IdentityLink(id, time, speaker, of("customer", subject), LinkKind.valueOf(kind)));
            case "ERASURE" ->
                new Control(
                        Topics.SUBJECT_REQUESTS,
                        speaker,
                        new SubjectRequest(id, time, speaker, RequestKind.valueOf(kind)));
            default -> new Control(Topics.CONSENT_CHANGES, speaker, change(speaker, id, time, now));
        };
    }

    /** The subject of another kind in the same story. */
    private static String of(String kind, String subject) {
        return kind + subject.substring(subject.indexOf(':'));
    }

    private ConsentChange change(String speaker, String id, Instant time, Instant now) {
        return ConsentChange.newBuilder()
                .setChangeId(id)
                .setOccurredAt(time)
                .setSubject(speaker)
                .setKind(ConsentKind.valueOf(kind))
                .setPurpose(purpose)
                .setBrand(brand)
                .setChannel(channel)
                .setCollector(collector)
                .setItem(item)
                .setNoticeVersion(noticeVersion)
                .setExpiresAt(expiresAt == null ? null : time(expiresAt, now))
                .setOrigin(origin)
                .setBirthDate(date(birthDate))
                .setGuardian(guardian)
                .setGuardianBirthDate(date(guardianBirthDate))
                .setVerification(verification)
                .setTcString(tcString)
                .setGppString(gppString)
                .setGpc(gpc)
                .build();
    }

    private static LocalDate date(String text) {
        return text == null ? null : LocalDate.parse(text);
    }

    static Instant time(String text, Instant now) {
        if (text == null) {
            return now;
        }
        char sign = text.charAt(0);
        if (sign != '-' && sign != '+') {
            return Instant.parse(text);
        }
        Duration distance = Duration.parse("P" + text.substring(1).toUpperCase(Locale.ROOT));
        return sign == '-' ? now.minus(distance) : now.plus(distance);
    }
}
