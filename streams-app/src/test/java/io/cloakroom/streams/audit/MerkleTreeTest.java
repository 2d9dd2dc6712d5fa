package io.cloakroom.streams.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MerkleTreeTest {

    /** Those of the reference implementation of RFC 6962. */
    private static final List<String> LEAVES =
            List.of("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f");

    private static final int MANY = 130;

    @ParameterizedTest
    @CsvSource({
        "0, e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "1, 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "2, fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "3, aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "4, d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "5, 4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "6, 76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "7, ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "8, 5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    })
    void shouldHaveTheRootsOfTheReference(int size, String root) {
        assertThat(HexFormat.of()
                        .formatHex(grown(reference().subList(0, size), -1).root()))
                .isEqualTo(root);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, ''",
        "0, 8, 96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
                + " 5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
                + " 6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        "5, 8, bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
                + " ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
                + " d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "2, 3, fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "1, 5, 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
                + " 5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
                + " bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
    })
    void shouldHaveThePathsOfTheReference(int index, int size, String path) {
        assertThat(grown(reference().subList(0, size), index).path().stream()
                        .map(HexFormat.of()::formatHex)
                        .toList())
                .isEqualTo(path.isEmpty() ? List.of() : List.of(path.split(" ")));
    }

    @Test
    void shouldLeadFromEveryLeafToTheRootThatTheDefinitionGives() throws Exception {
        List<byte[]> leaves = random(MANY);
        for (int size = 1; size <= MANY; size++) {
            byte[] root = defined(leaves.subList(0, size));
            for (int index = 0; index < size; index++) {
                MerkleTree tree = grown(leaves.subList(0, size), index);
                assertThat(tree.root()).isEqualTo(root);
                assertThat(MerkleTree.root(leaves.get(index), index, size, tree.path()))
                        .as("leaf %d of %d", index, size)
                        .satisfies(found -> assertThat(hex(found)).isEqualTo(hex(Optional.of(root))));
            }
        }
    }

    @Test
    void shouldLeadElsewhereFromAnotherLeafOrPlaceOrPath() {
        List<byte[]> leaves = random(MANY);
        Random random = new Random(2);
        for (int size = 2; size <= MANY; size++) {
            int index = random.nextInt(size);
            MerkleTree tree = grown(leaves.subList(0, size), index);
            byte[] root = tree.root();
            byte[] leaf = leaves.get(index);
            List<byte[]> path = tree.path();
            byte[] other = leaf.clone();
            other[random.nextInt(other.length)] ^= 1;
            assertThat(hex(MerkleTree.root(other, index, size, path))).isNotEqualTo(hex(Optional.of(root)));
            for (int place = -1; place <= size; place++) {
                if (place != index) {
                    assertThat(hex(MerkleTree.root(leaf, place, size, path)))
                            .as("leaf %d at %d of %d", index, place, size)
                            .isNotEqualTo(hex(Optional.of(root)));
                }
            }
            assertThat(MerkleTree.root(leaf, index, size, path.subList(1, path.size())))
                    .isEmpty();
            List<byte[]> longer = new ArrayList<>(path);
            longer.add(root);
            assertThat(MerkleTree.root(leaf, index, size, longer)).isEmpty();
        }
    }

    @Test
    void shouldGoOnFromItsFrontierWithoutTheLeaves() {
        List<byte[]> leaves = random(MANY);
        byte[] root = grown(leaves, -1).root();
        for (int size = 0; size <= MANY; size++) {
            MerkleTree before = grown(leaves.subList(0, size), -1);
            MerkleTree after = new MerkleTree(size, before.frontier());
            leaves.subList(size, MANY).forEach(after::append);
            assertThat(after.root()).isEqualTo(root);
        }
    }

    @Test
    void shouldRefuseAFrontierOfAnotherSize() {
        List<byte[]> frontier = grown(random(5), -1).frontier();

        assertThatThrownBy(() -> new MerkleTree(7, frontier))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a tree of 7 leaves has not 2 subtrees");
    }

    private static Optional<String> hex(Optional<byte[]> hash) {
        return hash.map(HexFormat.of()::formatHex);
    }

    private static List<byte[]> reference() {
        return LEAVES.stream().map(HexFormat.of()::parseHex).toList();
    }

    private static List<byte[]> random(int count) {
        Random random = new Random(1);
        List<byte[]> leaves = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] leaf = new byte[1 + random.nextInt(100)];
            random.nextBytes(leaf);
            leaves.add(leaf);
        }
        return leaves;
    }

    private static MerkleTree grown(List<byte[]> leaves, int proven) {
        MerkleTree tree = new MerkleTree();
        for (int i = 0; i < leaves.size(); i++) {
            if (i == proven) {
                tree.proveNext();
            }
            tree.append(leaves.get(i));
        }
        return tree;
    }

    /** As section 2.1 of RFC 6962 has it. */
    private static byte[] defined(List<byte[]> leaves) throws Exception {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        if (leaves.size() == 1) {
            text.write(0);
            text.write(leaves.get(0));
        } else {
            int split = Integer.highestOneBit(leaves.size() - 1);
            text.write(1);
            text.write(defined(leaves.subList(0, split)));
            text.write(defined(leaves.subList(split, leaves.size())));
        }
        return MessageDigest.getInstance("SHA-256").digest(text.toByteArray());
    }
}
