package webdriver

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// marionetteSession is a session of a Firefox. Each message on the socket is JSON
// behind its length in bytes and a colon.
type marionetteSession struct {
	conn   net.Conn
	reader *bufio.Reader
	last   int // command's number
}

// openMarionette opens a session of the Firefox that listens on a port of this
// machine.
func openMarionette(port int) (*marionetteSession, error) {
	conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		return nil, err
	}
	s := &marionetteSession{conn: conn, reader: bufio.NewReader(conn)}
	if _, err := s.read(); err != nil { // its greeting
		conn.Close()
		return nil, err
	}
	if _, err := s.do(command{marionette: "WebDriver:NewSession"}, nil); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

func (s *marionetteSession) do(c command, params map[string]any) (json.RawMessage, error) {
	if params == nil {
		params = map[string]any{}
	}
	const request, response = 0, 1
	s.last++
	message, err := json.Marshal([]any{request, s.last, c.marionette, params})
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(s.conn, "%d:%s", len(message), message); err != nil {
		return nil, err
	}
	for {
		message, err := s.read()
		if err != nil {
			return nil, fmt.Errorf("reading the answer to %s: %w", c.marionette, err)
		}
		var parts [4]json.RawMessage // response, number, error, result
		if err := json.Unmarshal(message, &parts); err != nil {
			return nil, fmt.Errorf("reading %s: %w", message, err)
		}
		if string(parts[0]) != strconv.Itoa(response) || string(parts[1]) != strconv.Itoa(s.last) {
			continue
		}
		if string(parts[2]) != "null" {
			return nil, fmt.Errorf("%s: %s", c.marionette, parts[2])
		}
		// What WebDriver answers as an object comes as it is, all else in one.
		var wrapped struct {
			Value json.RawMessage
		}
		if json.Unmarshal(parts[3], &wrapped) == nil && wrapped.Value != nil {
			return wrapped.Value, nil
		}
		return parts[3], nil
	}
}

func (s *marionetteSession) read() ([]byte, error) {
	prefix, err := s.reader.ReadString(':')
	if err != nil {
		return nil, err
	}
	length, err := strconv.Atoi(strings.TrimSuffix(prefix, ":"))
	if err != nil {
		return nil, err
	}
	message := make([]byte, length)
	_, err = io.ReadFull(s.reader, message)
	return message, err
}
