package badger

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
)

// Check reads all tables, records and files of the open store. What is damaged
// is in the result, and in the log.
func (s *Store) Check(ctx context.Context, report func(chat.Progress)) (out chat.Check, err error) {
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

// list returns what was found since the store was opened.
func (d *damages) list() (out []chat.Damage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for damage := range d.known {
		out = append(out, damage)
	}
	return out
}

// recordCheck reads all records and looks for what must be there and is not.
type recordCheck struct {
	snap    snapshot
	tick    func(uint64)
	records int
	bytes   uint64
	damage  []chat.Damage
	// gaps tells that a block of a table is damaged: going through the keys then
	// leaves out what is behind it, so what seems missing is looked up by its key.
	gaps bool

	chunks map[string]uint64              // of each file, by their number
	last   map[chat.ConversationID]uint64 // message of each conversation
	next   map[chat.ConversationID]uint64 // message that must come next
}

func (r *recordCheck) add(key []byte, why error) {
	r.damage = append(r.damage, chat.Damage{What: why.Error(), Records: describeKey(key)})
}

// run goes through the keys in their order: the chunks of files and the
// conversations come before the messages that they belong to.
func (r *recordCheck) run(ctx context.Context) error {
	r.chunks, r.last, r.next = map[string]uint64{}, map[chat.ConversationID]uint64{}, map[chat.ConversationID]uint64{}
	if err := r.snap.each(ctx, nil, func(item *engine.Item) error {
		value, err := r.snap.value(item)
		if err == nil {
			err = r.look(item.Key(), value)
		}
		if err != nil {
			r.add(item.Key(), err)
		}
		r.records++
		r.bytes += uint64(item.ValueSize())
		if r.records%1024 == 0 {
			r.tick(r.bytes)
		}
		return nil
	}); err != nil {
		return err
	}
	for id, last := range r.last {
		for next := max(r.next[id], 1); next <= last; next++ {
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
			if key := messageKey(id, chat.Seq(next)); r.missing(key) {
				r.add(key, errMissing)
				break // one tells that the end is missing
			}
		}
	}
	return nil
}

// missing reports whether a record that was not come across is not there. One
// that can't be told, since it may be in a damaged block, is told by the block.
func (r *recordCheck) missing(key []byte) bool {
	if !r.gaps {
		return true
	}
	_, err := r.snap.get(key)
	return isNotFound(err)
}

func (r *recordCheck) look(key, value []byte) (err error) {
	switch key[0] {
	case kindAgentSession:
		_, err = decodeJSON[chat.AgentSession](value)
	case kindChunk:
		if id, _, ok := cutText(key[1:]); ok {
			r.chunks[id]++
		}
	case kindConversation:
		var c *chat.Conversation
		if c, err = decodeConversation(value); err == nil {
			r.last[c.ID] = uint64(c.Last)
		}
	case kindMark:
		_, err = decodeJSON[chat.Mark](value)
	case kindMessage:
		return r.lookAtMessage(key, value)
	case kindPerson:
		_, err = decodeJSON[chat.Person](value)
	case kindSession:
		_, err = decodeSession(value)
	case kindUpload:
		_, err = decodeJSON[uploadRecord](value)
	}
	return err
}

func (r *recordCheck) lookAtMessage(key, value []byte) error {
	text, _, ok := cutText(key[1:])
	if !ok || len(key) < 9 {
		return errShort
	}
	id, seq := chat.ConversationID(text), uint64(messageSeq(key))
	if seq > r.last[id] {
		return nil // a copy that an interrupted claim has left
	}
	for next := max(r.next[id], 1); next < seq; next++ {
		if key := messageKey(id, chat.Seq(next)); r.missing(key) {
			r.add(key, errMissing)
		}
	}
	r.next[id] = seq + 1
	m, err := decodeMessage(chat.Seq(seq), value)
	if err != nil {
		return err
	}
	for _, a := range m.Attachments {
		if want := uint64(a.Size+chunkSize-1) / chunkSize; r.chunks[string(a.ID)] < want && r.lacksChunk(a.ID, want) {
			return fmt.Errorf("its file %s has %d parts of %d", a.ID, r.chunks[string(a.ID)], want)
		}
	}
	return nil
}

// lacksChunk reports whether one of the chunks of a file is missing.
func (r *recordCheck) lacksChunk(id chat.AttachmentID, want uint64) bool {
	for n := range want {
		if r.missing(chunkKey(id, n)) {
			return true
		}
	}
	return false
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
	s, err := Open(ctx, o)
	if err != nil {
		return out, err
	}
	opened, err := s.Check(ctx, report)
	out.Records, out.Damaged = opened.Records, opened.Damaged
	return out, errors.Join(err, s.Close())
}

// inspectCurrent inspects the files that count, with the lock of the engine.
func inspectCurrent(ctx context.Context, o *Options, in *inspection) error {
	dir, err := currentDirectory(o.Path)
	if err == nil {
		err = checkUnrestored(o.Path, dir)
	}
	if err == nil {
		err = checkBegun(o.Path, dir)
	}
	if err == nil && !exists(dir) {
		err = fmt.Errorf("there is no store of Parley in %s", o.Path)
	}
	if err != nil {
		return err
	}
	unlock, err := lockDirectory(dir)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrInUse, o.Path)
	}
	defer unlock()
	return in.inspect(ctx, o, dir)
}

var _ chat.Checker = (*Store)(nil)
