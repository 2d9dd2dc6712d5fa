package io.cloakroom.streams.cli;

import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.audit.Keys;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "keys",
        description = "The keys of pseudonyms and of checkpoints.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class KeysCommand {

    @Spec
    private CommandSpec spec;

    @Command(
            name = "create",
            description = {
                "Makes a key for each recipient and epoch that has none, and one for the audit.",
                "Also the pair that signs checkpoints: checkpoint.1.pem for 'audit sign', checkpoint.1.pub to be given away."
            },
            mixinStandardHelpOptions = true)
    int create(@Mixin Connection connection) throws Exception {
        Settings settings = connection.settings();
        List<Path> made = new ArrayList<>(Pseudonyms.create(
                settings.keys(), Blueprint.load(settings.policies()).keyNames()));
        made.addAll(Keys.create(settings.keys()));
        made.forEach(file -> spec.commandLine().getOut().println("made " + file));
        return 0;
    }
}
