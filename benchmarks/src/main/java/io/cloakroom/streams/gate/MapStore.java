package io.cloakroom.streams.gate;

import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** A store that costs nothing, so that what is measured is the gate's. */
final class MapStore<K, V> implements KeyValueStore<K, V> {

    private final String name;
    private final Map<K, V> rows = new HashMap<>();

    MapStore(String name) {
        this.name = name;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public V get(K key) {
        return rows.get(key);
    }

    @Override
    public void put(K key, V value) {
        rows.put(key, value);
    }

    @Override
    public V putIfAbsent(K key, V value) {
        return rows.putIfAbsent(key, value);
    }

    @Override
    public void putAll(List<KeyValue<K, V>> entries) {
        entries.forEach(entry -> rows.put(entry.key, entry.value));
    }

    @Override
    public V delete(K key) {
        return rows.remove(key);
    }

    @Override
    public KeyValueIterator<K, V> range(K from, K to) {
        throw new UnsupportedOperationException();
    }

    @Override
    public KeyValueIterator<K, V> all() {
        Iterator<Map.Entry<K, V>> all = Map.copyOf(rows).entrySet().iterator();
        return new KeyValueIterator<>() {
            @Override
            public boolean hasNext() {
                return all.hasNext();
            }

            @Override
            public KeyValue<K, V> next() {
                Map.Entry<K, V> row = all.next();
                return KeyValue.pair(row.getKey(), row.getValue());
            }

            @Override
            public K peekNextKey() {
                throw new UnsupportedOperationException();
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public long approximateNumEntries() {
        return rows.size();
    }

    @Override
    public void init(StateStoreContext context, StateStore root) {}

    @Override
    public void close() {}

    @Override
    public boolean persistent() {
        return false;
    }

    @Override
    public boolean isOpen() {
        return true;
    }
}
