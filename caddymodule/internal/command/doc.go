// Package command is the subcommand chat of the program: it backs up, restores,
// exports, erases, counts, compacts and checks, at the server that runs or in the
// directory of one that is stopped.
package command
