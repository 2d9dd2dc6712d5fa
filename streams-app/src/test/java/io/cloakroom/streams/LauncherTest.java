package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/cloakroom} in a repository of one source file, with a Java and a Maven that only say how they were called. */
@Timeout(60)
class LauncherTest {
    private static final String JAVA_17 = """
            #!/bin/sh
            if [ "$1" = -version ]; then echo 'openjdk version "17.0.15" 2025-04-15' >&2; exit; fi
            printf '[%s]' "$@"
            """;

    private static final Set<PosixFilePermission> EXECUTABLE = PosixFilePermissions.fromString("rwxr-xr-x");

    @TempDir
    Path parent;

    private Path home;
    private Path tools;
    private Path builds;

    @BeforeEach
    void makeRepository() throws IOException {
        home = Files.createDirectories(parent.resolve("a repository")).toRealPath();
        tools = Files.createDirectories(parent.resolve("tools"));
        builds = parent.resolve("builds");
        write(home.resolve("streams-app/src/Gate.java"), "class Gate {}");
        write(home.resolve("policy/policies/2017-11-17.yaml"), "version: 1");
        Files.createDirectories(home.resolve("bin"));
        Files.copy(Path.of("../bin/cloakroom"), home.resolve("bin/cloakroom"), StandardCopyOption.COPY_ATTRIBUTES);
        program("java", JAVA_17);
        program("mvn", "#!/bin/sh\nsleep 0.3\necho \"$@\" >>'" + builds + "'\necho from Maven\n");
        for (String needed : List.of("dirname", "readlink", "find", "head", "sed", "mkdir", "rm", "mv", "sleep")) {
            allow(needed);
        }
        allow("flock");
    }

    @Test
    void shouldBuildOnceAndPassItsArgumentsOn() throws Exception {
        Run first = run("policy", "check", "two words", "");
        assertThat(first.exit).isZero();
        assertThat(first.out)
                .isEqualTo("[-Xmx1g][-XX:+UseParallelGC][-Dcloakroom.home=" + home + "][-cp][" + home
                        + "/streams-app/target/streams-app.jar:" + home
                        + "/streams-app/target/lib/*][io.cloakroom.streams.Cloakroom][policy][check][two words][]");
        assertThat(first.err).contains("cloakroom: building", "from Maven");
        assertThat(builds)
                .content()
                .isEqualToIgnoringNewLines("-q -B -pl streams-app -am -Dmaven.test.skip -Dspotless.check.skip package");

        Run second = run("policy", "check");
        assertThat(second.exit).isZero();
        assertThat(second.err).isEmpty();
        assertThat(builds).content().hasLineCount(1);
    }

    @Test
    void shouldBuildAndRunTheBenchmarksOnlyWhenAskedTo() throws Exception {
        write(home.resolve("benchmarks/src/Bench.java"), "class Bench {}");
        Run bench = run("bench", "--pairs", "1");
        assertThat(bench.exit).isZero();
        assertThat(bench.out)
                .isEqualTo("[-Xmx1g][-XX:+UseParallelGC][-Dcloakroom.home=" + home + "][-cp][" + home
                        + "/benchmarks/target/benchmarks.jar:" + home
                        + "/benchmarks/target/lib/*][io.cloakroom.benchmarks.Bench][--pairs][1]");
        assertThat(builds)
                .content()
                .isEqualToIgnoringNewLines("-q -B -pl benchmarks -am -Dmaven.test.skip -Dspotless.check.skip package");
        assertThat(run("bench").err).isEmpty();

        run("demo");
        assertThat(builds).content().hasLineCount(2);
        change(home.resolve("benchmarks/src/Bench.java"));
        assertThat(run("demo").err).isEmpty();
        run("bench");
        assertThat(builds).content().hasLineCount(3);
    }

