package io.cloakroom.policy;

/**
 * What a user agent is, in a few words that stand here: nothing of the text itself passes, a name or number in it least of
 * all.
 */
final class Agent {

    private static final String UNKNOWN = "other";

    /** Real ones have some hundred characters. */
    private static final int LONGEST = 2_048;

    /** A mark, and what has it; the first that is found counts, as a browser names those that it is like behind itself. */
    private record Mark(String in, String is) {}

    private static final Mark[] FAMILIES = {
        new Mark("bot", "Bot"),
        new Mark("Bot", "Bot"),
        new Mark("crawler", "Bot"),
        new Mark("spider", "Bot"),
        new Mark("FBAN/", "Facebook"),
        new Mark("FBAV/", "Facebook"),
        new Mark("Instagram ", "Instagram"),
        new Mark("Edg/", "Edge"),
        new Mark("EdgA/", "Edge"),
        new Mark("EdgiOS/", "Edge"),
        new Mark("Edge/", "Edge"),
        new Mark("OPR/", "Opera"),
        new Mark("OPT/", "Opera"),
        new Mark("OPiOS/", "Opera"),
        new Mark("Opera", "Opera"),
        new Mark("SamsungBrowser/", "Samsung"),
        new Mark("YaBrowser/", "Yandex"),
        new Mark("UCBrowser/", "UC"),
        new Mark("DuckDuckGo/", "DuckDuckGo"),
        new Mark("Ddg/", "DuckDuckGo"),
        new Mark("GSA/", "Google"),
        new Mark("FxiOS/", "Firefox"),
        new Mark("Firefox/", "Firefox"),
        new Mark("MSIE ", "Explorer"),
        new Mark("Trident/", "Explorer"),
        new Mark("CriOS/", "Chrome"),
        new Mark("Chrome/", "Chrome"),
        new Mark("Safari/", "Safari"),
    };

    private static final Mark[] PLATFORMS = {
        new Mark("Windows", "Windows"),
        new Mark("iPhone", "iOS"),
        new Mark("iPad", "iOS"),
        new Mark("iPod", "iOS"),
        new Mark("Android", "Android"),
        new Mark("CrOS", "ChromeOS"),
        new Mark("Mac OS X", "macOS"),
        new Mark("Linux", "Linux"),
    };

    private Agent() {}

    /** Such as {@code Firefox Linux}; {@code other} for what is not known. */
    static String of(String userAgent) {
        if (userAgent.length() > LONGEST) {
            return UNKNOWN;
        }
        String family = first(FAMILIES, userAgent);
        String platform = first(PLATFORMS, userAgent);
        return family.equals(UNKNOWN) && platform.equals(UNKNOWN) ? UNKNOWN : family + " " + platform;
    }

    private static String first(Mark[] marks, String userAgent) {
        for (Mark mark : marks) {
            if (userAgent.contains(mark.in())) {
                return mark.is();
            }
        }
        return UNKNOWN;
    }
}
