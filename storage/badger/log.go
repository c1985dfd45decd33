package badger

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
)

// engineLog passes on what the engine logs: what is wrong as warnings, its
// running commentary for debugging only.
type engineLog struct {
	to          *slog.Logger
	beforeWrite func() // see Options
}

// What the engine says, in the goroutine that does it, before it writes to its
// memory maps what was committed. It has no other hook as late as that.
const (
	aboutToWriteValues = "writeRequests called. Writing to value log"
	aboutToWriteLog    = "Writing to memtable"
)

func (l engineLog) Errorf(format string, args ...any)   { l.log(slog.LevelWarn, format, args) }
func (l engineLog) Warningf(format string, args ...any) { l.log(slog.LevelWarn, format, args) }
func (l engineLog) Infof(format string, args ...any)    { l.log(slog.LevelDebug, format, args) }

func (l engineLog) Debugf(format string, args ...any) {
	if l.beforeWrite != nil && (format == aboutToWriteValues || format == aboutToWriteLog) {
		l.beforeWrite()
	}
	l.log(slog.LevelDebug, format, args)
}

func (l engineLog) log(level slog.Level, format string, args []any) {
	if !l.to.Enabled(context.Background(), level) {
		return
	}
	l.to.Log(context.Background(), level, "storage engine", "text",
		strings.TrimSpace(fmt.Sprintf(format, args...)))
}
