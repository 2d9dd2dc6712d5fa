package io.cloakroom.streams.cli;

import io.cloakroom.streams.Coordinates;
import io.cloakroom.streams.Quarantine;
import io.cloakroom.streams.Quarantine.Item;
import io.cloakroom.streams.Quarantine.Original;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "quarantine",
        description = "What could not be decided.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class QuarantineCommand {

    private static final int NO = 1;

    @Spec
    private CommandSpec spec;

    @Command(
            name = "list",
            description =
                    "Says of each record where it lies, why it could not be decided, and whether it was replayed.",
            mixinStandardHelpOptions = true)
    int list(@Mixin Connection connection, @Option(names = "--json", description = "One JSON document.") boolean json)
            throws Exception {
        List<Item> items = new Quarantine(connection.settings()).items(Instant.MIN);
        Set<Coordinates> places = items.stream().map(Item::place).collect(Collectors.toSet());
        if (json) {
            print(Json.of(Map.of(
                            "quarantined",
                            items.stream().map(i -> document(i, places)).toList())) + "\n");
            return 0;
        }
        Paper paper = new Paper();
        items.forEach(item -> paper.entry(
                0,
                34,
                item.place().toString(),
                item.row().getRule() + ", arrived " + item.row().getArrivedAt() + ", " + state(item, places) + ": "
                        + item.row().getRemedy()));
        paper.line("quarantined: " + items.size() + ", not replayed: "
                + items.stream().filter(i -> i.replayedAs().isEmpty()).count());
        print(paper.toString());
        return 0;
    }

    private static String state(Item item, Set<Coordinates> quarantined) {
        if (item.replayedAs().isPresent()) {
            return "replayed as " + item.replayedAs().get()
                    + (quarantined.contains(item.replayedAs().get()) ? ", quarantined again" : "");
        }
        if (!item.isPublished()) {
            return "the gate's own, never replayed";
        }
        return switch (item.original()) {
            case LIES -> "can be replayed";
            case GONE -> "gone from its topic";
            case TOPIC_GONE -> "its topic is gone";
        };
    }

    private static Map<String, Object> document(Item item, Set<Coordinates> quarantined) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("place", item.place().toString());
        document.put("rule", item.row().getRule());
        document.put("remedy", item.row().getRemedy());
        document.put("arrivedAt", item.row().getArrivedAt().toString());
        document.put("lies", item.original() == Original.LIES);
        document.put("topicGone", item.original() == Original.TOPIC_GONE);
        document.put("replayedAs", item.replayedAs().map(Coordinates::toString).orElse(null));
        document.put(
                "quarantinedAgain", item.replayedAs().map(quarantined::contains).orElse(false));
        return document;
    }

    /** Which ones are meant. */
    private static final class Choice {
        @Parameters(
                paramLabel = "TOPIC-PARTITION-OFFSET",
                arity = "1..*",
                description = "Those that lie there, replayed before or not.")
        private List<String> places = List.of();

        @Option(names = "--rule", paramLabel = "RULE", description = "Those of this rule that were not replayed yet.")
        private String rule;

        @Option(names = "--all", description = "All that were not replayed yet.")
        private boolean all;
    }

    @Command(
            name = "replay",
            description = {
                "Sends records again, as they are, to the topic where they were published; the gate decides each anew.",
                "The new audit entry points to the old place. A replayed event keeps its time of occurrence.",
                "Exit 1 if one of them was not there, or cannot be sent again."
            },
            mixinStandardHelpOptions = true)
    int replay(
            @ArgGroup(exclusive = true, multiplicity = "1") Choice choice,
            @Mixin Connection connection,
            @Option(names = "--json", description = "One JSON document.") boolean json)
            throws Exception {
        Quarantine quarantine = new Quarantine(connection.settings());
        List<Coordinates> places =
                choice.places.stream().map(text -> coordinates(spec, text)).toList();
        List<String> missing = new ArrayList<>();
        List<Item> chosen = new ArrayList<>();
        List<Item> sent = quarantine.replay(items -> {
            chosen.addAll(
                    places.isEmpty()
                            ? items.stream()
                                    .filter(i -> i.replayedAs().isEmpty() && i.isPublished())
                                    .filter(i -> choice.all || i.row().getRule().equals(choice.rule))
                                    .toList()
                            : named(places, items, missing));
            return chosen;
        });
        Set<Coordinates> done = sent.stream().map(Item::place).collect(Collectors.toSet());
        List<Item> left = chosen.stream().filter(i -> !done.contains(i.place())).toList();
        Map<Coordinates, Coordinates> before = chosen.stream()
                .filter(i -> i.replayedAs().isPresent())
                .collect(Collectors.toMap(Item::place, i -> i.replayedAs().get()));
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("replayed", sent.stream().map(i -> document(i, before)).toList());
            document.put(
                    "notReplayed", left.stream().map(i -> i.place().toString()).toList());
            document.put("notQuarantined", missing);
            print(Json.of(document) + "\n");
        } else {
            Paper paper = new Paper();
            sent.forEach(i -> paper.line(
                    "replayed: " + i.place() + " as " + i.replayedAs().get()
                            + Optional.ofNullable(before.get(i.place()))
                                    .map(b -> ", as before as " + b)
                                    .orElse("")));
            left.forEach(i -> paper.line("not replayed: " + i.place() + ", " + state(i, Set.of())));
            missing.forEach(m -> paper.line("not in quarantine: " + m));
            paper.line("replayed: " + sent.size() + "; cloakroom audit explain says what came of each");
            print(paper.toString());
        }
        return left.isEmpty() && missing.isEmpty() ? 0 : NO;
    }

    private static List<Item> named(List<Coordinates> places, List<Item> items, List<String> missing) {
        List<Item> named = new ArrayList<>();
        for (Coordinates place : places) {
            Predicate<Item> isMeant = i -> i.place().equals(place);
            items.stream().filter(isMeant).findFirst().ifPresentOrElse(named::add, () -> missing.add(place.toString()));
        }
        return named.stream().distinct().toList();
    }

    /** @throws ParameterException if it is none */
    static Coordinates coordinates(CommandSpec spec, String text) {
        return Coordinates.read(text)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(), "a record is named TOPIC-PARTITION-OFFSET, such as events.order-0-17"));
    }

    private static Map<String, Object> document(Item item, Map<Coordinates, Coordinates> before) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("place", item.place().toString());
        document.put("as", item.replayedAs().map(Coordinates::toString).orElse(null));
        document.put(
                "before",
                Optional.ofNullable(before.get(item.place()))
                        .map(Coordinates::toString)
                        .orElse(null));
        return document;
    }

    private void print(String text) {
        Paper.print(spec, text);
    }
}
