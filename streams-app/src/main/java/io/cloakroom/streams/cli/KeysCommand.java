package io.cloakroom.streams.cli;

import io.cloakroom.policy.KeyFiles;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.audit.Keys;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "keys",
        description = "The keys of pseudonyms and of checkpoints.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class KeysCommand {

    /** Who is given keys. */
    enum Holder {
        GATE,
        SIGNER
    }

    @Spec
    private CommandSpec spec;

    @Command(
            name = "create",
            description = {
                "Makes a key for each recipient and epoch that has none, and one for the audit.",
                "Also the pair that signs checkpoints: checkpoint.1.pem for 'audit sign', checkpoint.1.pub to be given away."
            },
            mixinStandardHelpOptions = true)
    int create(
            @Mixin Connection connection,
            @Option(
                            names = "--for",
                            paramLabel = "gate|signer",
                            description = "Only those that the gate needs, or only the pair of 'audit sign', so that"
                                    + " neither has the other's (default: all).")
                    Holder holder)
            throws Exception {
        Settings settings = connection.settings();
        List<Path> made = new ArrayList<>();
        if (holder != Holder.SIGNER) {
            made.addAll(Pseudonyms.create(
                    settings.keyFiles(), Blueprint.load(settings.policies()).keyNames()));
        }
        if (holder != Holder.GATE) {
            made.addAll(Keys.create(settings.keys()));
        }
        made.forEach(file -> spec.commandLine().getOut().println("made " + file));
        return 0;
    }

    @Command(
            name = "next-checkpoint",
            description = {
                "Makes the pair with which 'audit sign' signs from its next start on. Give the .pub away before;",
                "keep those before it: what they signed stays signed. The old .pem may be deleted."
            },
            mixinStandardHelpOptions = true)
    int nextCheckpoint(@Mixin Connection connection) throws Exception {
        Keys.createNext(connection.settings().keys())
                .forEach(file -> spec.commandLine().getOut().println("made " + file));
        return 0;
    }

    @Command(
            name = "rotate-kek",
            description = {
                "Makes a new key-encryption key in the file that cloakroom.keys.kek names, and encrypts every pseudonym key"
                        + " under it, those in the clear, too. Gates that run go on: they have read theirs.",
                "The old one stays beside it until --retire; take the new files everywhere before, that file first."
            },
            mixinStandardHelpOptions = true)
    int rotate(
            @Mixin Connection connection,
            @Option(
                            names = "--retire",
                            description =
                                    "Make nothing new; forget all key-encryption keys but the newest, if no key needs"
                                            + " them.")
                    boolean retire)
            throws Exception {
        KeyFiles files = connection.settings().keyFiles();
        PrintWriter out = spec.commandLine().getOut();
        if (retire) {
            files.retire();
            out.println("only the newest key-encryption key is left");
            return 0;
        }
        files.rotate().forEach(file -> out.println("written anew " + file));
        return 0;
    }
}
