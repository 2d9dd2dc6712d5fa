package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PrincipalsTest {

    @TempDir
    Path directory;

    private Blueprint blueprint;

    @BeforeEach
    void load() throws Exception {
        blueprint = Blueprint.load(Cluster.SMALL_POLICY);
    }

    private Principals read(String text) throws IOException {
        return Principals.read(Files.writeString(directory.resolve("principals"), text), blueprint);
    }

    @Test
    void shouldNameEverybodyOfThePolicy() {
        assertThat(Principals.of(blueprint).byRole().values())
                .containsExactly(
                        "User:advertising",
                        "User:analytics",
                        "User:cloakroom.auditor",
                        "User:cloakroom.connect",
                        "User:cloakroom.gate",
                        "User:cloakroom.inspector",
                        "User:cloakroom.operator",
                        "User:cloakroom.signer",
                        "User:cloakroom.verifier",
                        "User:control.consent",
                        "User:control.identity",
                        "User:control.requests",
                        "User:group",
                        "User:mailing",
                        "User:payment",
                        "User:service.account",
                        "User:service.chat",
                        "User:service.cookie",
                        "User:service.marketing",
                        "User:service.order");
    }

    @Test
    void shouldTakeACompanysOwnNames() throws IOException {
        Principals principals = read("""
                # from the certificates
                payment = User:CN=payments.example,O=Payments Ltd

                service.order=User:shop
                service.account=User:shop
                """);

        assertThat(principals.of("payment")).isEqualTo("User:CN=payments.example,O=Payments Ltd");
        assertThat(principals.of("service.order")).isEqualTo(principals.of("service.account"));
        assertThat(principals.of("analytics")).isEqualTo("User:analytics");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "paymnt = User:x | 1: `paymnt` is no role of this policy; did you mean `payment`?",
                "service.ordr = User:x | 1: `service.ordr` is no role of this policy; did you mean `service.order`?",
                "payment User:x | 1: a line is: role = principal",
            })
    void shouldNameTheLineThatIsWrong(String line, String message) {
        assertThatThrownBy(() -> read(line))
                .isInstanceOf(ConfigException.class)
                .hasMessage(directory.resolve("principals") + ":" + message);
    }

    @Test
    void shouldRefuseARoleThatIsNamedTwice() {
        assertThatThrownBy(() -> read("payment=User:a\npayment=User:b\n"))
                .isInstanceOf(ConfigException.class)
                .hasMessageEndingWith(":2: `payment` has a principal already");
    }

    /** Of whom a broker would not know who they are. */
    @ParameterizedTest
    @ValueSource(strings = {"User:*", "User:ANONYMOUS", "User:", "payment", "Group:payment", ""})
    void shouldRefuseAPrincipalThatAnybodyCouldBe(String principal) {
        assertThatThrownBy(() -> read("payment = " + principal))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("the principal of payment must be one that clients prove to be");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "analytics=User:payment",
                "service.order=User:payment",
                "cloakroom.gate=User:payment",
                "cloakroom.auditor=User:payment",
                "cloakroom.connect=User:payment",
                "service.order=User:cloakroom.gate",
                "cloakroom.verifier=User:cloakroom.gate",
            })
    void shouldRefuseThatSomebodyIsTwoWhoMustNotKnowOfEachOther(String line) {
        assertThatThrownBy(() -> read(line))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(" cannot be both ");
    }
}
