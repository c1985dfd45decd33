package limits

import (
	"time"

	"github.com/parley-chat/parley/internal/bounded"
)

// buckets remembers how much was used up, by key and class, as the time at which
// all of it is allowed again.
//
// An entry takes some 100 bytes, so the two tables, of sessions and of
// addresses, take at most 13 MB. When a table overflows, whoever has not used
// theirs for longest may have a burst anew; nobody is refused for it.
type buckets struct {
	bounded.Table[bucketKey, time.Duration]
}

type bucketKey struct {
	who   uint64
	class Class
}

// maxBuckets bounds the pairs of who and class in one table.
const maxBuckets = 1 << 16

func newBuckets() buckets {
	return buckets{bounded.Table[bucketKey, time.Duration]{Max: maxBuckets}}
}

// wait returns how long until n more are allowed; zero or less means now.
func (b *buckets) wait(who uint64, class Class, r rate, n int, now time.Duration) time.Duration {
	full, _ := b.Get(bucketKey{who, class})
	return full - now - r.every*time.Duration(r.burst-n)
}

func (b *buckets) take(who uint64, class Class, r rate, n int, now time.Duration) {
	k := bucketKey{who, class}
	full, _ := b.Get(k)
	b.Put(k, max(full, now)+r.every*time.Duration(n))
}
