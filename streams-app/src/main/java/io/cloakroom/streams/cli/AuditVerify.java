package io.cloakroom.streams.cli;

import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Pseudonyms.KeysMissingException;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.audit.ExportFile;
import io.cloakroom.streams.audit.Report;
import io.cloakroom.streams.audit.Report.Part;
import io.cloakroom.streams.audit.Verification;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "verify",
        description = {
            "Proves that no entry was edited, removed, inserted or moved, that every committed input record has exactly "
                    + "one, and that recipients have exactly the releases that entries tell of.",
            "Exit 1 if not, naming the first entry of each partition that is wrong."
        },
        mixinStandardHelpOptions = true)
final class AuditVerify implements Callable<Integer> {

    private static final int NO = 1;

    @Mixin
    private Connection connection;

    @Option(names = "--file", paramLabel = "EXPORT", description = "An export instead of a cluster: entries alone.")
    private Path file;

    @Mixin
    private PublicKeys publicKeys;

    @Option(
            names = "--checkpoints",
            paramLabel = "FILE",
            description = "Checkpoints that were kept elsewhere, as 'audit sign --file' writes them.")
    private List<Path> checkpoints = List.of();

    @Option(
            names = "--checkpoints-config",
            paramLabel = "FILE",
            description = "Properties of another cluster that keeps checkpoints, as 'audit sign --to' writes them.")
    private List<Path> clusters = List.of();

    @Option(
            names = "--unsigned",
            description =
                    "Look at no checkpoint: the audit was not signed yet. Then nothing proves that it was not made anew.")
    private boolean unsigned;

    @Option(
            names = "--whole",
            description = "It is wrong if the first entries are gone; without it, retention may have removed them.")
    private boolean whole;

    @Option(
            names = "--strict",
            description = "Exit 1 also where there is something of the cluster that it could not look at.")
    private boolean strict;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description =
                    "How many partitions of a cluster are verified side by side, by default one for each processor. "
                            + "Each takes memory of its own.")
    private Integer threads;

    @Option(names = "--json", description = "One JSON document.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (file != null && connection.isGiven()) {
            throw new ParameterException(spec.commandLine(), "give either --config FILE or --file EXPORT");
        }
        if (unsigned && (publicKeys.isGiven() || !checkpoints.isEmpty() || !clusters.isEmpty())) {
            throw new ParameterException(
                    spec.commandLine(),
                    "with --unsigned, give neither --public-key, --checkpoints nor --checkpoints-config FILE");
        }
        if (threads != null && (threads < 1 || file != null)) {
            throw new ParameterException(
                    spec.commandLine(), "--threads is for a cluster, which takes one at least; it says " + threads);
        }
        if (strict && file != null) {
            throw new ParameterException(
                    spec.commandLine(), "--strict is for a cluster: of an export there is always more to look at");
        }
        Settings settings = connection.settings();
        Optional<Path> keys =
                Optional.ofNullable(settings.all().get(Settings.KEYS)).map(Path::of);
        List<PublicKey> signers = unsigned ? List.of() : publicKeys.needed(keys, spec);
        Report report;
        try (Bar bar = new Bar("verified", Terminal.isThere() && !json)) {
            Verification verification = new Verification(signers, bar);
            if (whole) {
                verification.demandWhole();
            }
            for (Path kept : checkpoints) {
                verification.checkpointsOfFile(kept);
            }
            for (Path other : clusters) {
                verification.checkpointsOfCluster(other);
            }
            report = file == null ? cluster(verification, settings, keys) : export(verification, bar);
        }
        print(report, !signers.isEmpty());
        return report.isVerified() && (!strict || report.skipped().isEmpty()) ? 0 : NO;
    }

    private Report export(Verification verification, Bar bar) throws Exception {
        try (ExportFile export = ExportFile.open(file, bar)) {
            return verification.export(export);
        }
    }

    private Report cluster(Verification verification, Settings settings, Optional<Path> keys) throws Exception {
        Blueprint blueprint = Blueprint.load(settings.policies());
        Optional<Pseudonyms> pseudonyms = Optional.empty();
        if (keys.isPresent()) {
            try {
                pseudonyms = Optional.of(Pseudonyms.load(settings.keyFiles(), blueprint.keyNames()));
            } catch (KeysMissingException e) {
                verification.skip("keys that are not there: " + e.getMessage());
            }
        }
        return verification.cluster(
                settings,
                blueprint,
                pseudonyms,
                Optional.ofNullable(threads).orElseGet(Runtime.getRuntime()::availableProcessors));
    }

    /** @param isSigned whether it was held against signatures */
    private void print(Report report, boolean isSigned) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("verified", report.isVerified());
            document.put("signatures", isSigned);
            document.put("partitions", report.parts());
            document.put("faults", report.faults());
            document.put("skipped", report.skipped());
            out.println(Json.of(document));
            return;
        }
        for (Part part : report.parts()) {
            long gone = part.first() < 0 ? part.entries() : part.first();
            out.println("audit.decisions-" + part.partition() + ": " + (part.entries() - gone) + " entries"
                    + (gone > 0 ? " from number " + gone + ", those before are removed" : "") + ", "
                    + part.signed() + " of " + part.entries() + " signed; held against " + part.inputs()
                    + " input records and " + part.releases() + " releases");
        }
        report.skipped().forEach(skipped -> out.println("not looked at: " + skipped));
        report.faults().forEach(fault -> out.println("WRONG " + fault));
        if (!report.isVerified()) {
            out.println("not verified");
        } else {
            out.println(isSigned ? "verified" : "verified against itself alone: no signature was looked at");
        }
    }
}
