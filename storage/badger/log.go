package badger

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
)

// engineLog passes on what the engine logs: what is wrong as warnings, its
// running commentary for debugging only.
type engineLog struct{ to *slog.Logger }

func (l engineLog) Errorf(format string, args ...any)   { l.log(slog.LevelWarn, format, args) }
func (l engineLog) Warningf(format string, args ...any) { l.log(slog.LevelWarn, format, args) }
func (l engineLog) Infof(format string, args ...any)    { l.log(slog.LevelDebug, format, args) }
func (l engineLog) Debugf(format string, args ...any)   { l.log(slog.LevelDebug, format, args) }

func (l engineLog) log(level slog.Level, format string, args []any) {
	if !l.to.Enabled(context.Background(), level) {
		return
	}
	l.to.Log(context.Background(), level, "storage engine", "text",
		strings.TrimSpace(fmt.Sprintf(format, args...)))
}
