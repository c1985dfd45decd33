package kv

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// Check reads all tables, records and files of the open store. What is damaged
// is in the result, and in the log.
func (s *Store) Check(ctx context.Context, report func(chat.Progress)) (out chat.Check, err error) {
	total, err := disk.Used(s.Opts.Path)
	if err != nil {
		return out, unavailable.When("reading", err)
	}
	tick := func(read uint64) { report(chat.Progress{Done: min(read, total), Total: total}) }
	err = s.ReadLong(ctx, func(ctx context.Context, snap database.Snapshot) error {
		g := snap.DB.Verifier
		var damage []chat.Damage
		if err := g.Refresh(nil); err != nil {
			damage = append(damage, g.ManifestDamage(err))
			s.foundOne(damage[0], true)
		}
		v := g.VerifyAll(tick)
		damage = append(damage, v.All()...)
		s.ReportDamage(v.All()...)
		out.Bytes, out.Files = v.Read, len(g.KnownTables())
		records := &recordCheck{snap: snap, bytes: out.Bytes, tick: tick, gaps: len(v.Unreadable) > 0}
		if err := records.run(ctx); err != nil {
			return err
		}
		out.Records, out.Bytes = records.records, records.bytes
		for _, d := range records.damage {
			s.foundOne(d, false)
		}
		out.Damaged = directory.SortDamage(append(append(s.damages.list(), damage...), records.damage...))
		return nil
	})
	return out, err
}

// CheckDirectory reads everything of a store that nobody has open, and changes
// nothing if something is damaged; else it opens the store to read each record.
func CheckDirectory(ctx context.Context, o directory.Options, report func(chat.Progress)) (out chat.Check, err error) {
	if err := o.SetDefaults(); err != nil {
		return out, err
	}
	if o.Path, err = filepath.Abs(o.Path); err != nil {
		return out, err
	}
	total, err := disk.Used(o.Path)
	if err != nil {
		return out, err
	}
	in := &directory.Inspection{Values: map[string]directory.ValueAt{}, Tick: func(read uint64) { report(chat.Progress{Done: min(read, total), Total: total}) }}
	err = inspectCurrent(ctx, &o, in)
	if damage := directory.DamageOf(err); damage != nil {
		in.Damage, err = append(in.Damage, damage...), nil
	}
	if err == nil && in.List != nil {
		err = in.ReadChunks(ctx)
	}
	out = chat.Check{Files: in.Files, Records: in.Records, Bytes: in.Bytes, Damaged: directory.SortDamage(in.Damage)}
	if err != nil || len(out.Damaged) > 0 {
		return out, err
	}
	o.MustExist = true
	s, err := Open(ctx, o, Hooks{})
	if err != nil {
		return out, fmt.Errorf("opening store: %w", err)
	}
	opened, err := s.Check(ctx, report)
	out.Records, out.Damaged = opened.Records, opened.Damaged
	return out, errors.Join(err, s.Close())
}

// inspectCurrent inspects the files that count, with the lock of the engine.
func inspectCurrent(ctx context.Context, o *directory.Options, in *directory.Inspection) error {
	dir, err := directory.LocateStore(o.Path)
	if err != nil {
		return err
	}
	unlock, err := directory.Lock(o.Path, dir)
	if err != nil {
		return err
	}
	defer unlock()
	return in.Inspect(ctx, o, dir)
}
