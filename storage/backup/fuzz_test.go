package backup

import (
	"bytes"
	"testing"
)

// FuzzBackup reads any bytes as a backup, up to the records. There must be an
// error or all of it, and no more records than there are bytes for.
func FuzzBackup(f *testing.F) {
	for _, key := range [][]byte{nil, []byte("0123456789abcdef")} {
		var b bytes.Buffer
		w, err := NewWriter(&b, key, 2)
		if err != nil {
			f.Fatal(err)
		}
		for _, key := range []string{"c1", "m1"} {
			block := AppendRecord(nil, Record{Key: []byte(key), Value: []byte("value"), Meta: 'v', Expires: 1 << 40})
			if err := w.WriteBlock(block, 1); err != nil {
				f.Fatal(err)
			}
		}
		if err := w.Finish(); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
		f.Add(b.Bytes()[:b.Len()-9])
	}
	f.Add([]byte(magic + "{}\n\x00\x00\x00\x00{}\n"))
	f.Add([]byte(magic + "{}\n\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := NewReader(bytes.NewReader(text))
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
		_, err = b.end()
		_, verified := Verify(bytes.NewReader(text))
		if verified == nil && err != nil {
			t.Fatalf("it verifies and has no end: %v", err)
		}
	})
}

// FuzzRecords reads any bytes as a block of records.
func FuzzRecords(f *testing.F) {
	block := AppendRecord(nil, Record{Key: []byte("c1"), Value: []byte("value"), Meta: 'v'})
	f.Add(block)
	f.Add(AppendRecord(block, Record{Key: []byte("m1"), Expires: 1 << 62}))
	f.Add(block[:len(block)-1])
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(cutAll)
}

// cutAll cuts a block into its records. Each must be what it was cut from.
func cutAll(t *testing.T, block []byte) {
	for len(block) > 0 {
		r, rest, err := cutRecord(block)
		if err != nil {
			return
		}
		if len(rest) >= len(block) {
			t.Fatalf("%d bytes are left of %d", len(rest), len(block))
		}
		same, left, err := cutRecord(AppendRecord(nil, r))
		if err != nil || len(left) > 0 || !bytes.Equal(same.Key, r.Key) || !bytes.Equal(same.Value, r.Value) || same.Meta != r.Meta || same.Expires != r.Expires {
			t.Fatalf("%+v is cut as %+v, %v", r, same, err)
		}
		block = rest
	}
}
