package badger

import (
	"time"
)

func timeRecord(at time.Time) record {
	return record{value: at.UTC().AppendFormat(nil, time.RFC3339Nano)}
}
