package io.cloakroom.streams.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.streams.demo.HsqldbScript.Row;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HsqldbScriptTest {
    @Test
    void shouldReadValuesAsTheDatabaseWroteThem() throws IOException {
        assertThat(
                        rowsOf(
                                "person",
                                "CREATE MEMORY TABLE \"person\"(\"id\" INTEGER)\nINSERT INTO \"person\" VALUES(7,'O''Reilly','Kov\\u00e1cs, L. (45)',NULL,1.5E0,'')"))
                .containsExactly(Arrays.asList("7", "O'Reilly", "Kovács, L. (45)", null, "1.5E0", ""));
    }

    @Test
    void shouldReadOnlyTheWantedTable() throws IOException {
        String script = """
                CREATE MEMORY TABLE "shop"."person"("id" INTEGER)
                INSERT INTO "shop"."person" VALUES(1)
                INSERT INTO "shop"."personal" VALUES(2)
                INSERT INTO "shop"."other" VALUES('" VALUES(3')
                INSERT INTO BLOCKS VALUES(0,2147483647,0)
                """;
        assertThat(rowsOf("person", script)).containsExactly(List.of("1"));
    }

    @Test
    void shouldFindValuesByTheNamesOfTheirColumns() throws IOException {
        String script = """
                CREATE MEMORY TABLE "shop"."line"("id" INTEGER NOT NULL,"price" DECIMAL(10,2),"of" INTEGER,CONSTRAINT "PK" PRIMARY KEY("id","of"),CONSTRAINT "FK" FOREIGN KEY("of") REFERENCES "shop"."order"("id"))
                INSERT INTO "shop"."line" VALUES(1,9.99,3)
                """;
        Row row = rows("line", script).get(0);
        assertThat(row.get("price")).isEqualTo("9.99");
        assertThat(row.get("of")).isEqualTo("3");
        assertThatThrownBy(() -> row.get("colour"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("No column colour among");
    }

    private static List<List<String>> rowsOf(String table, String script) throws IOException {
        return rows(table, script).stream().map(Row::values).toList();
    }

    private static List<Row> rows(String table, String script) throws IOException {
        List<Row> rows = new ArrayList<>();
        HsqldbScript.read(
                new ByteArrayInputStream(script.getBytes(StandardCharsets.ISO_8859_1)), Map.of(table, rows::add));
        return rows;
    }
}
