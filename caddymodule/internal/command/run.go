package command

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/program"
	"github.com/parley-chat/parley/storage/backup"
	"github.com/parley-chat/parley/storage/badger"
)

// interruptible returns a context that Ctrl-C ends, so that nothing is left
// half done. A second one ends the program.
func interruptible() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

func runStats(c *command, _ *cobra.Command, _ []string) (int, error) {
	ctx, end := interruptible()
	defer end()
	d, err := c.desk(ctx)
	if err != nil {
		return failed(err)
	}
	defer d.close()
	stats, err := d.stats(ctx)
	if err != nil {
		return failed(err)
	}
	if c.json {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "\t")
		return finished(e.Encode(stats))
	}
	return finished(printStats(os.Stdout, stats))
}

func finished(err error) (int, error) {
	if err != nil {
		return failed(err)
	}
	return caddy.ExitCodeSuccess, nil
}

func printStats(w io.Writer, s chat.Stats) error {
	when := func(t time.Time) string {
		if t.IsZero() {
			return "never"
		}
		return t.Local().Format(time.DateTime)
	}
	yes := map[bool]string{true: "yes", false: "no"}
	var b strings.Builder
	for _, line := range [][2]string{
		{"conversations", fmt.Sprintf("%d (%d open, %d resolved; %d of them anonymous)", s.Conversations, s.Open, s.Resolved, s.Anonymous)},
		{"messages", fmt.Sprint(s.Messages)},
		{"files", fmt.Sprintf("%d (%s)", s.Attachments, megabytes(s.AttachmentBytes))},
		{"people", fmt.Sprint(s.People)},
		{"sessions", fmt.Sprint(s.Sessions)},
		{"last activity", when(s.Newest)},
		{"directory", s.Path},
		{"on disk", megabytes(s.BytesOnDisk)},
		{"free", megabytes(s.BytesFree)},
		{"encrypted", yes[s.Encrypted]},
		{"last compaction", when(s.Compacted)},
		{"last erasure", when(s.Erased)},
	} {
		fmt.Fprintf(&b, "%-16s %s\n", line[0], line[1])
	}
	if s.Uncompacted() {
		fmt.Fprintf(&b, "\nWhat was erased may still be in the store's files: run `%s chat compact`.\n", program.Name())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func runBackup(c *command, _ *cobra.Command, args []string) (int, error) {
	ctx, end := interruptible()
	defer end()
	d, err := c.desk(ctx)
	if err != nil {
		return failed(err)
	}
	defer d.close()
	var info backup.Info
	err = writeFile(args[0], c.force, "backing up", func(w io.Writer) (err error) {
		info, err = verified(w, func(w io.Writer) error { return d.backup(ctx, w) })
		return err
	})
	if err != nil {
		return failed(fmt.Errorf("backing up: %w", err))
	}
	say("backed up %s", counted(info.Records, "record"))
	if !info.Encrypted {
		say("the backup is not encrypted, since the store is not: keep it where nobody else can read it")
	}
	return caddy.ExitCodeSuccess, nil
}

// verified checks a backup while it is written.
func verified(w io.Writer, write func(io.Writer) error) (backup.Info, error) {
	type outcome struct {
		info backup.Info
		err  error
	}
	r, copied := io.Pipe()
	checked := make(chan outcome, 1)
	go func() {
		info, err := backup.Verify(r)
		_, _ = io.Copy(io.Discard, r) // whoever writes must not wait, whatever was found
		checked <- outcome{info, err}
	}()
	err := write(io.MultiWriter(w, copied))
	_ = copied.Close() // it never fails
	found := <-checked
	if err == nil {
		err = found.err
	}
	return found.info, err
}

// writeFile writes a file for this user alone, that is whole or not there, or
// to the standard output.
func writeFile(name string, replace bool, what string, write func(io.Writer) error) error {
	p := &progress{what: what, last: time.Now()}
	if name == "-" {
		return write(&progressWriter{os.Stdout, p, 0})
	}
	if _, err := os.Stat(name); err == nil && !replace {
		return fmt.Errorf("%s is there already; --force replaces it", name)
	}
	part := name + ".part"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there: another command is writing it, or was cut off; if none is, delete it", part)
	}
	if err != nil {
		return err
	}
	err = write(&progressWriter{f, p, 0})
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	if err := os.Rename(part, name); err != nil {
		return err
	}
	return badger.SyncDirectory(filepath.Dir(name))
}

type progressWriter struct {
	w    io.Writer
	p    *progress
	done uint64
}

// Write writes and tells how far it is.
func (p *progressWriter) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.done += uint64(n)
	p.p.report(p.done, 0)
	return n, err
}

