package scan

import (
	"bytes"
	"testing"
)

func TestPastSpace(t *testing.T) {
	for c := range 256 {
		for i := range 20 {
			for _, space := range []byte(" \t\n\f\r") {
				b := bytes.Repeat([]byte{space}, 20)
				b[i] = byte(c)
				want := i
				if bytes.IndexByte([]byte(" \t\n\f\r"), byte(c)) >= 0 {
					want = 20
				}
				if got := pastSpace(b, 0); got != want {
					t.Fatalf("%q: %d, want %d", b, got, want)
				}
			}
		}
	}
}

func TestScriptEnd(t *testing.T) {
	// The bar marks the end; without one there is none.
	for _, text := range []string{
		`a</script>|b`, `a</SCRIPT >|`, `a</scripts></script/>|`, `a</script`, `<!-- </script>|`, `<!--<script></script></script>|`,
		`<!--<script></script>`, `<!--<script>--></script>|`, `<!--<script>-></script>--></script>|`, `<!--><script></script>|`, `<!---><script></script>|`,
		`<!-- -- ><script></script></script>|`, `<!--<script--></script>|`, `<!--<script --></script>|`, `<!-- --><!--<script></script>--></script>|`, `<!-<script></script>|`, `<script></script>|`,
	} {
		want := bytes.IndexByte([]byte(text), '|')
		if got := scriptEnd(bytes.ReplaceAll([]byte(text), []byte("|"), nil), 0); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}
