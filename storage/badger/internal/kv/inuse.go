package kv

import (
	"context"
	"fmt"
	"log/slog"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// The engine may bring chunks of deleted files back by itself. When it cleans
// the value log it copies to the top what it has not yet merged with its
// deletion; where that comes to the last level first, it is forgotten, and the
// copy counts again. No message leads there, so nobody can read it, but it must
// not outlive the next compaction, nor be in a backup.

// filesInUse are the files that a message or an upload names.
type filesInUse struct {
	ids map[chat.AttachmentID]struct{}
	// unreadable is a message that can't be read, or empty. Any file may be
	// one of its, so all count as in use.
	unreadable string
}

// findFilesInUse reads all messages, and all uploads that none has.
func findFilesInUse(ctx context.Context, s database.Snapshot) (f filesInUse, err error) {
	f.ids = make(map[chat.AttachmentID]struct{})
	database.EachUpload(s, func(rec layout.UploadRecord) { f.ids[rec.ID] = struct{}{} },
		func(id chat.AttachmentID, _ error) { f.ids[id] = struct{}{} })
	err = s.Each(ctx, []byte{layout.KindMessage}, func(item *engine.Item) error {
		return item.Value(func(value []byte) error {
			if len(value) > 0 && value[0] == layout.PlainMessage {
				return nil
			}
			m, err := layout.DecodeMessage(0, value)
			if err != nil {
				f.unreadable = string(item.Key())
			}
			for _, a := range m.Attachments {
				f.ids[a.ID] = struct{}{}
			}
			return nil
		})
	})
	return f, err
}

// has reports whether a record is to be kept: it is none of a file, or of one
// that is in use.
func (f *filesInUse) has(key []byte) bool {
	if f.unreadable != "" || key[0] != layout.KindChunk {
		return true
	}
	id, _, ok := layout.CutText(key[1:])
	if !ok {
		return true
	}
	_, named := f.ids[chat.AttachmentID(id)]
	return named
}

// unclear reports, and tells the log, that files may have been kept that
// nothing names.
func (f *filesInUse) unclear(log *slog.Logger) bool {
	if f.unreadable != "" {
		log.Warn("keeping all files, also what came back of erased ones, since a message can't be read and any may be its; erase its conversation and compact again",
			"message", fmt.Sprintf("%q", f.unreadable))
	}
	return f.unreadable != ""
}

// eachInUse calls f as each does, for all records but those of files that
// nothing names and that of the last commit, and returns what it went by.
func eachInUse(ctx context.Context, s database.Snapshot, f func(*engine.Item) error) (filesInUse, error) {
	files, err := findFilesInUse(ctx, s)
	if err != nil {
		return files, err
	}
	return files, s.Each(ctx, nil, func(item *engine.Item) error {
		if !files.has(item.Key()) || string(item.Key()) == string(layout.CommitKey) {
			return nil
		}
		return f(item)
	})
}