func runRestore(c *command, _ *cobra.Command, args []string) (int, error) {
	ctx, end := interruptible()
	defer end()
	o, err := c.options()
	if err != nil {
		return failed(err)
	}
	from := io.Reader(os.Stdin)
	if args[0] != "-" {
		f, err := os.Open(args[0])
		if err != nil {
			return failed(err)
		}
		defer f.Close()
		from = f
	}
	p := &progress{what: "restoring", last: time.Now()}
	info, err := badger.Restore(ctx, o, io.TeeReader(from, &progressWriter{io.Discard, p, 0}))
	if err != nil {
		return failed(fmt.Errorf("restoring: %w", err))
	}
	o.MustExist = true
	s, err := badger.Open(ctx, o) // what can't be opened is no store
	if err != nil {
		return failed(err)
	}
	stats, err := s.Stats(ctx)
	if err := errors.Join(err, s.Close()); err != nil {
		return failed(err)
	}
	say("restored %s of %s to %s: %s, %s, %s", counted(info.Records, "record"), info.Created.Local().Format(time.DateTime), o.Path,
		counted(stats.Conversations, "conversation"), counted(stats.Messages, "message"), people(stats.People))
	return caddy.ExitCodeSuccess, nil
}

func runExport(c *command, _ *cobra.Command, args []string) (int, error) {
	return c.withPersonalData("exporting", func(ctx context.Context, d desk, found []chat.PersonalData) (int, error) {
		err := writeFile(args[0], c.force, "exporting", func(w io.Writer) error { return d.export(ctx, c.who, w) })
		if err != nil {
			return c.notDone("exporting", err)
		}
		for _, h := range found {
			say("exported %s", describePersonalData(h))
		}
		return caddy.ExitCodeSuccess, nil
	})
}

// withPersonalData does something with what is held of whom the command names.
// looking says what the command is at until that is found.
func (c *command) withPersonalData(looking string, do func(context.Context, desk, []chat.PersonalData) (int, error)) (int, error) {
	if !c.who.Valid() {
		return failed(errWho)
	}
	ctx, end := interruptible()
	defer end()
	d, err := c.desk(ctx)
	if err != nil {
		return failed(err)
	}
	defer d.close()
	found, err := d.personalData(ctx, c.who)
	if err != nil {
		return c.notDone(looking, err)
	}
	return do(ctx, d, found)
}

// errWho: nobody is named, or somebody in two ways.
var errWho = errors.New("whom? Name a person by one of --id, --email and --conversation")

func (c *command) notDone(what string, err error) (int, error) {
	if errors.Is(err, chat.ErrNotFound) {
		return exitNotFound, errors.New("nobody was found by that name; nothing was done")
	}
	return failed(fmt.Errorf("%s: %w", what, err))
}

func describePersonalData(h chat.PersonalData) string {
	name := "an anonymous visitor"
	if h.Key != "" {
		name = printable(h.Key)
	}
	if h.Person != nil && h.Person.Profile.Name() != "" {
		name += " (" + h.Person.Profile.Name() + ")"
	}
	text := fmt.Sprintf("%s of site %s: %s, %s", name, h.Site, counted(int(h.Messages()), "message"), counted(len(h.Sessions), "session"))
	if len(h.Emails) > 0 {
		text += ", " + printable(strings.Join(h.Emails, " "))
	}
	return text
}

// printable shows what identifies somebody on a terminal, with escapes for what
// can't be seen: two that differ in nothing else must not look alike.
func printable(text string) string {
	quoted := strconv.QuoteToGraphic(text)
	return quoted[1 : len(quoted)-1]
}

func runErase(c *command, cmd *cobra.Command, _ []string) (int, error) {
	return c.withPersonalData("looking for whom to erase", func(ctx context.Context, d desk, found []chat.PersonalData) (int, error) {
		for _, h := range found {
			say("%s", describePersonalData(h))
		}
		if !c.yes && !confirmed(cmd.InOrStdin()) {
			return exitNotConfirmed, errors.New("not confirmed (--yes does it without asking); nothing was done")
		}
		erased, err := d.erase(ctx, c.who)
		if err != nil {
			return c.notDone("erasing", err)
		}
		for _, h := range erased {
			say("erased %s", describePersonalData(h))
		}
		say("the store's files may still have the texts: `%s chat compact` rewrites them. Backups have what they had", program.Name())
		return caddy.ExitCodeSuccess, nil
	})
}

// confirmed asks. No answer, as where there is no terminal, is a no.
func confirmed(in io.Reader) bool {
	fmt.Fprint(os.Stderr, "Delete all of this for good? [y/N] ")
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		fmt.Fprintln(os.Stderr)
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes"
}

func runCompact(c *command, _ *cobra.Command, _ []string) (int, error) {
	ctx, end := interruptible()
	defer end()
	d, err := c.desk(ctx)
	if err != nil {
		return failed(err)
	}
	defer d.close()
	p := &progress{what: "compacting", last: time.Now()}
	done, err := d.compact(ctx, func(at chat.Progress) { p.report(at.Done, at.Total) })
	if err != nil {
		return failed(fmt.Errorf("compacting: %w", err))
	}
	say("%s in %s, before in %s; it took %s, and writers waited for %s", counted(done.Records, "record"), megabytes(done.BytesAfter),
		megabytes(done.BytesBefore), done.Took.Round(time.Millisecond), done.Paused.Round(time.Millisecond))
	return caddy.ExitCodeSuccess, nil
}
