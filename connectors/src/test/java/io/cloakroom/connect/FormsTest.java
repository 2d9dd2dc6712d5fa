package io.cloakroom.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.schemas.Schemas;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.gate.GateDriver;
import io.cloakroom.streams.gate.Projection;
import io.cloakroom.streams.gate.Shapes;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What Connect makes of the schemas is what the gate makes of them. */
class FormsTest {

    @Test
    void shouldSeeEveryEventAsTheGateDoes() {
        for (String type : Schemas.eventTypes()) {
            assertThat(new EventForm(type).shape()).isEqualTo(Shapes.of(type, Schemas.event(type)));
        }
    }

    @Test
    void shouldProjectEverySchemaAsTheGateDoes() throws Exception {
        for (Projection projection : Blueprint.load(GateDriver.POLICIES).projections()) {
            EventForm event = new EventForm(projection.access().schema().type());
            assertThat(new ReleaseForm(projection.access(), event.schema(), List.of(projection.access())).schema())
                    .as(projection.access().topic())
                    .isEqualTo(ConnectForm.schema(projection.schema()));
        }
    }
}
