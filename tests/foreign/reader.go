// Reads a ledger folder with software that is not ours: the signed notes and the tile trees of Go's checksum database
// (golang.org/x/mod/sumdb), which the C2SP formats come from. Only the paths differ: a tlog-tiles path has no height.
//
//	reader FOLDER VERIFIER-KEY OLDER-CHECKPOINT-FILE
//
// Checks both checkpoints' signatures, the root of the newer one out of the tiles, the consistency of the two, and the
// inclusion of every 997th leaf and the last. Says what it has seen; exit status 1 and the reason otherwise.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type folder string

func (f folder) Height() int { return 8 }

func (f folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

// The path of C2SP tlog-tiles: "tile/8/0/x001/234.p/5" without the height.
func path(t tlog.Tile) string {
	return strings.Replace(t.Path(), "tile/8/", "tile/", 1)
}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	all := make([][]byte, len(tiles))
	for i, t := range tiles {
		data, err := os.ReadFile(filepath.Join(string(f), path(t)))
		if os.IsNotExist(err) && t.W < 256 { // a full tile may have taken the place of a partial one
			full := t
			full.W = 256
			data, err = os.ReadFile(filepath.Join(string(f), path(full)))
		}
		if err != nil {
			return nil, err
		}
		if len(data) < t.W*tlog.HashSize {
			return nil, fmt.Errorf("%s is too short", path(t))
		}
		all[i] = data[:t.W*tlog.HashSize]
	}
	return all, nil
}

func fail(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// origin, size and root of a checkpoint that the key signed
func checkpoint(file string, verifier note.Verifier) tlog.Tree {
	text, err := os.ReadFile(file)
	fail(err)
	n, err := note.Open(text, note.VerifierList(verifier))
	fail(err)
	lines := strings.Split(n.Text, "\n")
	var t tlog.Tree
	_, err = fmt.Sscanf(lines[1], "%d", &t.N)
	fail(err)
	t.Hash, err = tlog.ParseHash(lines[2])
	fail(err)
	if lines[0] != verifier.Name() {
		fail(fmt.Errorf("the origin %q is not the name of the key", lines[0]))
	}
	return t
}

func main() {
	verifier, err := note.NewVerifier(os.Args[2])
	fail(err)
	tiles := folder(os.Args[1])
	now := checkpoint(filepath.Join(os.Args[1], "checkpoint"), verifier)
	before := checkpoint(os.Args[3], verifier)
	reader := tlog.TileHashReader(now, tiles) // believes no tile that does not lead to the root

	root, err := tlog.TreeHash(now.N, reader)
	fail(err)
	if root != now.Hash {
		fail(fmt.Errorf("the tiles give another root"))
	}
	proof, err := tlog.ProveTree(now.N, before.N, reader)
	fail(err)
	fail(tlog.CheckTree(proof, now.N, now.Hash, before.N, before.Hash))
	included := 0
	for i := int64(0); i < now.N; i += 997 {
		if i+997 >= now.N {
			i = now.N - 1
		}
		leaf, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
		fail(err)
		proof, err := tlog.ProveRecord(now.N, i, reader)
		fail(err)
		fail(tlog.CheckRecord(proof, now.N, now.Hash, i, leaf[0]))
		included++
	}
	fmt.Printf("%d leaves, %d of them looked up, %d before\n", now.N, included, before.N)
}
