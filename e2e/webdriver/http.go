package webdriver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// httpSession is a session of a driver that speaks WebDriver as the W3C has it.
type httpSession struct {
	url string // of the session
}

// openHTTP opens a session of the driver at an address.
func openHTTP(driver string, capabilities map[string]any) (*httpSession, error) {
	s := &httpSession{driver}
	value, err := s.do(command{"POST", "/session", ""}, map[string]any{
		"capabilities": map[string]any{"alwaysMatch": capabilities},
	})
	if err != nil {
		return nil, err
	}
	var opened struct {
		SessionID string `json:"sessionId"`
	}
	if err := json.Unmarshal(value, &opened); err != nil {
		return nil, fmt.Errorf("reading %s: %w", value, err)
	}
	s.url += "/session/" + opened.SessionID
	return s, nil
}

func (s *httpSession) do(c command, params map[string]any) (json.RawMessage, error) {
	path := c.path
	if id, ok := params["id"].(string); ok {
		path = strings.Replace(path, "{id}", id, 1)
	}
	var body bytes.Buffer
	if c.method == http.MethodPost {
		if params == nil {
			params = map[string]any{}
		}
		if err := json.NewEncoder(&body).Encode(params); err != nil {
			return nil, err
		}
	}
	request, err := http.NewRequest(c.method, s.url+path, &body)
	if err != nil {
		return nil, err
	}
	// No proxy of the environment's: the driver is on this machine.
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 2 * waitTimeout}).Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var answer struct {
		Value json.RawMessage
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("reading the answer to %s %s: %w", c.method, path, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %s", c.method, path, answer.Value)
	}
	return answer.Value, nil
}
