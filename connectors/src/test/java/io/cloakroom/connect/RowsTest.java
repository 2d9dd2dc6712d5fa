package io.cloakroom.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.Access;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.gate.GateDriver;
import io.cloakroom.streams.gate.Projection;
import io.cloakroom.streams.scenarios.Scenario;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.transforms.Flatten;
import org.junit.jupiter.api.Test;

/** What the warehouse's transformations make of every release is a row. */
class RowsTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    @Test
    void shouldMakeARowOfEveryReleaseToAnalytics() throws Exception {
        for (Projection projection : Blueprint.load(GateDriver.POLICIES).projections()) {
            Access access = projection.access();
            if (access.recipient().id().equals("analytics")) {
                String type = access.schema().type();
                EventForm event = new EventForm(type);
                Struct value = (Struct) ConnectForm.value(event.schema(), Scenario.event(type, "customer:ada", NOW));
                ReleaseForm form = new ReleaseForm(access, event.schema(), List.of(access));

                assertRow(Given.sink(access.topic(), "key", form.write(value, access.allPurposes(), "id"), NOW))
                        .as("what the triggers of the warehouse compare, of %s", type)
                        .contains(
                                "releaseId",
                                "purposes",
                                "meta_subject",
                                "meta_occurredAt",
                                "meta_brand",
                                "meta_collector");
            }
        }
    }

    @Test
    void shouldKeepWhatAListOfStructsSays() {
        Schema line = SchemaBuilder.struct().field("sku", Schema.STRING_SCHEMA).build();
        Schema order = SchemaBuilder.struct()
                .field("id", Schema.STRING_SCHEMA)
                .field("lines", SchemaBuilder.array(line).optional().build())
                .build();
        Struct value = new Struct(order).put("id", "o-1").put("lines", List.of(new Struct(line).put("sku", "sku-1")));

        Struct row =
                (Struct) nested().apply(Given.sink("orders", "key", value, NOW)).value();
        Struct without = (Struct) nested().apply(Given.sink("orders", "key", new Struct(order).put("id", "o-2"), NOW))
                .value();

        assertThat(row.getString("lines")).isEqualTo("[{\"sku\":\"sku-1\"}]");
        assertThat(row.schema().field("lines").schema().name()).isEqualTo("io.debezium.data.Json");
        assertThat(row.getString("id")).isEqualTo("o-1");
        assertThat(without.getString("lines")).isNull();
    }

    private static org.assertj.core.api.ListAssert<String> assertRow(SinkRecord record) {
        Flatten<SinkRecord> flatten = new Flatten.Value<>();
        flatten.configure(Map.of("delimiter", "_"));
        Schema row = flatten.apply(nested().apply(record)).valueSchema();
        assertThat(row.fields()).as(record.topic()).allSatisfy(field -> {
            Schema column =
                    field.schema().type() == Schema.Type.ARRAY ? field.schema().valueSchema() : field.schema();
            assertThat(column.type().isPrimitive()).as(field.name()).isTrue();
        });
        return assertThat(row.fields().stream().map(Field::name).toList());
    }

    private static NestedAsJson<SinkRecord> nested() {
        NestedAsJson<SinkRecord> nested = new NestedAsJson.Value<>();
        nested.configure(Map.of());
        return nested;
    }
}
