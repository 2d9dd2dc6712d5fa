package io.cloakroom.streams.gate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.internals.RocksDBStore;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores from whose files a deleted row goes in bounded time, wherever they are: with the task, standing by, busy or idle.
 *
 * <p>RocksDB only marks what is deleted; the row stays in its file until that is written anew, in a quiet store for ever.
 * So every store is written anew regularly, whatever it holds.
 */
public final class Forgetting {

    /** At least as often is each store written anew: twice a day costs two readings of the state. */
    public static final Duration EVERY = Duration.ofHours(12);

    private static final int LOOKS = 12;

    private static final Logger LOG = LoggerFactory.getLogger(Forgetting.class);

    private final Duration every;
    private final ScheduledThreadPoolExecutor worker;

    /** One thread for all stores, which ends when there are none. */
    Forgetting(Duration every) {
        this.every = every;
        worker = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "forgetting");
            thread.setDaemon(true);
            return thread;
        });
        worker.setRemoveOnCancelPolicy(true);
        worker.setKeepAliveTime(1, TimeUnit.SECONDS);
        worker.allowCoreThreadTimeOut(true);
    }

    /** Between two looks whether a store is due, and between two signs of life in its changelog. */
    static Duration betweenLooks(Duration every) {
        return every.dividedBy(LOOKS);
    }

    /**
     * The longest time until no file of a store that is open has a deleted row any more, without the time that the writing
     * takes: the store is due, a look finds it, and the list of files, which names the first and last key of those before,
     * is written anew two looks later.
     */
    public static Duration bound(Duration every) {
        return every.plus(betweenLooks(every).multipliedBy(3));
    }

    KeyValueBytesStoreSupplier store(String name) {
        return new KeyValueBytesStoreSupplier() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public KeyValueStore<Bytes, byte[]> get() {
                return new Store(name, metricsScope());
            }

            @Override
            public String metricsScope() {
                return "rocksdb";
            }
        };
    }

    /** Streams' own, whose database it keeps to itself. */
    private final class Store extends RocksDBStore {

        private static final VarHandle DATABASE = database();

        /** When it was last written anew: over restarts, too. RocksDB leaves a file that is none of its own alone. */
        private static final String WRITTEN = "written-anew";

        /** A longer list of files is written anew with the next change. */
        private static final long LONGEST_MANIFEST = 1;

        /** Held by who works with the database outside of Streams' own threads. */
        private final Object working = new Object();

        private ScheduledFuture<?> looks;
        private CompactRangeOptions all;

        Store(String name, String metricsScope) {
            super(name, metricsScope);
        }

        private static VarHandle database() {
            try {
                return MethodHandles.privateLookupIn(RocksDBStore.class, MethodHandles.lookup())
                        .findVarHandle(RocksDBStore.class, "db", RocksDB.class);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("this version of Kafka Streams keeps its database elsewhere", e);
            }
        }

        @Override
        public void init(StateStoreContext context, StateStore root) {
            super.init(context, root);
            try {
                Files.createFile(written());
            } catch (FileAlreadyExistsException e) {
                // It is as old as it is.
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            all = new CompactRangeOptions().setExclusiveManualCompaction(false);
            long between = betweenLooks(every).toMillis();
            looks = worker.scheduleWithFixedDelay(this::look, between, between, TimeUnit.MILLISECONDS);
        }

        @Override
        protected List<ColumnFamilyHandle> openRocksDB(
                DBOptions options, ColumnFamilyDescriptor rows, ColumnFamilyDescriptor... others) {
            options.setMaxManifestFileSize(LONGEST_MANIFEST);
            return super.openRocksDB(options, rows, others);
        }

        private Path written() {
            return dbDir.toPath().resolve(WRITTEN);
        }

        private void look() {
            synchronized (working) {
                if (!isOpen() || all.canceled()) {
                    return;
                }
                RocksDB database = (RocksDB) DATABASE.get(this);
                long now = System.currentTimeMillis();
                try {
                    if (Files.getLastModifiedTime(written()).toMillis() + every.toMillis() <= now) {
                        database.compactRange(database.getDefaultColumnFamily(), null, null, all);
                        Files.setLastModifiedTime(written(), FileTime.fromMillis(now));
                    } else {
                        try (FlushOptions wait = new FlushOptions()) {
                            database.flush(wait);
                        }
                    }
                } catch (RocksDBException | IOException e) {
                    if (!all.canceled()) {
                        LOG.atError()
                                .addKeyValue("store", name())
                                .addKeyValue("why", e.getMessage())
                                .log("what was deleted could not be removed from a store; the next look tries again");
                    }
                }
            }
        }

        @Override
        public void close() {
            if (looks != null) {
                looks.cancel(false);
                all.setCanceled(true);
                synchronized (working) {
                    looks = null;
                    super.close();
                    all.close();
                }
            } else {
                super.close();
            }
        }
    }
}
