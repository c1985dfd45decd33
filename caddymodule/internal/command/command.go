package command

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/caddyserver/caddy/v2"

	"github.com/parley-chat/parley/chat"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:      "chat",
		Short:     "Looks after the chats: back up, restore, export, erase, count, compact, check",
		Long:      commandHelp,
		CobraFunc: buildCommand,
	})
}

const commandHelp = `
Looks after what is said in the chats of this server's sites.

While the server runs, only the server can open the store. So these commands
ask the server, at its admin address: localhost:2019, or what --address names,
or what the file that --config names says. Where no server runs, name the
store's directory with --path (or the server's configuration with --config, in
which the directory is found). An encrypted store needs its key then:
--encryption-key {env.PARLEY_KEY} takes it from the environment, so that it is
in no list of processes.

Exit status: 0 done, 1 failed, 2 nobody was found by that name, 3 not confirmed,
4 something is damaged (check; the other commands give 1 then).
`

// Exit statuses beyond Caddy's own.
const (
	exitNotFound     = 2
	exitNotConfirmed = 3
	exitDamaged      = 4
)

// command is what the flags of one invocation say.
type command struct {
	address, config, adapter string
	path, key                string

	who chat.Subject

	force, json bool
	yes         bool
	accept      bool
}

func buildCommand(root *cobra.Command) {
	root.Use = "chat <backup|restore|export|erase|stats|compact|check>"
	// Without this cobra shows the help and all looks well: a word misspelt in
	// a crontab would mean no backups and no alarm.
	root.Args = cobra.ArbitraryArgs
	root.FParseErrWhitelist.UnknownFlags = true // those of the command that was meant
	root.RunE = func(cmd *cobra.Command, args []string) error {
		return caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) {
			if len(args) == 0 {
				_ = cmd.Usage()
				return failed(errors.New("chat needs the name of a command"))
			}
			var names []string
			for _, c := range cmd.Commands() {
				names = append(names, c.Name())
			}
			return failed(fmt.Errorf("unknown command %q for chat (want one of: %s)", args[0], strings.Join(names, ", ")))
		})(cmd, args)
	}
	root.AddCommand(backupCommand(), restoreCommand(), exportCommand(), eraseCommand(), statsCommand(), compactCommand(), checkCommand())
}

// newCommand returns a subcommand that has the flags by which a store is found.
func newCommand(c *command, use, short, long string, run func(*command, *cobra.Command, []string) (int, error)) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Long: long}
	f := cmd.Flags()
	f.StringVar(&c.address, "address", "", "The admin address of the server that runs")
	f.StringVarP(&c.config, "config", "c", "", "The server's configuration file, for its admin address and its store")
	f.StringVarP(&c.adapter, "adapter", "a", "", "Name of the config adapter, where that file is neither JSON nor a Caddyfile")
	f.StringVar(&c.path, "path", "", "The store's directory, where no server runs")
	f.StringVar(&c.key, "encryption-key", "", "The store's key, with --path; {env.NAME} takes it from the environment")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) { return run(c, cmd, args) })(cmd, args)
	}
	return cmd
}

func subjectFlags(c *command, cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&c.who.Site, "site", "", "The site whose people are meant; all sites if left out")
	f.StringVar(&c.who.ID, "id", "", "The person's id in the application")
	f.StringVar(&c.who.Email, "email", "", "The person's e-mail address, as the application has shown it")
	f.StringVar((*string)(&c.who.Conversation), "conversation", "", "The name of a conversation, such as an anonymous visitor's")
}

func backupCommand() *cobra.Command {
	c := new(command)
	cmd := newCommand(c, "backup [--force] <file>", "Copies all chats into a file, while the server works", `
Copies all chats, people and files, as they are at one moment, into a file that
only you can read. "-" writes to the standard output. The copy is checked as it
is written; if anything fails, there is no file.

The backup of an encrypted store is encrypted with the same key, without which
it is lost. The backup of a store without a key is not encrypted.
`, runBackup)
	cmd.Args = cobra.ExactArgs(1)
	cmd.Flags().BoolVarP(&c.force, "force", "f", false, "Replace the file if it is there")
	return cmd
}

func restoreCommand() *cobra.Command {
	c := new(command)
	cmd := newCommand(c, "restore <file>", "Makes a store of a backup, in an empty directory", `
Makes a store of a backup, in the directory that --path or --config names, which
must be empty or absent. Stop the server first, and move an old store away. "-"
reads from the standard input. A backup that is cut short or damaged is refused,
and leaves nothing.
`, runRestore)
	cmd.Args = cobra.ExactArgs(1)
	return cmd
}

