package io.cloakroom.streams;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A disk of few megabytes, which can be filled: memory, mounted where only the processes in its namespace see it. */
final class SmallDisk implements AutoCloseable {

    private final Process holder;
    private final Path fill;

    private SmallDisk(Process holder, Path fill) {
        this.holder = holder;
        this.fill = fill;
    }

    /** @param directory is there, and is hidden by the disk for processes of {@link #inside} */
    static SmallDisk mount(Path directory, int megabytes) throws IOException {
        String mount = "mount -t tmpfs -o size=" + megabytes + "m none '" + directory + "' && echo mounted && exec cat";
        Process holder = new ProcessBuilder("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said = holder.inputReader().readLine();
        if (!"mounted".equals(said)) {
            throw new IOException("no disk could be mounted in a namespace of its own: unshare and mount said why");
        }
        return new SmallDisk(holder, Path.of("/proc/" + holder.pid() + "/root", directory.toString(), "fill"));
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
