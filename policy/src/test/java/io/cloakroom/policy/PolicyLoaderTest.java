package io.cloakroom.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.EventSchema.Kind;
import io.cloakroom.policy.Treatment.Generalise;
import io.cloakroom.policy.Treatment.To;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyLoaderTest {

    private static final String BASE = PlantedFaultsTest.BASE;

    @TempDir
    Path directory;

    @Test
    void shouldBeginAtTheStartOfTheDayInThePolicysZone() throws Exception {
        write("2020-03-01.yaml", BASE);

        assertThat(Instant.ofEpochMilli(load().versions().get(0).effectiveFrom()))
                .hasToString("2020-02-29T23:00:00Z");
    }

    @Test
    void shouldOrderTheVersionsByDate() throws Exception {
        write("2020-10-01.yaml", later("2020-10-01"));
        write("2020-03-01.yaml", BASE);

        assertThat(load().versions()).extracting(Policy::version).containsExactly("2020-03-01", "2020-10-01");
    }

    @Test
    void shouldNameAVersionByTheHashOfItsBytes() throws Exception {
        write("2020-03-01.yaml", BASE);

        byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(BASE.getBytes(StandardCharsets.UTF_8));
        assertThat(load().versions().get(0).hash()).isEqualTo(String.format("%064x", new BigInteger(1, sha256)));
    }

    @Test
    void shouldReadNorwayAsText() throws Exception {
        write("2020-03-01.yaml", BASE.replace("eea: [IT, \"NO\", NL]", "eea: [IT, NO, NL]"));

        assertThat(load().versions().get(0).eea()).containsExactlyInAnyOrder("IT", "NO", "NL");
    }

    @Test
    void shouldReportTheProblemsOfEveryFile() throws Exception {
        write("2020-03-01.yaml", BASE.replace("Europe/Rome", "Europe/Roma"));
        write("2020-10-01.yaml", later("2020-10-01").replace("region: NL", "region: XX"));

        assertThat(refusal())
                .containsExactly(
                        directory + "/2020-03-01.yaml:2:7: unknown zone `Europe/Roma`; did you mean `Europe/Rome`?",
                        directory + "/2020-10-01.yaml:58:13: unknown country `XX`: ISO 3166-1 has two capital letters, "
                                + "such as NO");
    }

    @Test
    void shouldRefuseADirectoryWithoutAPolicy() throws Exception {
        write("README.md", "nothing");

        assertThat(refusal())
                .containsExactly(directory + ":1:1: no policy here: a version is a file such as 2017-11-17.yaml");
    }

    @Test
    void shouldRefuseAPathThatIsNotThere() {
        Path file = directory.resolve("2020-03-01.yaml");

        assertThat(refusal(file)).containsExactly(file + ":1:1: is not there");
    }

    @Test
    void shouldRefuseADirectoryNamedAsAVersion() throws Exception {
        Files.createDirectory(directory.resolve("2020-03-01.yaml"));

        assertThat(refusal())
                .containsExactly(directory + "/2020-03-01.yaml:1:1: cannot be read: java.io.IOException: not a file");
    }

    @Test
    void shouldWaitThirtyDaysForAGuardianUnlessThePolicySaysOtherwise() throws Exception {
        write("2020-03-01.yaml", BASE);
        assertThat(load().versions().get(0).guardianTerm()).isEqualTo(30L * 24 * 3_600_000);

        write(
                "2020-03-01.yaml",
                BASE.replace(
                        "clause: C1}\ncategories", "clause: C1}\nguardian: {within-days: 14, clause: C1}\ncategories"));
        assertThat(load().versions().get(0).guardianTerm()).isEqualTo(14L * 24 * 3_600_000);
    }

    @Test
    void shouldReadTheFormsAndWhatTheyMustBeTold() throws Exception {
        write(
                "2020-03-01.yaml",
                BASE.replace("keep: [none, sale.count, sale.text]", "keep: [none, sale.count]")
                        .replace(
                                "time.exact: {to: hour}",
                                "time.exact: {to: hour}\n      sale.text: {to: h3, resolution: 6}"));

        Access access = load().versions().get(0).access("sale", "research").orElseThrow();

        assertThat(treatment(access, "countToken")).isEqualTo(new Generalise(To.H3, 6, AgeBands.NONE));
        assertThat(treatment(access, "meta.at")).isEqualTo(new Generalise(To.HOUR, 0, AgeBands.NONE));
    }

    /** Found when the policy is loaded, not by the first event. */
    @Test
    void shouldRefuseCellsWhereTheirLibraryDoesNotLoad() throws Exception {
        Path none = directory.resolve("not-there");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String classes = System.getProperty("java.class.path");
        Process child = new ProcessBuilder(
                        java, "-Djava.io.tmpdir=" + none, "-cp", classes, WithoutLibrary.class.getName())
                .redirectErrorStream(true)
                .start();

        String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(said)
                .contains("its library does not load from " + none
                        + "; set -Djava.io.tmpdir to a directory that can be written to and run from");
        assertThat(child.waitFor()).isZero();
    }

    /** A process in which it cannot. */
    static final class WithoutLibrary {
        public static void main(String[] none) {
            System.out.println(Cell.fault().orElse("it does"));
        }
    }

    @Test
    void shouldReadWhoCannotBeRecalledFrom() throws Exception {
        write("2020-03-01.yaml", BASE.replace("region: NL\n", "region: NL\n    recall: impossible\n"));

        Recipient bank = load().versions().get(0).recipients().get("bank");
        Recipient research = load().versions().get(0).recipients().get("research");
        assertThat(bank.recallable()).isFalse();
        assertThat(research.recallable()).isTrue();
    }

    @Test
    void shouldNotPassOverAVersionWithAnotherSuffix() throws Exception {
        write("2020-03-01.yaml", BASE);
        write("2020-10-01.yml", later("2020-10-01"));

        assertThat(refusal())
                .containsExactly(
                        directory + "/2020-10-01.yml:1:10: a file of version `2020-10-01` is named 2020-10-01.yaml");
    }

    @Test
    void shouldRefuseTwoFilesOfOneVersion() throws Exception {
        write("2020-03-01.yaml", BASE);
        write("2020-03-01-b.yaml", BASE);

        assertThat(refusal())
                .contains(
                        directory + "/2020-03-01-b.yaml:1:10: a file of version `2020-03-01` is named 2020-03-01.yaml");
    }

    @Test
    void shouldRefuseALaterVersionThatTakesEffectEarlier() throws Exception {
        write("2020-03-01.yaml", BASE.replace("Europe/Rome", "Pacific/Midway"));
        write("2020-03-02.yaml", later("2020-03-02").replace("Europe/Rome", "Pacific/Kiritimati"));

        assertThat(refusal())
                .containsExactly(directory + "/2020-03-02.yaml:1:1: takes effect no later than version 2020-03-01, "
                        + "in whose zone it is later");
    }

    @Test
    void shouldRefuseAnEmptyFile() throws Exception {
        write("2020-03-01.yaml", "# only a remark\n");

        assertThat(refusal()).containsExactly(directory + "/2020-03-01.yaml:1:1: is empty");
    }

    @Test
    void shouldRefuseAFileThatIsNoMap() throws Exception {
        write("2020-03-01.yaml", "withhold\n");

        assertThat(refusal()).containsExactly(directory + "/2020-03-01.yaml:1:1: must be a map");
    }

    @Test
    void shouldRefuseAFileThatIsNotUtf8() throws Exception {
        Files.write(directory.resolve("2020-03-01.yaml"), "zone: \u00e9".getBytes(StandardCharsets.ISO_8859_1));

        assertThat(refusal()).containsExactly(directory + "/2020-03-01.yaml:1:1: is not UTF-8");
    }

    @Test
    void shouldRefuseAFileThatNobodyCanHaveRead() throws Exception {
        write("2020-03-01.yaml", BASE + "#".repeat(PolicyLoader.LARGEST));

        assertThat(refusal()).containsExactly(directory + "/2020-03-01.yaml:1:1: is larger than 1048576 bytes");
    }

    @Test
    void shouldRefuseWithWordsWhateverLineIsTornOrMissing() throws Exception {
        List<String> lines = BASE.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            List<String> broken = new ArrayList<>(lines);
            broken.set(i, line.substring(0, line.length() / 2));
            write("2020-03-01.yaml", String.join("\n", broken) + "\n");
            assertThat(refusal()).as("torn line %d: %s", i + 1, line).isNotEmpty();

            broken.remove(i);
            write("2020-03-01.yaml", String.join("\n", broken) + "\n");
            assertThat(refusal()).as("without line %d: %s", i + 1, line).isNotEmpty();
        }
    }

    /** What is not refused is prose, or another brand, country or time. */
    @Test
    void shouldRefuseWithWordsOrLoadWhateverWordOfTheShippedPolicyIsAnother() throws Exception {
        String text = Files.readString(Path.of("policies/2017-11-17.yaml"));
        List<MatchResult> words =
                Pattern.compile("[A-Za-z0-9.:-]+").matcher(text).results().toList();
        Path file = directory.resolve("2017-11-17.yaml");
        for (int i = 0; i < words.size(); i += 7) {
            MatchResult word = words.get(i);
            Files.writeString(file, text.substring(0, word.start()) + "x" + text.substring(word.end()));
            try {
                PolicyLoader.load(file, Schemas.shipped());
            } catch (PolicyRefusedException refused) {
                assertThat(refused.problems()).isNotEmpty();
            }
        }
    }

    /** Nothing reads it: its topic is no input. */
    @Test
    void shouldNotAskForTheLabelsOfATypeThatThePolicyDoesNotName() throws Exception {
        write("2020-03-01.yaml", BASE);

        assertThat(PolicyLoader.load(directory, withPage("visit")).versions()).hasSize(1);
    }

    @Test
    void shouldAskTheNewestVersionForEveryLabelOfItsTypes() throws Exception {
        write("2020-03-01.yaml", BASE);

        assertThat(catchThrowableOfType(
                        PolicyRefusedException.class, () -> PolicyLoader.load(directory, withPage("sale"))))
                .hasMessage(directory + "/2020-03-01.yaml:8:1: no category `visit.page`, the label of sale.page");
    }

    /** What decided cannot be edited. */
    @Test
    void shouldDropInAnOlderVersionWhatHasALaterLabel() throws Exception {
        write("2020-03-01.yaml", BASE);
        write(
                "2020-10-01.yaml",
                later("2020-10-01")
                        .replace("  none: {}", "  none: {}\n  visit.page: {}")
                        .replace("drop: [sale", "drop: [visit.page, sale"));

        Access access = PolicyLoader.load(directory, withPage("sale"))
                .versions()
                .get(0)
                .access("sale", "research")
                .orElseThrow();

        assertThat(treatment(access, "page")).isEqualTo(Treatment.DROP);
    }

    /** The schemas with a field of a label that the base has not. */
    private static List<EventSchema> withPage(String type) {
        Field page = new Field("page", "visit.page", Kind.STRING, List.of());
        List<EventSchema> schemas = new ArrayList<>();
        List<Field> fields = new ArrayList<>();
        for (EventSchema schema : PlantedFaultsTest.schemas()) {
            if (schema.type().equals(type)) {
                fields.addAll(schema.fields());
            } else {
                schemas.add(schema);
            }
        }
        fields.add(page);
        schemas.add(new EventSchema(type, fields));
        return schemas;
    }

    @Test
    void shouldDropWhatIsInADroppedContainer() throws Exception {
        write(
                "2020-03-01.yaml",
                BASE.replace("keep: [none, sale.count, sale.text]", "keep: [sale.count, sale.text]")
                        .replace("drop: [sale.total,", "drop: [none, sale.total,"));

        Access access = load().versions().get(0).access("sale", "research").orElseThrow();

        assertThat(treatment(access, "meta.subject")).isEqualTo(Treatment.DROP);
        assertThat(treatment(access, "count")).isEqualTo(Treatment.KEEP);
    }

    @Test
    void shouldDropWhatNoPurposeMayUseTogetherWithItsContainer() throws Exception {
        write(
                "2020-03-01.yaml",
                BASE.replace(
                        "categories: [none, subject.id, time.exact, sale.count, sale.text, sale.total]",
                        "categories: [subject.id, time.exact, sale.count, sale.text, sale.total]"));

        Access access = load().versions().get(0).access("sale", "research").orElseThrow();

        assertThat(treatment(access, "meta.subject")).isEqualTo(Treatment.DROP);
        assertThat(treatment(access, "count")).isEqualTo(Treatment.KEEP);
    }

    @Test
    void shouldKeepTheOrderOfTheFileForRecipientsAndPurposes() throws Exception {
        PolicyHistory history = People.small();
        Policy policy = history.versions().get(0);

        assertThat(policy.events().get("order").accesses())
                .extracting(a -> a.recipient().id())
                .containsExactly("analytics", "group", "payment");
        assertThat(policy.access("marketing", "mailing").orElseThrow().purposes())
                .extracting(Purpose::id)
                .containsExactly("service-messages", "direct-marketing");
    }

    @Test
    void shouldAskWhatKindOfChangeALaterVersionIs() throws Exception {
        write("2020-03-01.yaml", BASE);
        write("2020-10-01.yaml", BASE.replace("2020-03-01", "2020-10-01"));

        assertThat(refusal())
                .containsExactly(
                        directory + "/2020-10-01.yaml:1:10: `change` is missing: is it material or editorial?");
    }

    @Test
    void shouldAskWhichGrantsAMaterialChangeEnds() throws Exception {
        write("2020-03-01.yaml", BASE);
        write("2020-10-01.yaml", later("2020-10-01").replace("editorial", "material"));

        assertThat(refusal())
                .containsExactly(directory + "/2020-10-01.yaml:81:9: grants under every older notice still count: "
                        + "which of `notices` does a material change end? (C37)");

        write(
                "2020-10-01.yaml",
                later("2020-10-01").replace("editorial", "material").replace("[\"2020\"]", "[\"2020-10\"]"));
        assertThat(load().versions()).hasSize(2);
    }

    @Test
    void shouldEndNoGrantByAnyOtherChange() throws Exception {
        write("2020-03-01.yaml", BASE);
        write("2020-10-01.yaml", later("2020-10-01").replace("[\"2020\"]", "[\"2020-10\"]"));

        assertThat(refusal())
                .containsExactly(
                        directory + "/2020-10-01.yaml:81:9: grants under 2020 end: that is a material change (C37)");
    }

    /** The base of another date, with the same grants. */
    private static String later(String date) {
        return BASE.replace("2020-03-01", date)
                .replace("otherwise: withhold", "change: editorial\notherwise: withhold");
    }

    private static Treatment treatment(Access access, String path) {
        int field = access.schema().fields().indexOf(access.schema().field(path).orElseThrow());
        return access.treatment(field, access.allPurposes());
    }

    private void write(String name, String text) throws Exception {
        Files.writeString(directory.resolve(name), text);
    }

    private PolicyHistory load() throws PolicyRefusedException {
        return PolicyLoader.load(directory, PlantedFaultsTest.schemas());
    }

    private List<String> refusal() {
        return refusal(directory);
    }

    private static List<String> refusal(Path path) {
        PolicyRefusedException refused = catchThrowableOfType(
                PolicyRefusedException.class, () -> PolicyLoader.load(path, PlantedFaultsTest.schemas()));
        assertThat(refused).as("refused").isNotNull();
        return refused.getMessage().lines().toList();
    }
}
