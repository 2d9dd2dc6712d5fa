package io.cloakroom.streams.histories;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.control.IdentityLink;
import io.cloakroom.control.LinkKind;
import io.cloakroom.control.RequestKind;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.schemas.Schemas;
import io.cloakroom.streams.histories.Step.Age;
import io.cloakroom.streams.histories.Step.Erasure;
import io.cloakroom.streams.histories.Step.Event;
import io.cloakroom.streams.histories.Step.Guardian;
import io.cloakroom.streams.histories.Step.Link;
import io.cloakroom.streams.histories.Step.Said;
import io.cloakroom.streams.scenarios.Scenario;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/** The steps of histories as services publish them. */
final class Records {

    /** As scenarios have them where they say nothing else. */
    private static final Map<String, GenericRecord> EVENTS = Schemas.eventTypes().stream()
            .collect(Collectors.toMap(
                    Function.identity(), type -> Scenario.event(type, "customer:nobody", Instant.EPOCH)));

    private final UnaryOperator<String> name;

    /** @param name under which a subject is published */
    Records(UnaryOperator<String> name) {
        this.name = name;
    }

    GenericRecord event(Event event) {
        GenericRecord base = EVENTS.get(event.type());
        GenericRecord record = GenericData.get().deepCopy(base.getSchema(), base);
        GenericRecord meta = (GenericRecord) record.get("meta");
        meta.put("subject", name.apply(event.subject()));
        meta.put("occurredAt", event.at());
        meta.put("brand", event.brand());
        meta.put("country", event.country());
        meta.put("collector", orNull(event.collector()));
        switch (event.type()) {
            case "chat" -> {}
            case "order" -> put(record, "status", event.states());
            case "cookie" -> put(record, "category", event.states());
            case "account" -> put(record, "action", event.act());
            case "marketing" -> {
                put(record, "template", event.states());
                put(record, "action", event.act());
                put(record, "channel", event.channel());
                record.put("unsubscribe", event.unsubscribe() ? "click here" : "");
            }
            default -> throw new IllegalArgumentException("histories have no " + event.type());
        }
        return record;
    }

    /** What is left out stays as it is, which is no act. */
    private static void put(GenericRecord record, String field, String value) {
        if (value.isEmpty()) {
            return;
        }
        Schema schema = record.getSchema().getField(field).schema();
        boolean isEnum = schema.getType() == Schema.Type.ENUM;
        record.put(field, isEnum ? new GenericData.EnumSymbol(schema, value) : value);
    }

    ConsentChange change(Said said) {
        boolean isImport = said.kind() == Said.Kind.IMPORT;
        return change(said.subject(), said.at())
                .setKind(
                        isImport
                                ? ConsentKind.GRANT
                                : ConsentKind.valueOf(said.kind().name()))
                .setOrigin(isImport ? "sister-company" : null)
                .setPurpose(said.purpose())
                .setBrand(orNull(said.brand()))
                .setChannel(orNull(said.channel()))
                .setCollector(orNull(said.collector()))
                .setNoticeVersion(orNull(said.notice()))
                .setExpiresAt(said.expires() == Step.FOR_EVER ? null : Instant.ofEpochMilli(said.expires()))
                .build();
    }

    ConsentChange change(Age age) {
        return change(age.subject(), age.at())
                .setKind(ConsentKind.AGE_STATEMENT)
                .setBirthDate(LocalDate.parse(age.born()))
                .build();
    }

    ConsentChange change(Guardian guardian) {
        boolean isOneself = guardian.guardian().equals(guardian.subject());
        return change(guardian.subject(), guardian.at())
                .setKind(ConsentKind.valueOf(guardian.kind().name()))
                .setGuardian(isOneself ? name.apply(guardian.subject()) : orNull(guardian.guardian()))
                .setGuardianBirthDate(guardian.born().isEmpty() ? null : LocalDate.parse(guardian.born()))
                .setVerification(orNull(guardian.verified()))
                .build();
    }

    IdentityLink link(Link link) {
        return new IdentityLink(
                "link",
                Instant.ofEpochMilli(link.at()),
                name.apply(link.subject()),
                name.apply(link.customer()),
                LinkKind.valueOf(link.kind().name()));
    }

    SubjectRequest request(Erasure erasure) {
        return new SubjectRequest(
                "request", Instant.ofEpochMilli(erasure.at()), name.apply(erasure.subject()), RequestKind.ERASURE);
    }

    private ConsentChange.Builder change(String subject, long at) {
        return ConsentChange.newBuilder()
                .setChangeId("change")
                .setOccurredAt(Instant.ofEpochMilli(at))
                .setSubject(name.apply(subject));
    }

    private static String orNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
