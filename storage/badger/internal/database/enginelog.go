package database

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
)

// engineLog passes on what the engine logs: what is wrong as warnings, its
// running commentary for debugging only.
type engineLog struct {
	to          *slog.Logger
	beforeWrite func()                    // see Options
	verifier    *atomic.Pointer[Verifier] // of this engine; nil for none
}

// What the engine says, in the goroutine that does it, before it writes to its
// memory maps what was committed. It has no other hook as late as that.
const (
	aboutToWriteValues = "writeRequests called. Writing to value log"
	AboutToWriteLog    = "Writing to memtable"
)

// What it says when it has read all tables that it merges, and nothing of that
// counts yet.
const aboutToMerge = "Discard stats: %v"

// Errorf, Warningf, Infof and Debugf make it the engine's logger.
func (l engineLog) Errorf(format string, args ...any)   { l.log(slog.LevelWarn, format, args) }
func (l engineLog) Warningf(format string, args ...any) { l.log(slog.LevelWarn, format, args) }
func (l engineLog) Infof(format string, args ...any)    { l.log(slog.LevelDebug, format, args) }

func (l engineLog) Debugf(format string, args ...any) {
	if l.beforeWrite != nil && (format == aboutToWriteValues || format == AboutToWriteLog) {
		l.beforeWrite()
	}
	if format == aboutToMerge && l.verifier != nil {
		if g := l.verifier.Load(); g != nil {
			g.beforeMerge()
		}
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
