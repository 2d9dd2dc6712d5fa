package io.cloakroom.streams.demo;

import io.cloakroom.streams.demo.HsqldbScript.Row;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What FoodMart, Chinook and the list of user agents say, unchanged: people, what they bought, what there is to buy.
 *
 * @param foodmartCustomers how many customers FoodMart has; {@code people} holds those who bought in December 1998
 * @param promotions names of FoodMart's promotions
 */
record RealData(
        List<Person> foodmart,
        List<Person> chinook,
        List<Product> foodmartProducts,
        List<Product> chinookProducts,
        List<String> promotions,
        List<String> userAgents,
        int foodmartCustomers) {

    private static final Map<String, String> ISO_COUNTRIES = isoCountries();

    /**
     * A customer.
     *
     * @param email null where the source has none, as {@code phone}, {@code birthDate}, {@code gender}, {@code tier}
     * @param postcode empty where the source has none
     * @param country ISO 3166-1 alpha-2
     * @param agent who answers this customer's chats, or null
     */
    record Person(
            String id,
            String name,
            String email,
            String phone,
            String street,
            String city,
            String postcode,
            String country,
            LocalDate birthDate,
            String gender,
            String tier,
            Agent agent,
            List<Purchase> purchases) {}

    record Agent(String id, String firstName, String email) {}

    /**
     * What one customer bought at one time.
     *
     * @param when when it was bought, 0 at the start of the source's time and 1 at its end
     * @param shop a number that tells the shops of a source apart
     */
    record Purchase(String orderId, double when, int shop, List<Line> lines) {}

    /** @param price of one piece, in cents of a US dollar, as are all prices of both sources */
    record Line(Product product, int quantity, long price) {}

    /** @param page path of a page that could show it */
    record Product(String sku, String name, String page) {}

    static RealData load() {
        try {
            Foodmart foodmart = new Foodmart();
            Chinook chinook = new Chinook();
            return new RealData(
                    foodmart.people(),
                    chinook.people(),
                    List.copyOf(foodmart.products.values()),
                    List.copyOf(chinook.products.values()),
                    List.copyOf(foodmart.promotions),
                    readUserAgents(),
                    foodmart.customers);
        } catch (IOException e) {
            throw new IllegalStateException("The demo's data cannot be read", e);
        }
    }

    /** FoodMart: its customers and products, and its sales of December 1998, its last month. */
    private static final class Foodmart {
        /** Values of {@code time_id} for 1 December 1998 and 1 January 1999. */
        private static final int FIRST_DAY = 1066;

        private static final int END = 1097;

        final Map<Integer, Product> products = new LinkedHashMap<>();
        final Set<String> promotions = new LinkedHashSet<>();
        private final Map<String, List<Row>> sales = new LinkedHashMap<>();
        private final Map<String, Row> buyers = new LinkedHashMap<>();
        private final List<Row> productRows = new ArrayList<>();
        private final Map<String, String> classes = new HashMap<>();
        int customers;

        Foodmart() throws IOException {
            try (InputStream script = resource("/foodmart.script")) {
                HsqldbScript.read(
                        script,
                        Map.of(
                                "sales_fact_dec_1998",
                                sale -> sales.computeIfAbsent(sale.get("customer_id"), customer -> new ArrayList<>())
                                        .add(sale),
                                "customer",
                                this::addCustomer,
                                "product",
                                productRows::add,
                                "product_class",
                                row -> classes.put(
                                        row.get("product_class_id"),
                                        "/" + slug(row.get("product_category")) + "/"
                                                + slug(row.get("product_subcategory"))),
                                "promotion",
                                row -> promotions.add(row.get("promotion_name"))));
            }
            promotions.remove("No Promotion");
            for (Row row : productRows) {
                String name = row.get("product_name");
                String page = classes.get(row.get("product_class_id")) + "/" + slug(name);
                products.put(Integer.valueOf(row.get("product_id")), new Product(row.get("SKU"), name, page));
            }
        }

        private void addCustomer(Row row) {
            customers++;
            if (sales.containsKey(row.get("customer_id"))) {
                buyers.put(row.get("customer_id"), row);
            }
        }

        List<Person> people() {
            return buyers.values().stream()
                    .map(row -> new Person(
                            "foodmart-" + row.get("customer_id"),
                            row.get("fullname"),
                            null,
                            row.get("phone1"),
                            row.get("address1"),
                            row.get("city"),
                            row.get("postal_code"),
                            isoCountry(row.get("country")),
                            LocalDate.parse(row.get("birthdate")),
                            row.get("gender"),
                            row.get("member_card"),
                            null,
                            purchases(row.get("customer_id"))))
                    .toList();
        }

        private List<Purchase> purchases(String customer) {
            Map<Integer, List<Row>> byDay = new LinkedHashMap<>();
            for (Row sale : sales.get(customer)) {
                byDay.computeIfAbsent(Integer.valueOf(sale.get("time_id")), day -> new ArrayList<>())
                        .add(sale);
            }
            List<Purchase> purchases = new ArrayList<>();
            byDay.forEach((day, rows) -> purchases.add(new Purchase(
                    "foodmart-" + customer + "-" + day,
                    (double) (day - FIRST_DAY) / (END - FIRST_DAY),
                    Integer.parseInt(rows.get(0).get("store_id")),
                    rows.stream().map(this::line).toList())));
            return purchases;
        }

        private Line line(Row sale) {
            BigDecimal pieces = new BigDecimal(sale.get("unit_sales"));
            long price = cents(new BigDecimal(sale.get("store_sales")).divide(pieces, 4, RoundingMode.HALF_UP));
            return new Line(products.get(Integer.valueOf(sale.get("product_id"))), pieces.intValueExact(), price);
        }
    }

    /** Chinook: its customers, tracks and invoices, 2009 to 2013. */
    private static final class Chinook {
        private static final long FIRST_DAY = LocalDate.of(2009, 1, 1).toEpochDay();
        private static final long END = LocalDate.of(2014, 1, 1).toEpochDay();

        final Map<String, Product> products = new LinkedHashMap<>();
        private final List<Row> customers = new ArrayList<>();
        private final Map<String, Agent> agents = new HashMap<>();
        private final Map<String, String> genres = new HashMap<>();
        private final Map<String, List<Row>> invoices = new HashMap<>();
        private final Map<String, List<Row>> lines = new HashMap<>();
        private final List<Row> tracks = new ArrayList<>();

        Chinook() throws IOException {
            try (InputStream script = resource("/chinook.script")) {
                HsqldbScript.read(
                        script,
                        Map.of(
                                "Customer", customers::add,
                                "Employee", row -> agents.put(row.get("EmployeeId"), agent(row)),
                                "Genre", row -> genres.put(row.get("GenreId"), row.get("Name")),
                                "Track", tracks::add,
                                "Invoice",
                                        row -> invoices.computeIfAbsent(
                                                        row.get("CustomerId"), customer -> new ArrayList<>())
                                                .add(row),
                                "InvoiceLine",
                                        row -> lines.computeIfAbsent(row.get("InvoiceId"), invoice -> new ArrayList<>())
                                                .add(row)));
            }
            for (Row row : tracks) {
                String page = "/music/" + slug(genres.get(row.get("GenreId"))) + "/" + slug(row.get("Name"));
                products.put(row.get("TrackId"), new Product("track-" + row.get("TrackId"), row.get("Name"), page));
            }
        }

        private static Agent agent(Row row) {
            return new Agent("employee-" + row.get("EmployeeId"), row.get("FirstName"), row.get("Email"));
        }

        List<Person> people() {
            return customers.stream()
                    .map(row -> new Person(
                            "chinook-" + row.get("CustomerId"),
                            row.get("FirstName") + " " + row.get("LastName"),
                            row.get("Email"),
                            row.get("Phone"),
                            row.get("Address"),
                            row.get("City"),
                            row.get("PostalCode") == null ? "" : row.get("PostalCode"),
                            isoCountry(row.get("Country")),
                            null,
                            null,
                            null,
                            agents.get(row.get("SupportRepId")),
                            purchases(row.get("CustomerId"))))
                    .toList();
        }

        private List<Purchase> purchases(String customer) {
            return invoices.get(customer).stream()
                    .map(row -> new Purchase(
                            "chinook-" + row.get("InvoiceId"),
                            (double) (LocalDate.parse(row.get("InvoiceDate")).toEpochDay() - FIRST_DAY)
                                    / (END - FIRST_DAY),
                            Integer.parseInt(customer),
                            lines.get(row.get("InvoiceId")).stream()
                                    .map(this::line)
                                    .toList()))
                    .toList();
        }

        private Line line(Row row) {
            return new Line(
                    products.get(row.get("TrackId")),
                    Integer.parseInt(row.get("Quantity")),
                    cents(new BigDecimal(row.get("UnitPrice"))));
        }
    }

    private static List<String> readUserAgents() throws IOException {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                resource("/io/cloakroom/streams/demo/user-agents.txt"), StandardCharsets.UTF_8))) {
            return lines.lines().filter(line -> !line.startsWith("#")).toList();
        }
    }

    private static InputStream resource(String name) {
        InputStream resource = RealData.class.getResourceAsStream(name);
        if (resource == null) {
            throw new IllegalStateException("Not on the class path: " + name);
        }
        return resource;
    }

    private static long cents(BigDecimal dollars) {
        return dollars.movePointRight(2).setScale(0, RoundingMode.HALF_UP).longValueExact();
    }

    private static String slug(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", "-").replaceAll("^-|-$", "");
    }

    private static String isoCountry(String name) {
        String iso = ISO_COUNTRIES.get(name);
        if (iso == null) {
            throw new IllegalStateException("No ISO code for the country " + name);
        }
        return iso;
    }

    private static Map<String, String> isoCountries() {
        Map<String, String> countries = new HashMap<>();
        for (String iso : Locale.getISOCountries()) {
            countries.put(new Locale.Builder().setRegion(iso).build().getDisplayCountry(Locale.ENGLISH), iso);
        }
        countries.put("USA", "US");
        countries.put("Czech Republic", "CZ");
        return countries;
    }
}