    @Test
    void shouldBuildAgainOnlyForSources() throws Exception {
        run();
        change(home.resolve("policy/policies/2017-11-17.yaml"));
        run();
        assertThat(builds).content().hasLineCount(1);
        change(home.resolve("streams-app/src/Gate.java"));
        run();
        assertThat(builds).content().hasLineCount(2);
        write(home.resolve("policy/src/Policy.java"), "class Policy {}");
        change(home.resolve("policy/src"));
        run();
        assertThat(builds).content().hasLineCount(3);
    }

    @Test
    void shouldLeaveNothingOfAnOlderBuildOnTheClassPath() throws Exception {
        Path old = home.resolve("streams-app/target/lib/kafka-clients-0.1.jar");
        write(old, "");
        run();
        assertThat(old).doesNotExist();
    }

    @Test
    void shouldRunThroughASymbolicLinkFromAnywhere() throws Exception {
        Path elsewhere = Files.createDirectories(parent.resolve("elsewhere"));
        Files.createSymbolicLink(elsewhere.resolve("first"), home.resolve("bin/cloakroom"));
        Files.createSymbolicLink(elsewhere.resolve("second"), Path.of("first"));
        Run run = start(elsewhere, "./second", "demo").end();
        assertThat(run.exit).isZero();
        assertThat(run.out).contains("[-Dcloakroom.home=" + home + "]").endsWith("[demo]");
    }

    @Test
    void shouldBuildOnceWhenStartedTwice() throws Exception {
        shouldBuildOnceForBoth();
    }

    @Test
    void shouldBuildOnceWhenStartedTwiceWithoutFlock() throws Exception {
        Files.delete(tools.resolve("flock"));
        allow("rmdir");
        shouldBuildOnceForBoth();
    }

    @Test
    void shouldBuildAgainAfterAFailedBuild() throws Exception {
        program("mvn", "#!/bin/sh\nexit 1\n");
        Run failed = run();
        assertThat(failed.exit).isEqualTo(2);
        assertThat(failed.out).isEmpty();
        assertThat(failed.err).contains("cloakroom: the build failed: see above.");
        assertThat(run().exit).isEqualTo(2);
    }

    @Test
    void shouldSayThatMavenIsMissing() throws Exception {
        Files.delete(tools.resolve("mvn"));
        Run run = run();
        assertThat(run.exit).isEqualTo(2);
        assertThat(run.out).isEmpty();
        assertThat(run.err)
                .isEqualTo("cloakroom: the build needs Maven 3.8 or later, and there is no mvn on the PATH.\n");
    }

    @Test
    void shouldRunABuildThatWasBroughtAlongWithoutSourcesAndMaven() throws Exception {
        run();
        Files.delete(tools.resolve("mvn"));
        Files.delete(home.resolve("streams-app/src/Gate.java"));
        Files.delete(home.resolve("streams-app/src"));
        assertThat(run("run").out).endsWith("[run]");
    }

    @Test
    void shouldSayThatJavaIsMissingOrTooOld() throws Exception {
        program("java", "#!/bin/sh\necho 'java version \"1.8.0_402\"' >&2\n");
        assertThat(run().err).isEqualTo("cloakroom: Java 17 or later is needed, and java is version 1.\n");
        Files.delete(tools.resolve("java"));
        Run run = run();
        assertThat(run.exit).isEqualTo(2);
        assertThat(run.err).isEqualTo("cloakroom: Java 17 or later is needed, and there is no java.\n");
    }

    @Test
    void shouldNotStartAJavaThatSaysItsVersionInItsRelease() throws Exception {
        Path java = parent.resolve("jdk/bin/java");
        write(java, "#!/bin/sh\n[ \"$1\" != -version ] || echo started >&2\n");
        Files.setPosixFilePermissions(java, EXECUTABLE);
        write(parent.resolve("jdk/release"), "IMPLEMENTOR=\"Eclipse\"\nJAVA_VERSION=\"11.0.2\"\n");
        Files.delete(tools.resolve("java"));
        Files.createSymbolicLink(tools.resolve("java"), java);
        assertThat(run().err).isEqualTo("cloakroom: Java 17 or later is needed, and java is version 11.\n");
    }

