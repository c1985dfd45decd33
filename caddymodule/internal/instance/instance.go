package instance

import (
	"context"
	"fmt"
	"log/slog"
	"math"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap/exp/zapslog"

	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/caddymodule/internal/store"
	"github.com/parley-chat/parley/chat/hub"
	"github.com/parley-chat/parley/chat/service"
	"github.com/parley-chat/parley/internal/panics"
	"github.com/parley-chat/parley/internal/timeouts"
)

// Pool has the instances, by the key of their store. They outlive configurations:
// on a reload the new one is provisioned and started before the old one stops, and
// neither the store's directory nor the visitors' sockets exist twice.
var Pool = caddy.NewUsagePool()

// Instance is what runs once for each store: the store itself, the service over
// it, and the live connections.
type Instance struct {
	opening
	directories
	sites
	maintenance

	// Service is the domain over the store.
	Service *service.Service
	// Connections has the sockets of visitors and agents.
	Connections *transport.Connections
	// SignIns bounds how many passwords are compared.
	SignIns limits.SignIns
	// Limits bound what visitors and agents may do, by session and client IP.
	Limits *limits.Limits

	log *slog.Logger
}

// Logger logs independently of any one configuration.
func Logger() *slog.Logger {
	// Errors are about disks and configurations; a stack trace says nothing of
	// these. Where there was a panic, the line has its stack.
	never := zapslog.AddStacktraceAt(slog.Level(math.MaxInt))
	return slog.New(zapslog.NewHandler(caddy.Log().Core(), zapslog.WithName("chat"), never))
}

// New makes the instance of a store, which is opened later.
func New(opener store.Opener, log *slog.Logger) *Instance {
	hub := hub.New()
	i := &Instance{log: log, Connections: transport.NewConnections(log), Limits: limits.New(log)}
	i.opening.init(opener, log)
	i.Service = service.New(i.Open, hub, log)
	i.directories.limits, i.directories.hub = i.Limits, hub
	i.sites = sites{hub: hub, inForce: i.directories.inForce, served: map[string][]*Serving{}}
	i.maintenance = maintenance{service: i.Service, log: log, wake: make(chan struct{}, 1)}
	return i
}

// Destruct ends everything; the visitors' widgets come back to whichever
// server is there next. It takes no longer than timeouts.Stop: what a store has
// not done by then was never acknowledged.
func (i *Instance) Destruct() error {
	ctx, cancel := context.WithTimeout(context.Background(), timeouts.Stop)
	defer cancel()
	left := inBackground(func() error { i.Connections.Close(); return nil })
	i.stopOpening(ctx)
	i.stopMaintenance(ctx)
	err := within(ctx, left)
	if err == nil {
		err = i.flush(ctx)
	}
	if err != nil {
		i.log.Warn("stopping before everything was stored: the chat's store does not answer", "error", err)
	}
	opened := i.take()
	if opened == nil {
		return nil
	}
	if err := within(ctx, inBackground(opened.Close)); err != nil {
		return fmt.Errorf("closing the chat's store: %w", err)
	}
	return nil
}

// flush is Service.Flush. A panic in it must not end the process: a reload
// comes here too.
func (i *Instance) flush(ctx context.Context) (err error) {
	defer panics.ToError(&err)
	return i.Service.Flush(ctx)
}

// inBackground runs f and returns where its outcome comes, which is an error
// where f panics.
func inBackground(f func() error) <-chan error {
	outcome := make(chan error, 1)
	go func() {
		var err error
		defer func() { outcome <- err }()
		defer panics.ToError(&err)
		err = f()
	}()
	return outcome
}

// within waits for an outcome for as long as the context goes on.
func within(ctx context.Context, outcome <-chan error) error {
	select {
	case err := <-outcome:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
