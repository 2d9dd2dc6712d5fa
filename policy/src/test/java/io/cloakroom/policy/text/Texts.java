package io.cloakroom.policy.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** The example sentences of LanguageTool's English rules: some 20,000, of many hands, right and wrong English. */
final class Texts {

    private static final List<String> FILES = List.of("grammar.xml", "style.xml");

    private Texts() {}

    static List<String> sentences() {
        List<String> sentences = new ArrayList<>();
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_REPLACING_ENTITY_REFERENCES, false);
        for (String file : FILES) {
            try (InputStream in = Texts.class.getResourceAsStream("/org/languagetool/rules/en/" + file)) {
                read(factory.createXMLStreamReader(in), sentences);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (XMLStreamException e) {
                throw new IllegalStateException(file + ": " + e.getMessage(), e);
            }
        }
        return sentences.stream().distinct().toList();
    }

    private static void read(XMLStreamReader xml, List<String> sentences) throws XMLStreamException {
        StringBuilder sentence = null;
        while (xml.hasNext()) {
            int event = xml.next();
            if (event == XMLStreamReader.START_ELEMENT && xml.getLocalName().equals("example")) {
                sentence = new StringBuilder();
            } else if (event == XMLStreamReader.END_ELEMENT
                    && xml.getLocalName().equals("example")) {
                sentences.add(sentence.toString().strip().replaceAll("\\s+", " "));
                sentence = null;
            } else if (event == XMLStreamReader.CHARACTERS && sentence != null) {
                sentence.append(xml.getText());
            }
        }
    }
}
