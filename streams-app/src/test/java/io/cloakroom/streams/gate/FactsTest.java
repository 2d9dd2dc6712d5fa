package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.Event;
import io.cloakroom.policy.EventRules;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.junit.jupiter.api.Test;

class FactsTest {

    private static final Schema EVENT = new Schema.Parser().parse("""
            {"type": "record", "name": "Trial", "fields": [
              {"name": "meta", "type": {"type": "record", "name": "Meta", "fields": [
                {"name": "occurredAt", "type": "long"},
                {"name": "brand", "type": "string"},
                {"name": "surface", "type": "string"},
                {"name": "country", "type": "string"},
                {"name": "collector", "type": ["null", "string"], "default": null}]}},
              {"name": "via", "type": ["null",
                {"type": "record", "name": "Phone", "fields": [{"name": "number", "type": "string"}]},
                {"type": "record", "name": "Mail", "fields": [{"name": "template", "type": "string"}]}]}]}""");

    @Test
    void shouldReadWhatTheBranchOfAUnionSays() {
        assertThat(facts("Mail", "template").stated()).isEqualTo("it");
    }

    @Test
    void shouldReadNothingFromABranchThatHasNoSuchField() {
        assertThat(facts("Phone", "number").stated()).isEqualTo(Event.ABSENT);
    }

    @Test
    void shouldReadNothingFromAnEmptyBranch() {
        assertThat(Facts.of("trial", event(null), 2, stated()).stated()).isEqualTo(Event.ABSENT);
    }

    @Test
    void shouldTakeTheBrandForTheCollectorWhereNoneIsNamed() {
        assertThat(facts("Mail", "template").collector()).isEqualTo("brand");
    }

    private static Event facts(String branch, String field) {
        Schema via = EVENT.getField("via").schema().getTypes().stream()
                .filter(s -> s.getName().equals(branch))
                .findFirst()
                .orElseThrow();
        return Facts.of(
                "trial", event(new GenericRecordBuilder(via).set(field, "it").build()), 2, stated());
    }

    private static GenericRecord event(GenericRecord via) {
        GenericRecord meta = new GenericRecordBuilder(EVENT.getField("meta").schema())
                .set("occurredAt", 1L)
                .set("brand", "brand")
                .set("surface", "web")
                .set("country", "IT")
                .build();
        return new GenericRecordBuilder(EVENT).set("meta", meta).set("via", via).build();
    }

    /** A policy by which {@code via.template} states the purposes. */
    private static PolicyHistory stated() {
        EventRules rules =
                new EventRules("trial", "via.template", Map.of(), Set.of(), "", Set.of(), false, "", "", List.of());
        return new PolicyHistory(List.of(new Policy(
                "2020-01-01",
                "",
                0,
                ZoneOffset.UTC,
                Set.of(),
                Set.of(),
                Set.of(),
                Set.of(),
                16,
                Map.of(),
                Map.of("trial", rules),
                Map.of(),
                Set.of(),
                Map.of())));
    }
}
