package io.cloakroom.streams.demo;

import io.cloakroom.streams.demo.RealData.Person;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.apache.avro.specific.SpecificRecord;

/**
 * The demo's input: one day of events and control records of real customers, in the order in which they are published.
 *
 * <p>Same seed, {@code now} and limit, same records. All occur within the 24 hours before {@code now}; all but a few late
 * cookie events are published in the order in which they occurred.
 */
public final class SampleData {
    public static final int DEFAULT_LIMIT = 20_000;

    /** A record as a service publishes it: the key is the subject of the value. */
    public record Published(String topic, String key, SpecificRecord value) {}

    /** A record and when it is published. */
    record Timed(Instant at, Published published) {}

    private final List<Published> records;
    private final String description;

    private SampleData(List<Published> records, String description) {
        this.records = records;
        this.description = description;
    }

    /** The same as {@link #load(long, Instant, int)} with {@link #DEFAULT_LIMIT}. */
    public static SampleData load(long seed, Instant now) {
        return load(seed, now, DEFAULT_LIMIT);
    }

    /**
     * Tells the day of as many people as fit into the limit, each person's day as a whole.
     *
     * @param now end of the day that is told
     * @param limit the most records there may be; there are fewer if the sources have no more people
     */
    public static SampleData load(long seed, Instant now, int limit) {
        RealData data = RealData.load();
        List<Timed> day = new ArrayList<>(limit);
        int foodmart = 0;
        int chinook = 0;
        for (Person person : inSeededOrder(data, seed)) {
            List<Timed> story = new Story(person, data, seed, now).tell();
            if (day.size() + story.size() > limit) {
                break;
            }
            day.addAll(story);
            if (person.agent() == null) {
                foodmart++;
            } else {
                chinook++;
            }
        }
        day.sort(Comparator.comparing(Timed::at));
        return new SampleData(
                day.stream().map(Timed::published).toList(), description(data, foodmart, chinook, day.size()));
    }

    /** In the order of publication. */
    public List<Published> records() {
        return records;
    }

    /** What of it is real and what is seeded: one paragraph. */
    public String describe() {
        return description;
    }

    /** One of Chinook, two of FoodMart, and so on, so that a short day has both. */
    private static List<Person> inSeededOrder(RealData data, long seed) {
        Random random = new Random(seed);
        List<Person> chinook = new ArrayList<>(data.chinook());
        List<Person> foodmart = new ArrayList<>(data.foodmart());
        Collections.shuffle(chinook, random);
        Collections.shuffle(foodmart, random);
        List<Person> people = new ArrayList<>(chinook.size() + foodmart.size());
        Iterator<Person> next = foodmart.iterator();
        for (Person person : chinook) {
            people.add(person);
            people.add(next.next());
            people.add(next.next());
        }
        next.forEachRemaining(people::add);
        return people;
    }

    private static String description(RealData data, int foodmart, int chinook, int records) {
        return String.format(
                Locale.ROOT,
                "%,d records about %,d people. From public sample data, unchanged: %,d of the %,d customers of FoodMart"
                        + " with their names, addresses, phones, birth dates, sex, loyalty cards and purchases of"
                        + " December 1998, and its promotions; %,d of the %,d customers of Chinook with their e-mails,"
                        + " invoices, tracks and support agents; %,d user agents. Seeded: consents and objections, the"
                        + " ages of Chinook's customers, cookies and what they looked at, how orders went on, changes"
                        + " of accounts, who was sent which promotion, the wording of chats and messages, test card"
                        + " numbers, addresses of test networks, and the moment of each within the last 24 hours."
                        + " Assigned: a brand to each shop, and to FoodMart's customers, who have none, an e-mail"
                        + " address under customers.example.",
                records,
                foodmart + chinook,
                foodmart,
                data.foodmartCustomers(),
                chinook,
                data.chinook().size(),
                data.userAgents().size());
    }
}
