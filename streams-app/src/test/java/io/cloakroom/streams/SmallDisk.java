package io.cloakroom.streams;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A disk of few megabytes, which can be filled: memory, mounted where only the processes in its namespace see it. */
final class SmallDisk implements AutoCloseable {

    private final Process holder;
    private final Path fill;

    private SmallDisk(Process holder, Path fill) {
        this.holder = holder;
        this.fill = fill;
    }

    /** Whether whoever runs this may have a namespace with mounts of their own, and enter it. */
    static boolean isPossible(Path directory) throws InterruptedException {
        try (SmallDisk disk = mount(directory, 1)) {
            List<String> enter = new ArrayList<>(disk.inside());
            enter.add("true");
            return new ProcessBuilder(enter).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** @param directory is there, and is hidden by the disk for processes of {@link #inside} */
    static SmallDisk mount(Path directory, int megabytes) throws IOException {
        Process holder = inNamespace(
                "mount -t tmpfs -o size=" + megabytes + "m none '" + directory + "' && echo mounted && exec cat");
        String said = holder.inputReader().readLine();
        if (!"mounted".equals(said)) {
            throw new IOException("no disk could be mounted in a namespace of its own: unshare and mount said why");
        }
        return new SmallDisk(holder, Path.of("/proc/" + holder.pid() + "/root", directory.toString(), "fill"));
    }

    private static Process inNamespace(String command) throws IOException {
        return new ProcessBuilder("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** What a command begins with, so that it sees the disk. */
    List<String> inside() {
        return List.of(
                "nsenter", "--target", Long.toString(holder.pid()), "--user", "--mount", "--preserve-credentials");
    }

    /** Leaves no byte. */
    void fill() {
        byte[] much = new byte[4096];
        try (OutputStream out = Files.newOutputStream(fill)) {
            while (true) {
                out.write(much);
            }
        } catch (IOException e) {
            // It is full.
        }
    }

    void empty() throws IOException {
        Files.delete(fill);
    }

    @Override
    public void close() {
        holder.destroyForcibly();
    }
}
