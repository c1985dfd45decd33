package badger

import (
	"bytes"
	"testing"
)

// FuzzBackup reads any bytes as a backup, up to the records. There must be an
// error or all of it, and no more records than there are bytes for.
func FuzzBackup(f *testing.F) {
	for _, key := range [][]byte{nil, key1} {
		var b bytes.Buffer
		w, err := newBackupWriter(&b, key)
		if err != nil {
			f.Fatal(err)
		}
		for _, key := range []string{"c1", "m1"} {
			block := appendRecord(nil, []byte(key), record{value: []byte("value"), meta: sideVisitor, expires: 1 << 40})
			if err := w.writeBlock(block, 1); err != nil {
				f.Fatal(err)
			}
		}
		if err := w.finish(); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
		f.Add(b.Bytes()[:b.Len()-9])
	}
	f.Add([]byte(backupMagic + "{}\n\x00\x00\x00\x00{}\n"))
	f.Add([]byte(backupMagic + "{}\n\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := newBackupReader(bytes.NewReader(text))
		if err != nil {
			return
		}
		for read := 0; ; {
			block, err := b.nextBlock()
			if err != nil || block == nil {
				break
			}
			if read += len(block) + 4; read > len(text) {
				t.Fatalf("%d bytes of blocks in %d", read, len(text))
			}
			cutAll(t, block)
		}
		_, err = b.trailer()
		_, verified := VerifyBackup(bytes.NewReader(text))
		if verified == nil && err != nil {
			t.Fatalf("it verifies and has no end: %v", err)
		}
	})
}

// FuzzRecords reads any bytes as a block of records.
func FuzzRecords(f *testing.F) {
	block := appendRecord(nil, []byte("c1"), record{value: []byte("value"), meta: sideVisitor})
	f.Add(block)
	f.Add(appendRecord(block, []byte("m1"), record{expires: 1 << 62}))
	f.Add(block[:len(block)-1])
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(cutAll)
}

// cutAll cuts a block into its records. Each must be what it was cut from.
func cutAll(t *testing.T, block []byte) {
	for len(block) > 0 {
		key, r, rest, err := cutRecord(block)
		if err != nil {
			return
		}
		if len(rest) >= len(block) {
			t.Fatalf("%d bytes are left of %d", len(rest), len(block))
		}
		again, same, left, err := cutRecord(appendRecord(nil, key, r))
		if err != nil || len(left) > 0 || !bytes.Equal(again, key) || !bytes.Equal(same.value, r.value) || same.meta != r.meta || same.expires != r.expires {
			t.Fatalf("%q %+v is cut as %q %+v, %v", key, r, again, same, err)
		}
		block = rest
	}
}
