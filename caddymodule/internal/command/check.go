package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/program"
	"github.com/parley-chat/parley/storage/badger"
)

func runCheck(c *command, cmd *cobra.Command, _ []string) (int, error) {
	ctx, end := interruptible()
	defer end()
	if c.accept {
		cmd.SilenceErrors = true // there is none where something was damaged, but for the status
		return c.salvage(ctx)
	}
	p := &progress{what: "checking", last: time.Now()}
	found, err := c.check(ctx, func(at chat.Progress) { p.report(at.Done, at.Total) })
	if err != nil {
		return failed(fmt.Errorf("checking: %w", err))
	}
	if c.json {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "\t")
		if err := e.Encode(found); err != nil {
			return failed(err)
		}
	} else {
		for _, d := range found.Damaged {
			fmt.Println(d)
		}
	}
	if n := len(found.Damaged); n > 0 {
		return exitDamaged, fmt.Errorf("damaged: %s. The remedy is the last backup: stop the server, move the directory away, and `%[2]s chat restore`; "+
			"without one, `%[2]s chat check --accept` goes on with what is left", counted(n, "place"), program.Name())
	}
	say("nothing is damaged: read %s in %s", counted(found.Records, "record"), megabytes(found.Bytes))
	return caddy.ExitCodeSuccess, nil
}

// check checks the store at the server that runs; in its directory, where that
// is named or the server has not opened it.
func (c *command) check(ctx context.Context, report func(chat.Progress)) (chat.Check, error) {
	if c.path == "" {
		s, err := c.server(ctx)
		if err != nil {
			return chat.Check{}, err
		}
		if s != nil {
			found, err := s.check(ctx, report)
			if !errors.Is(err, chat.ErrUnavailable) || c.config == "" {
				return found, err
			}
			say("the server has not opened its store (%v): checking the files", err)
		}
	}
	o, err := c.options()
	if err != nil {
		return chat.Check{}, err
	}
	found, err := badger.CheckDirectory(ctx, o, report)
	if errors.Is(err, badger.ErrInUse) {
		err = inUse(o)
	}
	return found, err
}

func inUse(o badger.Options) error {
	return fmt.Errorf("a server is using %s: leave out --path to ask it (with --address, if its admin address is not the default)", o.Path)
}

// salvage goes on with what is left of a damaged store.
func (c *command) salvage(ctx context.Context) (int, error) {
	o, err := c.options()
	if err != nil {
		return failed(err)
	}
	done, err := badger.Salvage(ctx, o)
	switch {
	case errors.Is(err, badger.ErrInUse):
		return failed(fmt.Errorf("a server has the store in %s open: stop it first", o.Path))
	case err != nil:
		return failed(fmt.Errorf("going on with what is left: %w", err))
	case len(done.Damaged) == 0:
		say("nothing is damaged, and nothing was changed")
		return caddy.ExitCodeSuccess, nil
	}
	for _, d := range done.Damaged {
		fmt.Println(d)
	}
	say("Kept %s with %s.", counted(done.Conversations, "conversation"), counted(done.Messages, "message"))
	if done.Lost == 1 {
		say("1 message is replaced by a line that says so.")
	} else if done.Lost > 0 {
		say("%d messages are replaced by a line that says so.", done.Lost)
	}
	say("Conversations whose own record was damaged are gone without a trace; how many is not known.")
	say("The damaged files are in %s.", done.Aside)
	say("Done; the exit status is %d because something was damaged.", exitDamaged)
	return exitDamaged, nil
}
