package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The commands that need no broker, as a program sees them: exit code, standard output, standard error. */
@Timeout(60)
class CloakroomTest {

    private static final Path SHIPPED = Path.of("..", "policy", "policies");

    private static String home;

    @TempDir
    Path directory;

    @BeforeAll
    static void live() {
        home = System.setProperty("cloakroom.home", "..");
    }

    @AfterAll
    static void moveOut() {
        if (home == null) {
            System.clearProperty("cloakroom.home");
        } else {
            System.setProperty("cloakroom.home", home);
        }
    }

    record Ran(int exit, String out, String err) {
        /** The one document on standard output. */
        JsonNode json() {
            return CloakroomTest.json(out);
        }
    }

    static JsonNode json(String document) {
        return JsonMapper.builder()
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build()
                .readTree(document);
    }

    static Ran run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command =
                Cloakroom.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int exit = command.execute(arguments);
        return new Ran(exit, out.toString(), err.toString());
    }

    // policy check

    @Test
    void shouldAcceptTheShippedPolicy() {
        assertThat(run("policy", "check")).isEqualTo(new Ran(0, "accepted: 2017-11-17\n", ""));
        assertThat(run("policy", "check", SHIPPED.toString())).isEqualTo(new Ran(0, "accepted: 2017-11-17\n", ""));
    }

    @Test
    void shouldAcceptTheShippedPolicyAsADocument() {
        Ran ran = run("policy", "check", "--json");

        assertThat(ran.exit).isZero();
        assertThat(ran.json()).hasToString("{\"accepted\":true,\"versions\":[\"2017-11-17\"],\"problems\":[]}");
        assertThat(ran.err).isEmpty();
    }

    @Test
    void shouldPrintEveryProblemOfABrokenPolicyAtItsPlace() throws IOException {
        Path broken = broken();

        Ran ran = run("policy", "check", broken.toString());

        assertThat(ran.exit).isEqualTo(1);
        assertThat(ran.out.lines())
                .hasSize(2)
                .allMatch(line -> line.matches("\\Q" + broken + "\\E:\\d+:\\d+: .+"))
                .anyMatch(line -> line.contains("`GBR`"))
                .anyMatch(line -> line.contains("unknown category `order.amont`; did you mean `order.amount`?"));
        assertThat(ran.err).isEmpty();
    }

    @Test
    void shouldPrintEveryProblemOfABrokenPolicyAsADocument() throws IOException {
        Path broken = broken();

        Ran ran = run("policy", "check", "--json", broken.toString());

        assertThat(ran.exit).isEqualTo(1);
        JsonNode document = ran.json();
        assertThat(document.get("accepted").asBoolean()).isFalse();
        assertThat(document.get("versions")).isEmpty();
        assertThat(document.get("problems")).hasSize(2);
        JsonNode problem = document.get("problems").get(0);
        assertThat(problem.get("file").asString()).isEqualTo(broken.toString());
        assertThat(problem.get("line").asInt()).isGreaterThan(1);
        assertThat(problem.get("column").asInt()).isGreaterThan(1);
        assertThat(problem.get("message").asString()).contains("order.amont");
        assertThat(ran.err).isEmpty();
    }

    @Test
    void shouldSayThatAPolicyIsNotThere() {
        Path missing = directory.resolve("2020-01-01.yaml");

        assertThat(run("policy", "check", missing.toString()))
                .isEqualTo(new Ran(1, missing + ":1:1: is not there\n", ""));
    }

    /** Misspelt twice: a category that a purpose uses, and a recipient's region. */
    private Path broken() throws IOException {
        String shipped = Files.readString(SHIPPED.resolve("2017-11-17.yaml"));
        String broken = shipped.replaceFirst("order.status, order.amount\\]", "order.status, order.amont]")
                .replaceFirst("region: DE", "region: GBR");
        return Files.writeString(directory.resolve("2017-11-17.yaml"), broken);
    }

    // policy show

    @Test
    void shouldShowWhatARecipientGets() {
        assertThat(run("policy", "show", "--recipient", "advertising")).isEqualTo(new Ran(0, """
                advertising (C9), under the policy of 2017-11-17
                  Third party, controller, in US by adequacy from 2016-08-01 until 2020-07-16, standard clauses from
                  2021-06-27 on; pseudonyms of epoch 1.

                  advertising.care
                    for advertising by consent (C9); told apart by brand, collector; nothing of a known minor (C1)
                      pseudonymise: meta.eventId, meta.subject
                      generalise to day: meta.occurredAt
                      keep: meta.brand, meta.surface, meta.country, meta.noticeVersion, meta.form, meta.collector,
                      meta.platform, meta.origin, team
                      drop: caseId, note, name, email, phone, agentId
                      redact: topic

                  advertising.cookie
                    for advertising by consent (C9) where category is ADVERTISING; told apart by brand, collector;
                    nothing of a known minor (C1)
                      pseudonymise: meta.eventId, meta.subject
                      generalise to day: meta.occurredAt
                      keep: meta.brand, meta.surface, meta.country, meta.noticeVersion, meta.form, meta.collector,
                      meta.platform, meta.origin, category, sku, action
                      generalise to path-head 2: page
                      drop: referrer, link, userAgent, ip, tcString, gppString, gpc

                """, ""));
    }

    @Test
    void shouldShowEveryRecipientInLinesThatFit() {
        Ran ran = run("policy", "show");

        assertThat(ran.out.lines())
                .allMatch(line -> line.length() <= 100)
                .contains(
                        "mailing (C24), under the policy of 2017-11-17",
                        "  Third party, processor, in DE (EEA); pseudonyms of epoch 1.")
                .contains("    only with a guardian, for who is not known to be 16 (C1)")
                .anyMatch(line -> line.startsWith("    for direct-marketing by consent (C21) unless template is "));
    }

    @Test
    void shouldShowEveryRecipientAsADocument() {
        Ran ran = run("policy", "show", "--json");

        assertThat(ran.exit).isZero();
        JsonNode rows = ran.json();
        assertThat(rows).hasSizeGreaterThan(30);
        JsonNode advertising = rows.valueStream()
                .filter(row -> row.get("topic").asString().equals("advertising.cookie"))
                .findFirst()
                .orElseThrow();
        assertThat(advertising.get("recipient").asString()).isEqualTo("advertising");
        assertThat(advertising.get("purposes")).hasToString("[\"advertising, consent (C9)\"]");
        assertThat(advertising.get("fields").get("page").asString()).isEqualTo("generalise to path-head 2");
        assertThat(advertising.get("fields").get("ip").asString()).isEqualTo("drop");
        assertThat(ran.err).isEmpty();
    }

    @Test
    void shouldSayThatAnUnknownRecipientGetsNothing() {
        String err = "no recipient facebook is in the policy: it gets nothing\n";

        assertThat(run("policy", "show", "--recipient", "facebook")).isEqualTo(new Ran(1, "", err));
        assertThat(run("policy", "show", "--recipient", "facebook", "--json")).isEqualTo(new Ran(1, "[]\n", err));
    }

    @Test
    void shouldShowNothingOfARefusedPolicy() throws IOException {
        Ran ran = run("policy", "show", "--json", broken().toString());

        assertThat(ran.exit).isEqualTo(1);
        assertThat(ran.out).isEmpty();
        assertThat(ran.err).contains("order.amont").doesNotContain("\tat ");
    }

    // Usage

    @ParameterizedTest
    @CsvSource({
        "--help, Usage: cloakroom",
        "policy check --help, Usage: cloakroom policy check",
        "run -h, Usage: cloakroom run",
        "--version, 0.1.0-SNAPSHOT"
    })
    void shouldHelpWhenAsked(String arguments, String text) {
        Ran ran = run(arguments.split(" "));

        assertThat(ran.exit).isZero();
        assertThat(ran.out).startsWith(text);
        assertThat(ran.err).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "nonsense, Unmatched argument at index 0: 'nonsense'",
        "policy, Missing required subcommand",
        "policy nonsense, Unmatched argument at index 1: 'nonsense'",
        "policy check --nonsense, Unknown option: '--nonsense'",
        "policy check a b, Unmatched argument at index 3: 'b'",
        "run, give either --config FILE or --embedded",
        "run --embedded --config gate.properties, give either --config FILE or --embedded",
        "run nonsense, there is no topology nonsense; there is: gate",
        "run gate nonsense --embedded, there is no topology nonsense; there is: gate",
        "audit tail --limit many, Invalid value for option '--limit': 'many' is not a long",
        "audit verify --config gate.properties --file audit.avro, give either --config FILE or --file EXPORT",
        "audit verify --file audit.avro --unsigned --public-key one.pub, 'with --unsigned, give neither --public-key, --checkpoints nor'",
        "audit verify --file audit.avro --unsigned --checkpoints kept, 'with --unsigned, give neither --public-key, --checkpoints nor'",
        "audit verify --file audit.avro --unsigned --checkpoints-config kept, 'with --unsigned, give neither --public-key, --checkpoints nor'",
        "audit verify --file audit.avro --unsigned --threads 2, '--threads is for a cluster, which takes one at least; it says 2'",
        "audit verify --config gate.properties --threads 0, '--threads is for a cluster, which takes one at least; it says 0'",
        "audit verify --file audit.avro, no public key was given: give --public-key FILE",
        "audit check proof, no public key was given: give --public-key FILE"
    })
    void shouldExplainWrongUsageOnStandardError(String arguments, String message) {
        Ran ran = run(arguments.split(" "));

        assertThat(ran.exit).isEqualTo(2);
        assertThat(ran.out).isEmpty();
        assertThat(ran.err).startsWith(message).contains("Usage: cloakroom");
    }

    @Test
    void shouldSayOfAFileThatIsNoExportWhatIsWrongAndThatNothingWasSigned() throws Exception {
        Path file = directory.resolve("audit.avro");
        Files.writeString(file, "not Avro");
        String wrong = "cannot be read any further, at byte 0 or before: it is no Avro object container";

        Ran ran = run("audit", "verify", "--file", file.toString(), "--unsigned", "--json");
        assertThat(ran.exit).isEqualTo(1);
        assertThat(ran.err).isEmpty();
        assertThat(ran.json().get("verified").asBoolean()).isFalse();
        assertThat(ran.json().get("signatures").asBoolean()).isFalse();
        assertThat(ran.json().get("faults").get(0).get("what").asString()).isEqualTo(wrong);
        assertThat(run("audit", "verify", "--file", file.toString(), "--unsigned").out)
                .contains("not looked at: checkpoints: no public key", "WRONG the export: " + wrong)
                .endsWith("\nnot verified\n");
    }

    @Test
    void shouldWantACommand() {
        Ran ran = run();

        assertThat(ran.exit).isEqualTo(2);
        assertThat(ran.out).isEmpty();
        assertThat(ran.err).contains("Usage: cloakroom", "demo", "run", "topics", "keys", "policy", "audit");
    }

    @Test
    void shouldSayThatTheConfigurationIsNotThere() {
        Path missing = directory.resolve("gate.properties");

        assertThat(run("run", "--config", missing.toString()))
                .isEqualTo(new Ran(1, "", "cloakroom: " + missing + ": no such file\n"));
    }

    @Test
    void shouldNameASettingThatThereIsNot() throws IOException {
        Ran ran = run("run", "--config", config("cloakroom.polices=policies").toString());

        assertThat(ran.exit).isEqualTo(2);
        assertThat(ran.err)
                .startsWith("cloakroom: cloakroom.polices is not a setting; there are ")
                .hasLineCount(1);
    }

    // topics

    @ParameterizedTest
    @ValueSource(strings = {"plan", "apply"})
    void shouldSayWithinABoundedTimeThatNoBrokerAnswers(String command) throws IOException {
        Path config = config(
                "bootstrap.servers=127.0.0.1:1",
                "schema.registry.url=http://127.0.0.1:1",
                "default.api.timeout.ms=1500",
                "request.timeout.ms=1000");

        Ran ran = run("topics", command, "--json", "--config", config.toString());

        assertThat(ran.exit).isEqualTo(1);
        assertThat(ran.out).isEmpty();
        assertThat(ran.err)
                .startsWith("cloakroom: no answer from Kafka: is bootstrap.servers right, and a broker there? (")
                .hasLineCount(1);
    }

    // keys

    @Test
    void shouldMakeKeysThatOnlyTheirOwnerReadsAndOnlyOnce() throws IOException {
        Path keys = directory.resolve("keys");
        String config = config("cloakroom.keys=" + keys).toString();

        Ran first = run("keys", "create", "--config", config);
        Ran second = run("keys", "create", "--config", config);

        List<Path> files;
        try (Stream<Path> all = Files.list(keys)) {
            files = all.sorted().toList();
        }
        assertThat(files)
                .extracting(file -> file.getFileName().toString())
                .contains(
                        "advertising.1.json",
                        "audit.1.json",
                        "checkpoint.1.pem",
                        "checkpoint.1.pub",
                        "payment.1.json",
                        "research-wardrobe.1.json")
                .doesNotHaveDuplicates();
        assertThat(files)
                .filteredOn(file -> !file.toString().endsWith(".pub")) // it is there to be given away
                .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------"));
        assertThat(first.exit).isZero();
        assertThat(first.out.lines())
                .containsExactlyInAnyOrderElementsOf(
                        files.stream().map(file -> "made " + file).toList());
        assertThat(first.err).isEmpty();
        assertThat(second).isEqualTo(new Ran(0, "", ""));
    }

    @Test
    void shouldMakeKeysOfTheGateAndOfTheSignerApart() throws IOException {
        Path keys = directory.resolve("keys");
        String config = config("cloakroom.keys=" + keys).toString();

        Ran signer = run("keys", "create", "--for", "signer", "--config", config);
        assertThat(signer.out)
                .isEqualTo("made " + keys.resolve("checkpoint.1.pem") + "\nmade " + keys.resolve("checkpoint.1.pub")
                        + "\n");
        Ran gate = run("keys", "create", "--for", "gate", "--config", config);
        assertThat(gate.out).contains("audit.1.json", "payment.1.json").doesNotContain("checkpoint");
        assertThat(run("keys", "create", "--config", config)).isEqualTo(new Ran(0, "", ""));
    }

    @Test
    void shouldSayThatNoPlaceForKeysIsNamed() {
        assertThat(run("keys", "create"))
                .isEqualTo(new Ran(2, "", "cloakroom: the setting cloakroom.keys is missing\n"));
    }

    @Test
    void shouldNeverPrintAKey() throws IOException {
        Path keys = Files.createDirectories(directory.resolve("keys"));
        Files.writeString(keys.resolve("analytics.1.json"), "{\"key\": [{\"SECRET\": 1}]}");
        String config = config(
                        "cloakroom.keys=" + keys,
                        "bootstrap.servers=127.0.0.1:1",
                        "schema.registry.url=http://127.0.0.1:1",
                        "default.api.timeout.ms=1500",
                        "request.timeout.ms=1000")
                .toString();

        Ran made = run("keys", "create", "--config", config);
        Ran refused = run("run", "--config", config);

        assertThat(made.exit).isZero();
        assertThat(made.out).contains("made ").doesNotContain("analytics.1.json", "SECRET", "keyData");
        assertThat(refused.exit).isEqualTo(1);
        assertThat(refused.out + refused.err).isNotBlank().doesNotContain("SECRET", "keyData");
    }

    private Path config(String... lines) throws IOException {
        return Files.write(directory.resolve("gate.properties"), List.of(lines));
    }
}
