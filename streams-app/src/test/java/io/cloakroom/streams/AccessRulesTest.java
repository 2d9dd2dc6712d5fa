package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.streams.AccessRules.Comparison;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of the small policy, and of histories; {@link AccessIT} tries the shipped one out. */
class AccessRulesTest {

    private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");

    @TempDir
    Path directory;

    private AccessRules rules;

    @BeforeEach
    void load() throws Exception {
        rules = rules(Cluster.SMALL_POLICY, NOW);
    }

    private static AccessRules rules(Path policies, Instant now) throws Exception {
        Blueprint blueprint = Blueprint.load(policies);
        return new AccessRules(blueprint, Principals.of(blueprint), "cloakroom-gate", now);
    }

    private static List<String> of(AccessRules rules, String principal) {
        return rules.asked().stream()
                .filter(rule -> rule.entry().principal().equals("User:" + principal))
                .map(AccessRules::words)
                .map(words -> words.replaceFirst("User:\\S+ may ", ""))
                .sorted()
                .toList();
    }

    // What is asked for.

    @Test
    void shouldGiveARecipientItsOwnTopicsItsRecallsAndItsGroups() {
        assertThat(of(rules, "payment"))
                .containsExactly("READ group payment.*", "READ topic payment.order", "READ topic recalls.payment");
        assertThat(of(rules, "mailing"))
                .containsExactly("READ group mailing.*", "READ topic mailing.marketing", "READ topic recalls.mailing");
    }

    @Test
    void shouldGiveAServiceItsOwnEvents() {
        assertThat(of(rules, "service.order"))
                .contains("WRITE topic events.order", "WRITE transactional id service.order.*");
        assertThat(of(rules, "control.consent"))
                .contains("WRITE topic consent.changes", "WRITE transactional id control.consent.*");
    }

    @Test
    void shouldGiveASourceInConnectNoMoreThanItsOffsetsAndTransactions() {
        assertThat(of(rules, "service.order"))
                .containsExactly(
                        "CREATE topic cloakroom.connect-service.order.*",
                        "DESCRIBE_CONFIGS topic cloakroom.connect-service.order.*",
                        "READ topic cloakroom.connect-service.order.*",
                        "WRITE topic cloakroom.connect-service.order.*",
                        "WRITE topic events.order",
                        "WRITE transactional id cloakroom.connect-service.order.*",
                        "WRITE transactional id service.order.*");
    }

    @Test
    void shouldGiveAWorkerOfConnectItsOwnStateAndNothingThatConnectorsReadOrWrite() {
        assertThat(of(rules, "cloakroom.connect"))
                .containsExactly(
                        "CREATE topic cloakroom.connect.*",
                        "DESCRIBE_CONFIGS topic cloakroom.connect.*",
                        "READ group cloakroom.connect",
                        "READ topic cloakroom.connect.*",
                        "WRITE topic cloakroom.connect.*",
                        "WRITE transactional id connect-cluster-cloakroom.connect");
    }

    @Test
    void shouldLetTheAuditorReadInGroups() {
        assertThat(of(rules, "cloakroom.auditor")).contains("READ group cloakroom.auditor.*");
    }

    @Test
    void shouldLetTheOperatorReplayInTransactions() {
        assertThat(of(rules, "cloakroom.operator"))
                .filteredOn(rule -> rule.contains("transactional"))
                .containsExactly("WRITE transactional id cloakroom.operator.*");
    }

    @Test
    void shouldLetTheGateAloneWriteReleasesRecallsAndAudit() {
        assertThat(rules.asked())
                .filteredOn(rule -> rule.entry().operation() == AclOperation.WRITE
                        && rule.pattern()
                                .name()
                                .matches("(?!events|consent)[a-z]+\\.(order|cookie|marketing|account|chat)"
                                        + "|recalls\\..*|audit\\.decisions"))
                .hasSizeGreaterThan(10)
                .allSatisfy(rule -> assertThat(rule.entry().principal()).isEqualTo("User:cloakroom.gate"));
    }

    /** A prefix that a longer name has, too, would open another's groups. */
    @Test
    void shouldGiveNobodyAPrefixThatOthersHave() throws Exception {
        AccessRules shipped = rules(Cluster.SHIPPED_POLICY, NOW);

        List<AclBinding> prefixed = shipped.asked().stream()
                .filter(rule -> rule.pattern().patternType() == PatternType.PREFIXED)
                .toList();

        assertThat(prefixed).hasSizeGreaterThan(20);
        prefixed.forEach(one -> prefixed.stream()
                .filter(other -> other.pattern().resourceType() == one.pattern().resourceType())
                .filter(other -> !other.pattern().equals(one.pattern()))
                .forEach(other -> assertThat(other.pattern().name())
                        .doesNotStartWith(one.pattern().name())));
    }