    /** Beside it, by a Java that nobody hears: the answer is the same if none can be kept. */
    @Test
    void shouldKeepTheClassesOfAnExplanationForThoseThatFollow() throws Exception {
        Path classes = home.resolve("streams-app/target/.classes-17.0.15");
        Path asked = parent.resolve("asked");
        String keeps = JAVA_17 + "for a; do case $a in *AtExit=*) echo >\"${a#*=}\"; echo >>'" + asked + "'; ";
        program("java", keeps + "exit 1 ;; esac; done\n");
        Run none = run("audit", "explain", "events.order-0-5");
        assertThat(none.exit).isZero();
        assertThat(none.out)
                .startsWith("[-XX:TieredStopAtLevel=1][-Xmx1g]")
                .endsWith("[io.cloakroom.streams.Cloakroom][audit][explain][events.order-0-5]");
        await().until(() -> Files.exists(asked) && kept().isEmpty());

        program("java", keeps + ";; esac; done\n");
        assertThat(run("audit", "explain", "events.order-0-5").out).isEqualTo(none.out);
        await().until(() -> kept().equals(List.of(classes)));
        Run second = run("audit", "explain", "events.order-0-5");
        assertThat(second.out).isEqualTo("[-Xlog:disable][-XX:SharedArchiveFile=" + classes + "]" + none.out);
        assertThat(run("audit", "verify").out).doesNotContain("SharedArchiveFile");

        write(home.resolve("streams-app/target/streams-app.jar"), "of another build");
        change(home.resolve("streams-app/target/streams-app.jar"));
        assertThat(run("audit", "explain", "events.order-0-5").out).isEqualTo(none.out);
        await().until(() -> Files.readAllLines(asked).size() == 3 && kept().equals(List.of(classes)));
    }

    private List<Path> kept() throws IOException {
        try (Stream<Path> files = Files.list(home.resolve("streams-app/target"))) {
            return files.filter(f -> f.getFileName().toString().startsWith(".classes"))
                    .toList();
        }
    }

    private void shouldBuildOnceForBoth() throws Exception {
        Run first = start(home, "bin/cloakroom", "first");
        Run second = start(home, "bin/cloakroom", "second");
        assertThat(first.end().out).endsWith("[first]");
        assertThat(second.end().out).endsWith("[second]");
        assertThat(builds).content().hasLineCount(1);
    }

    private Run run(String... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(List.of(home.resolve("bin/cloakroom").toString()));
        command.addAll(List.of(arguments));
        return start(parent, command.toArray(String[]::new)).end();
    }

    private Run start(Path directory, String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().keySet().removeAll(List.of("JAVA_HOME", "JAVA_TOOL_OPTIONS"));
        builder.environment().put("PATH", tools.toString());
        return new Run(builder.start());
    }

    private void program(String name, String text) throws IOException {
        write(tools.resolve(name), text);
        Files.setPosixFilePermissions(tools.resolve(name), EXECUTABLE);
    }

    /** Puts one of the system's programs on the launcher's PATH, which has no others. */
    private void allow(String program) throws IOException {
        for (String directory : System.getenv("PATH").split(":")) {
            Path found = Path.of(directory, program);
            if (Files.isExecutable(found)) {
                program(program, "#!/bin/sh\nexec " + found + " \"$@\"\n");
                return;
            }
        }
        throw new IOException("No " + program + " on the PATH");
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private static void change(Path path) throws IOException {
        Files.setLastModifiedTime(path, FileTime.from(Instant.now().plusSeconds(1)));
    }

    private static final class Run {
        private final Process process;
        private String out;
        private String err;
        private int exit;

        Run(Process process) {
            this.process = process;
        }

        Run end() throws Exception {
            out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            exit = process.exitValue();
            return this;
        }
    }
}
