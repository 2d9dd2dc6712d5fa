package io.cloakroom.policy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * What stands at one place of a YAML file, and where that is. Lenient: what is missing or has another form is empty, for the
 * structure of the file has its own check.
 */
record Yaml(Node node, int line, int column) {

    /** Deeper than any policy; a parser that recurses is not asked to follow. */
    private static final int DEEPEST = 16;

    /** It reads ahead as far as a token goes, and each buffer that it reads copies what it has read of it. */
    private static final int BUFFER = 1 << 16;

    private static final LoadSettings SETTINGS = LoadSettings.builder()
            .setAllowNonScalarKeys(true)
            .setBufferSize(BUFFER)
            .build();
    private static final Node NOTHING = new SequenceNode(Tag.SEQ, List.of(), FlowStyle.FLOW);

    record Entry(Yaml key, Yaml value) {}

    /** @return nothing when problems were found that make the text have more than one reading, or none */
    static Optional<Yaml> read(String text, Problems problems) {
        try {
            if (hasForbidden(text, problems)) {
                return Optional.empty();
            }
            Optional<Node> root = new Compose(SETTINGS).composeString(text);
            if (root.isEmpty()) {
                problems.add(1, 1, "is empty");
                return Optional.empty();
            }
            Yaml yaml = of(root.get());
            return yaml.hasTwice(problems) ? Optional.empty() : Optional.of(yaml);
        } catch (MarkedYamlEngineException e) {
            Optional<Mark> mark = e.getProblemMark();
            problems.add(
                    mark.map(m -> m.getLine() + 1).orElse(1),
                    mark.map(m -> m.getColumn() + 1).orElse(1),
                    "is not YAML: " + (e.getContext() == null ? "" : e.getContext() + ", ") + e.getProblem());
            return Optional.empty();
        } catch (YamlEngineException e) {
            problems.add(
                    1, 1, "is not YAML: " + e.getMessage().lines().findFirst().orElse(""));
            return Optional.empty();
        }
    }

    /** Anchors, aliases and tags let a text mean something else than it says. */
    private static boolean hasForbidden(String text, Problems problems) {
        boolean found = false;
        int depth = 0;
        for (Event event : new Parse(SETTINGS).parseString(text)) {
            Optional<String> message = Optional.empty();
            if (event instanceof AliasEvent alias) {
                message = Optional.of("aliases are refused: write out what `*" + alias.getAlias() + "` stands for");
            } else if (event instanceof NodeEvent node && node.getAnchor().isPresent()) {
                message =
                        Optional.of("anchors are refused: `&" + node.getAnchor().get() + "`");
            } else if (event instanceof ScalarEvent scalar && scalar.getTag().isPresent()) {
                message = Optional.of("tags are refused: `" + scalar.getTag().get() + "`");
            } else if (event instanceof CollectionStartEvent start
                    && start.getTag().isPresent()) {
                message = Optional.of("tags are refused: `" + start.getTag().get() + "`");
            }
            if (event instanceof CollectionStartEvent && ++depth > DEEPEST) {
                message = Optional.of("is nested deeper than any policy");
            } else if (event instanceof CollectionEndEvent) {
                depth--;
            }
            if (message.isPresent()) {
                found = true;
                Mark mark = event.getStartMark().orElseThrow();
                problems.add(mark.getLine() + 1, mark.getColumn() + 1, message.get());
            }
            if (depth > DEEPEST) {
                return true;
            }
        }
        return found;
    }

    private static Yaml of(Node node) {
        Mark mark = node.getStartMark().orElseThrow();
        return new Yaml(node, mark.getLine() + 1, mark.getColumn() + 1);
    }

    /** Reports keys and list items that stand twice in one place; keys are then ambiguous. */
    private boolean hasTwice(Problems problems) {
        boolean ambiguous = false;
        Map<String, Yaml> seen = new HashMap<>();
        for (Entry entry : entries()) {
            Yaml key = entry.key();
            if (!(key.node instanceof ScalarNode)) {
                problems.add(key, "a key must be text");
                ambiguous = true;
            } else if (key.text().equals("<<")) {
                problems.add(key, "merge keys are refused: write out what is merged");
                ambiguous = true;
            } else if (key.isRepeated(seen, problems)) {
                ambiguous = true;
            }
            ambiguous |= entry.value().hasTwice(problems);
        }
        for (Yaml item : items()) {
            if (item.node instanceof ScalarNode) {
                item.isRepeated(seen, problems);
            }
            ambiguous |= item.hasTwice(problems);
        }
        return ambiguous;
    }

    private boolean isRepeated(Map<String, Yaml> seen, Problems problems) {
        Yaml first = seen.putIfAbsent(text(), this);
        if (first != null) {
            problems.add(this, "`" + text() + "` stands here twice, first at " + first.place());
        }
        return first != null;
    }

    String place() {
        return line + ":" + column;
    }

    List<Entry> entries() {
        List<Entry> entries = new ArrayList<>();
        if (node instanceof MappingNode map) {
            for (NodeTuple tuple : map.getValue()) {
                entries.add(new Entry(of(tuple.getKeyNode()), of(tuple.getValueNode())));
            }
        }
        return entries;
    }

    List<Yaml> items() {
        return node instanceof SequenceNode list
                ? list.getValue().stream().map(Yaml::of).toList()
                : List.of();
    }

    /** One of {@link #items}. */
    Yaml item(int index) {
        return of(((SequenceNode) node).getValue().get(index));
    }

    List<String> texts() {
        return items().stream().map(Yaml::text).toList();
    }

    /** The text of a scalar as it was read, without quotes; else empty. */
    String text() {
        return node instanceof ScalarNode scalar ? scalar.getValue() : "";
    }

    boolean isScalar() {
        return node instanceof ScalarNode;
    }

    boolean isMap() {
        return node instanceof MappingNode;
    }

    Optional<Entry> find(String key) {
        if (node instanceof MappingNode map) {
            for (NodeTuple tuple : map.getValue()) {
                if (tuple.getKeyNode() instanceof ScalarNode name
                        && name.getValue().equals(key)) {
                    return Optional.of(new Entry(of(name), of(tuple.getValueNode())));
                }
            }
        }
        return Optional.empty();
    }

    boolean has(String key) {
        return find(key).isPresent();
    }

    /** What a key holds; what is not there is empty and stands where the map does. */
    Yaml get(String key) {
        return find(key).map(Entry::value).orElse(new Yaml(NOTHING, line, column));
    }
}