    @Test
    void shouldAskForNothingOfAWholeClusterButToSeeItsSettings() {
        assertThat(rules.asked())
                .filteredOn(rule -> rule.pattern().resourceType() == ResourceType.CLUSTER)
                .extracting(AccessRules::words)
                .containsExactly("User:cloakroom.operator may DESCRIBE_CONFIGS the cluster");
        assertThat(rules.asked()).noneMatch(rule -> rule.pattern().name().equals("*"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "payment.gate",
                "service.order.gate",
                "cloakroom.auditor.gate",
                "cloakroom.connect",
                "cloakroom.connect.gate",
                "connect"
            })
    void shouldRefuseAnIdOfTheGateThatIsAnothersToo(String applicationId) throws Exception {
        Blueprint blueprint = Blueprint.load(Cluster.SMALL_POLICY);

        assertThatThrownBy(() -> new AccessRules(blueprint, Principals.of(blueprint), applicationId, NOW))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("application.id=" + applicationId + " would make ");
    }

    @Test
    void shouldRefuseAnIdOfTheGateByWhichItWouldReadReleases() throws Exception {
        Blueprint shipped = Blueprint.load(Cluster.SHIPPED_POLICY);

        assertThatThrownBy(() -> new AccessRules(shipped, Principals.of(shipped), "research", NOW))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("application.id=research would make topic research-");
    }

    // By date.

    /** One version, and from 2026-07-01 on one in which advertising is no more. */
    private Path withoutAdvertising() throws Exception {
        String text = Files.readString(Cluster.SMALL_POLICY.resolve("2017-11-17.yaml"));
        Files.writeString(directory.resolve("2017-11-17.yaml"), text);
        int begin = text.indexOf("\n  advertising:", text.indexOf("\nrecipients:"));
        int end = text.indexOf("\n  mailing:", begin);
        Files.writeString(
                directory.resolve("2026-07-01.yaml"),
                text.substring(0, begin)
                                .replace("version: \"2017-11-17\"", "version: \"2026-07-01\"\nchange: editorial")
                        + text.substring(end));
        return directory;
    }

    @Test
    void shouldLetWhoeverIsInNoVersionAnyMoreReadOnlyWhatItMustDelete() throws Exception {
        Path policies = withoutAdvertising();

        assertThat(of(rules(policies, Instant.parse("2026-06-30T00:00:00Z")), "advertising"))
                .contains("READ topic advertising.cookie", "READ topic recalls.advertising");
        assertThat(of(rules(policies, Instant.parse("2026-07-02T00:00:00Z")), "advertising"))
                .containsExactly("READ group advertising.*", "READ topic recalls.advertising");
    }

    @Test
    void shouldOpenWhatAVersionAheadWillAllowBeforeItsDate() throws Exception {
        String text = Files.readString(Cluster.SMALL_POLICY.resolve("2017-11-17.yaml"));
        Path policies = withoutAdvertising();
        Files.writeString(
                directory.resolve("2026-08-01.yaml"),
                text.replace("version: \"2017-11-17\"", "version: \"2026-08-01\"\nchange: editorial"));

        assertThat(of(rules(policies, Instant.parse("2026-07-02T00:00:00Z")), "advertising"))
                .contains("READ topic advertising.cookie");
    }

    // What is there.

    private Comparison with(AclBinding... more) {
        List<AclBinding> there = new ArrayList<>(rules.asked());
        there.addAll(List.of(more));
        return rules.compare(there);
    }

    private static AclBinding rule(
            String principal, AclPermissionType permission, AclOperation operation, ResourceType type, String name) {
        boolean isPrefix = name.length() > 1 && name.endsWith("*");
        ResourcePattern pattern = new ResourcePattern(
                type,
                isPrefix ? name.substring(0, name.length() - 1) : name,
                isPrefix ? PatternType.PREFIXED : PatternType.LITERAL);
        return new AclBinding(pattern, new AccessControlEntry("User:" + principal, "*", operation, permission));
    }

    @Test
    void shouldFindNothingToDoWhereExactlyWhatIsAskedForIsThere() {
        assertThat(with().isEmpty()).isTrue();
        assertThat(rules.compare(List.of()).missing()).hasSameElementsAs(rules.asked());
    }

    @ParameterizedTest
    @CsvSource({
        "analytics, READ,           TOPIC,            payment.order",
        "*,         READ,           TOPIC,            payment.order",
        "payment,   WRITE,          TOPIC,            payment.order",
        "payment,   ALL,            TOPIC,            payment.order",
        "payment,   DESCRIBE,       TOPIC,            analytics.order",
        "mallory,   READ,           TOPIC,            cloakroom-gate-people-changelog",
        "mallory,   READ,           TOPIC,            cloakroom-gate-*",
        "mallory,   READ,           TOPIC,            recalls.former",
        "mallory,   READ,           GROUP,            cloakroom-gate",
        "mallory,   READ,           GROUP,            payment.readers",
        "mallory,   READ,           GROUP,            payment.*",
        "mallory,   WRITE,          TRANSACTIONAL_ID, cloakroom-gate-1",
        "mallory,   WRITE,          TRANSACTIONAL_ID, cloakroom.connect-service.order.outbox-0",
        "mallory,   READ,           TOPIC,            cloakroom.connect.config",
        "mallory,   READ,           GROUP,            cloakroom.auditor.warehouse",
        "connect,   READ,           TOPIC,            analytics.order",
        "mallory,   CREATE_TOKENS,  USER,             User:payment",
    })
    void shouldFindTooMuchWhatIsItsOwnAndNotAskedFor(
            String principal, AclOperation operation, ResourceType type, String name) {
        AclBinding more = rule(principal, AclPermissionType.ALLOW, operation, type, name);

        assertThat(with(more)).isEqualTo(new Comparison(List.of(), List.of(more), List.of()));
    }

    @ParameterizedTest
    @CsvSource({
        "connect, READ,  TOPIC,            *",
        "connect, READ,  TOPIC,            payment*",
        "connect, READ,  TOPIC,            payment.or*",
        "connect, ALTER, TOPIC,            events.*",
        "connect, READ,  TOPIC,            cloakroom*",
        "connect, READ,  TOPIC,            cloakroom.connect*",
        "connect, READ,  GROUP,            *",
        "connect, READ,  GROUP,            pay*",
        "connect, WRITE, TRANSACTIONAL_ID, cloak*",
        "payment, ALTER, CLUSTER,          kafka-cluster",
        "*,       CLUSTER_ACTION, CLUSTER, kafka-cluster",
    })
    void shouldCallWrongWhatReachesFurtherThanItsOwnAndLeaveItToAPerson(
            String principal, AclOperation operation, ResourceType type, String name) {
        Comparison comparison = with(rule(principal, AclPermissionType.ALLOW, operation, type, name));

        assertThat(comparison.surplus()).isEmpty();
        assertThat(comparison.wrong()).singleElement().asString().startsWith("User:" + principal + " may " + operation);
    }

    @ParameterizedTest
    @CsvSource({
        "bakery,  ALL,      TOPIC,   bakery.bread",
        "bakery,  READ,     TOPIC,   audit.log",
        "bakery,  READ,     TOPIC,   bakery.order", // of no recipient that anything tells of
        "bakery,  READ,     TOPIC,   bake*",
        "bakery,  READ,     GROUP,   bakery",
        "monitor, DESCRIBE, TOPIC,   *",
        "monitor, DESCRIBE_CONFIGS, TOPIC, *",
        "broker,  CLUSTER_ACTION, CLUSTER, kafka-cluster",
    })
    void shouldLeaveOthersAlone(String principal, AclOperation operation, ResourceType type, String name) {
        assertThat(with(rule(principal, AclPermissionType.ALLOW, operation, type, name))
                        .isEmpty())
                .isTrue();
    }

    @Test
    void shouldCallWrongWhatForbidsWhatIsAskedFor() {
        AclBinding deny = rule("payment", AclPermissionType.DENY, AclOperation.ALL, ResourceType.TOPIC, "payment*");

        assertThat(with(deny).wrong())
                .containsExactly("User:payment may not ALL topic payment* forbids what is asked for, such as: "
                        + "User:payment may READ topic payment.order");
        assertThat(with(rule("mallory", AclPermissionType.DENY, AclOperation.ALL, ResourceType.TOPIC, "*"))
                        .isEmpty())
                .isTrue();
    }
}