func exportCommand() *cobra.Command {
	c := new(command)
	cmd := newCommand(c, "export (--id <id> | --email <address> | --conversation <name>) [--site <site>] <file.zip>",
		"Writes down all that is kept of a person", `
Writes down all that is kept of a person, as a zip archive for them: person.json
for programs, conversation.html to read in any browser, and the files that were
sent, in the folder attachments. If several people are meant (the same address
on two sites), each has a folder of their own. "-" writes to the standard output.
`, runExport)
	cmd.Args = cobra.ExactArgs(1)
	subjectFlags(c, cmd)
	cmd.Flags().BoolVarP(&c.force, "force", "f", false, "Replace the file if it is there")
	return cmd
}

func eraseCommand() *cobra.Command {
	c := new(command)
	cmd := newCommand(c, "erase (--id <id> | --email <address> | --conversation <name>) [--site <site>] [--yes]",
		"Deletes all that is kept of a person, for good", `
Deletes a person's conversation with all its messages and files, what is known
of them and their sessions, on all their devices, at once. It shows whom that
concerns and asks before.

The texts can't be found any more then, but may still be in the store's files;
"chat compact" rewrites these without them. Backups keep what they have.
`, runErase)
	cmd.Args = cobra.NoArgs
	subjectFlags(c, cmd)
	cmd.Flags().BoolVarP(&c.yes, "yes", "y", false, "Don't ask")
	return cmd
}

func statsCommand() *cobra.Command {
	c := new(command)
	cmd := newCommand(c, "stats [--json]", "Counts what there is, and what it takes on disk", "", runStats)
	cmd.Args = cobra.NoArgs
	cmd.Flags().BoolVar(&c.json, "json", false, "For programs")
	return cmd
}

func compactCommand() *cobra.Command {
	c := new(command)
	cmd := newCommand(c, "compact", "Rewrites the store's files without what was deleted", `
Rewrites the store's files, so that they take no more room than they need and
have no trace of what was erased or has expired. The server goes on meanwhile;
only new messages wait, for some milliseconds at the end. For a while the disk
has to have room for both.
`, runCompact)
	cmd.Args = cobra.NoArgs
	return cmd
}

func checkCommand() *cobra.Command {
	c := new(command)
	cmd := newCommand(c, "check [--accept] [--json]", "Reads everything and says what is damaged", `
Reads every table, record and attached file of the store, and says what is not
as it was written: the file and the place in it, and of whom or which
conversation it is. It changes nothing. The server goes on meanwhile; where it
waits for a store that is damaged, it reads the files.

The remedy is the last backup: stop the server, move the directory away, and
"chat restore". Without one, --accept goes on with what is left: all that can be
read is copied to new files, the damaged ones are set aside in a directory
damaged-<time> within the store's, and nothing is deleted. Where a conversation
is still known, messages that are lost are replaced by a line that says so; one
whose own record was damaged is gone without a trace. Everybody signs in again,
anonymous visitors begin anew, and somebody who was erased lately may have come
back: erase them again. A server that waits for its store takes it up by itself.
A store without damage is left as it is.

The exit status is 4 if something is damaged, also where it was accepted.
`, runCheck)
	cmd.Args = cobra.NoArgs
	cmd.Flags().BoolVar(&c.json, "json", false, "For programs")
	cmd.Flags().BoolVar(&c.accept, "accept", false, "Go on with what is left of a damaged store")
	return cmd
}

// say tells the operator something that is no result.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// megabytes says a size.
func megabytes(n uint64) string {
	if n < 10<<20 {
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d MB", n>>20)
}

// counted says how many there are of something, whose plural is regular.
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// people says how many people there are.
func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// progress tells how far something is, at most once a second.
type progress struct {
	what string
	last time.Time
}

func (p *progress) report(done, total uint64) {
	if time.Since(p.last) < time.Second {
		return
	}
	p.last = time.Now()
	if total == 0 {
		say("%s: %s", p.what, megabytes(done))
		return
	}
	say("%s: %s of about %s", p.what, megabytes(done), megabytes(total))
}

// failed is the outcome of a command that did not do what it was asked.
func failed(err error) (int, error) { return caddy.ExitCodeFailedStartup, err }
