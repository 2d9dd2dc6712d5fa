package io.cloakroom.policy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Reads the policy. A file that is unknown, ambiguous, doubled or incomplete in anything refuses the whole policy, with all
 * problems of all files at once; there is no partly loaded policy (T8, T15).
 */
public final class PolicyLoader {

    /** In bytes; far above any policy that people can read. */
    static final int LARGEST = 1 << 20;

    private PolicyLoader() {}

    /**
     * @param fileOrDirectory one version, or a directory whose {@code *.yaml} are the versions, each named by its date of
     *     effect
     * @param schemas the gate's event schemas, one for each type
     */
    public static PolicyHistory load(Path fileOrDirectory, Collection<EventSchema> schemas)
            throws PolicyRefusedException {
        Map<String, EventSchema> byType = byType(schemas);
        List<Problem> problems = new ArrayList<>();
        List<Policy> versions = new ArrayList<>();
        List<Path> files = files(fileOrDirectory, problems);
        for (Path file : files) {
            Problems ofFile = new Problems(file);
            boolean newest = file.equals(files.get(files.size() - 1));
            read(file, byType, newest, ofFile).ifPresent(read -> {
                checkOrder(read.policy(), versions, ofFile);
                if (!versions.isEmpty()) {
                    checkChange(read, versions.get(versions.size() - 1), ofFile);
                }
                versions.add(read.policy());
            });
            problems.addAll(ofFile.list());
        }
        if (!problems.isEmpty()) {
            throw new PolicyRefusedException(problems);
        }
        return new PolicyHistory(versions);
    }

    /** One version alone, which need not know the schemas that came after it. */
    public static Policy version(Path file, Collection<EventSchema> schemas) throws PolicyRefusedException {
        Problems problems = new Problems(file);
        Optional<Read> read = read(file, byType(schemas), false, problems);
        if (read.isEmpty() || !problems.list().isEmpty()) {
            throw new PolicyRefusedException(problems.list());
        }
        return read.get().policy();
    }

    private static Map<String, EventSchema> byType(Collection<EventSchema> schemas) {
        Map<String, EventSchema> byType = new TreeMap<>();
        for (EventSchema schema : schemas) {
            if (byType.put(schema.type(), schema) != null) {
                throw new IllegalArgumentException("two schemas for " + schema.type());
            }
        }
        return byType;
    }

    /** The versions in the order of their names, which is that of their dates. */
    private static List<Path> files(Path path, List<Problem> problems) {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> all = Files.list(path)) {
            List<Path> files = all.filter(f ->
                            f.getFileName().toString().toLowerCase(Locale.ROOT).matches(".*\\.ya?ml"))
                    .sorted()
                    .toList();
            if (files.isEmpty()) {
                problems.add(new Problem(path, 1, 1, "no policy here: a version is a file such as 2017-11-17.yaml"));
            }
            return files;
        } catch (IOException | UncheckedIOException e) {
            problems.add(new Problem(path, 1, 1, "cannot be read: " + e));
            return List.of();
        }
    }

    private record Read(Yaml root, Policy policy) {}

    private static Optional<Read> read(Path file, Map<String, EventSchema> schemas, boolean newest, Problems problems) {
        byte[] bytes;
        String text;
        try {
            bytes = bytes(file);
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            problems.add(1, 1, "is not UTF-8");
            return Optional.empty();
        } catch (IOException e) {
            problems.add(1, 1, Files.exists(file) ? "cannot be read: " + e : "is not there");
            return Optional.empty();
        }
        if (bytes.length > LARGEST) {
            problems.add(1, 1, "is larger than " + LARGEST + " bytes");
            return Optional.empty();
        }
        Optional<Yaml> root = Yaml.read(text, problems);
        if (root.isEmpty()) {
            return Optional.empty();
        }
        PolicyStructure structure = PolicyStructure.check(text, root.get(), problems);
        if (!structure.isSound()) {
            return Optional.empty();
        }
        Yaml version = root.get().get("version");
        if (!file.getFileName().toString().equals(version.text() + ".yaml")) {
            problems.add(version, "a file of version `" + version.text() + "` is named " + version.text() + ".yaml");
        }
        Policy policy = new PolicyCompiler(root.get(), structure, schemas, newest, problems).compile(sha256(bytes));
        return Optional.of(new Read(root.get(), policy));
    }

    private static byte[] bytes(Path file) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException("not a file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(LARGEST + 1);
        }
    }

    private static void checkOrder(Policy policy, List<Policy> earlier, Problems problems) {
        for (Policy other : earlier) {
            if (policy.effectiveFrom() <= other.effectiveFrom()) {
                problems.add(
                        1, 1, "takes effect no later than version " + other.version() + ", in whose zone it is later");
            }
        }
    }

    /** A material change makes grants under older notices stale; no other does (C37). */
    private static void checkChange(Read read, Policy before, Problems problems) {
        Optional<Yaml.Entry> change = read.root().find("change");
        if (change.isEmpty()) {
            problems.add(read.root().get("version"), "`change` is missing: is it material or editorial?");
            return;
        }
        boolean isMaterial = change.get().value().text().equals("material");
        Set<String> stale = new TreeSet<>(before.notices());
        stale.removeAll(read.policy().notices());
        if (isMaterial && stale.isEmpty()) {
            problems.add(
                    change.get().value(),
                    "grants under every older notice still count: which of `notices` does a material change end? (C37)");
        } else if (!isMaterial && !stale.isEmpty()) {
            problems.add(
                    change.get().value(),
                    "grants under " + String.join(", ", stale) + " end: that is a material change (C37)");
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
