package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// rolePeer is the peer of the whole stack: NATS with JetStream, which keeps
// messages in files, acknowledges them and hands them to who subscribed.
const rolePeer = "nats"

// peers are the two ways to run it.
var peers = [...]peer{
	{"NATS JetStream with sync always: the same, and as durable", true},
	{"NATS JetStream as it comes: the same, synced every two minutes", false},
}

// peer says whether it syncs each message before it acknowledges it.
type peer struct {
	name string
	sync bool
}

// flood starts the server and has as many visitors as there are senders send as
// fast as they can for about that long. It returns how many messages were done
// with in a second, and the server's CPU time for each, in µs.
func (p peer) flood(ctx context.Context, dir string, long time.Duration) (rate, cpu float64, err error) {
	s, err := p.start(ctx, dir)
	defer s.close()
	if err != nil {
		return 0, 0, err
	}
	return s.flood(long)
}

// peerStream is the stream that holds all conversations, each under a subject.
const (
	peerStream   = "CHAT"
	peerSubjects = "chat.*"
)

// runPeer is the server, until its process is ended.
func runPeer(addr, dir string, sync bool) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		log.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		log.Fatal(err)
	}
	s, err := server.NewServer(&server.Options{Host: host, Port: number, JetStream: true, StoreDir: dir,
		SyncAlways: sync, NoSigs: true, NoLog: true})
	if err != nil {
		log.Fatal(err)
	}
	s.Start()
	s.WaitForShutdown()
}

// peerServer is such a server in a process of its own, and the visitors who are
// connected to it.
type peerServer struct {
	*process
	visitors []*peerVisitor
}

// start starts the server and has the visitors connect. What it returns must be
// closed, also with an error.
func (p peer) start(ctx context.Context, dir string) (*peerServer, error) {
	s := new(peerServer)
	addr, err := freeAddr()
	if err != nil {
		return s, err
	}
	sync := strconv.FormatBool(p.sync)
	sub := filepath.Join(dir, "nats-"+sync)
	if err := os.MkdirAll(sub, 0o700); err != nil {
		return s, fmt.Errorf("making a directory: %w", err)
	}
	if s.process, err = startSelf(ctx, sub, rolePeer, addr, rolePeer, addr, sub, sync); err != nil {
		return s, err
	}
	if err := s.makeStream(); err != nil {
		return s, fmt.Errorf("making a stream: %w", err)
	}
	for i := range senders {
		v, err := newPeerVisitor(addr, i)
		if err != nil {
			return s, fmt.Errorf("connecting a visitor: %w", err)
		}
		s.visitors = append(s.visitors, v)
	}
	return s, nil
}

func (s *peerServer) makeStream() error {
	conn, err := nats.Connect(s.addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	stream, err := conn.JetStream()
	if err != nil {
		return err
	}
	_, err = stream.AddStream(&nats.StreamConfig{Name: peerStream, Subjects: []string{peerSubjects}, Storage: nats.FileStorage})
	return err
}

func (s *peerServer) close() {
	for _, v := range s.visitors {
		v.close()
	}
	if s.process != nil {
		s.stop()
	}
}

func (s *peerServer) flood(long time.Duration) (rate, cpu float64, err error) {
	before, err := s.cpu()
	if err != nil {
		return 0, 0, err
	}
	begin, sent := time.Now(), 0
	errs, counts := make([]error, len(s.visitors)), make([]int, len(s.visitors))
	var all sync.WaitGroup
	for i, v := range s.visitors {
		all.Go(func() { counts[i], errs[i] = v.flood(begin.Add(long)) })
	}
	all.Wait()
	took := time.Since(begin)
	for _, n := range counts {
		sent += n
	}
	after, e := s.cpu()
	if err := errors.Join(append(errs, e)...); err != nil {
		return 0, 0, err
	}
	return float64(sent) / took.Seconds(), float64((after-before)/time.Microsecond) / float64(sent), nil
}
