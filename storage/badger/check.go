package badger

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/parley-chat/parley/chat"
)

// Check reads all tables, records and files of the open store. What is damaged
// is in the result, and in the log.
func (s *kvStore) Check(ctx context.Context, report func(chat.Progress)) (out chat.Check, err error) {
	total, err := bytesOnDisk(s.opts.Path)
	if err != nil {
		return out, unavailable("reading", err)
	}
	tick := func(read uint64) { report(chat.Progress{Done: min(read, total), Total: total}) }
	err = s.readLong(ctx, func(ctx context.Context, snap snapshot) error {
		g := snap.db.guard
		var damage []chat.Damage
		if err := g.refresh(nil); err != nil {
			damage = append(damage, g.manifestDamage(err))
			s.foundOne(damage[0], true)
		}
		v := g.verifyAll(tick)
		damage = append(damage, v.all()...)
		s.found(v.all()...)
		out.Bytes, out.Files = v.read, len(g.knownTables())
		records := &recordCheck{snap: snap, bytes: out.Bytes, tick: tick, gaps: len(v.unreadable) > 0}
		if err := records.run(ctx); err != nil {
			return err
		}
		out.Records, out.Bytes = records.records, records.bytes
		for _, d := range records.damage {
			s.foundOne(d, false)
		}
		out.Damaged = sortDamage(append(append(s.damages.list(), damage...), records.damage...))
		return nil
	})
	return out, err
}

// CheckDirectory reads everything of a store that nobody has open, and changes
// nothing if something is damaged; else it opens the store to read each record.
func CheckDirectory(ctx context.Context, o Options, report func(chat.Progress)) (out chat.Check, err error) {
	if err := o.setDefaults(); err != nil {
		return out, err
	}
	if o.Path, err = filepath.Abs(o.Path); err != nil {
		return out, err
	}
	total, err := bytesOnDisk(o.Path)
	if err != nil {
		return out, err
	}
	in := &inspection{values: map[string]valueAt{}, tick: func(read uint64) { report(chat.Progress{Done: min(read, total), Total: total}) }}
	err = inspectCurrent(ctx, &o, in)
	if damage := DamageOf(err); damage != nil {
		in.damage, err = append(in.damage, damage...), nil
	}
	if err == nil && in.list != nil {
		err = in.readChunks(ctx)
	}
	out = chat.Check{Files: in.files, Records: in.records, Bytes: in.bytes, Damaged: sortDamage(in.damage)}
	if err != nil || len(out.Damaged) > 0 {
		return out, err
	}
	o.MustExist = true
	s, err := openStore(ctx, o, hooks{})
	if err != nil {
		return out, fmt.Errorf("opening store: %w", err)
	}
	opened, err := s.Check(ctx, report)
	out.Records, out.Damaged = opened.Records, opened.Damaged
	return out, errors.Join(err, s.Close())
}

// inspectCurrent inspects the files that count, with the lock of the engine.
func inspectCurrent(ctx context.Context, o *Options, in *inspection) error {
	dir, err := locateStore(o.Path)
	if err != nil {
		return err
	}
	unlock, err := lock(o.Path, dir)
	if err != nil {
		return err
	}
	defer unlock()
	return in.inspect(ctx, o, dir)
}
