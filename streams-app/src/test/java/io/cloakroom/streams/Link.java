package io.cloakroom.streams;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A network between two processes that can be cut: what is on its way is lost, and nobody gets through. */
final class Link implements AutoCloseable {

    private final ServerSocket server;
    private final int target;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean isCut;

    Link(int target) throws IOException {
        this.target = target;
        this.server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        daemon(() -> {
            while (!server.isClosed()) {
                accept();
            }
        });
    }

    int port() {
        return server.getLocalPort();
    }

    void cut() {
        isCut = true;
        open.forEach(Link::closeQuietly);
    }

    void mend() {
        isCut = false;
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cut();
    }

    private void accept() {
        Socket near = null;
        try {
            near = server.accept();
            Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
            open.add(near);
            open.add(far);
            if (isCut) { // asked when both can be seen, so that none is left over
                closeQuietly(near);
                closeQuietly(far);
            }
            copy(near, far);
            copy(far, near);
        } catch (IOException e) {
            closeQuietly(near); // nobody there, or closed
        }
    }

    private void copy(Socket from, Socket to) {
        daemon(() -> {
            try (InputStream in = from.getInputStream();
                    OutputStream out = to.getOutputStream()) {
                in.transferTo(out);
            } catch (IOException e) {
                // cut, or one side has closed
            } finally {
                open.remove(from);
                closeQuietly(from);
                closeQuietly(to);
            }
        });
    }

    private static void closeQuietly(Socket socket) {
        try {
            if (socket != null) {
                socket.close();
            }
        } catch (IOException e) {
            // it is of no use any more either way
        }
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
    }
}
