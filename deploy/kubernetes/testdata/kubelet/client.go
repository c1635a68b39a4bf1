// Package kubelet is what tests need of a node of Kubernetes: it takes every pod that has no node, runs its container
// through podman or as a process, tells the API server how it went, and hands out what it printed. It has no images,
// networks, probes or restarts, and refuses pods that want what it does not have.
package kubelet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Client calls an API server.
type Client struct {
	URL, Token string
	HTTP       *http.Client
}

// StatusError is an answer of the API server that is no success.
type StatusError struct {
	Code int
	Text string
}

// Error returns what the server said.
func (e *StatusError) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Text) }

// Is reports whether err is an answer with a status.
func Is(err error, code int) bool {
	var s *StatusError
	return errors.As(err, &s) && s.Code == code
}

// Call sends in, if it is not nil, and reads the answer into out, if it is not nil.
func (c *Client) Call(ctx context.Context, method, path string, in, out any) error {
	body, err := c.open(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	if out == nil {
		_, err = io.Copy(io.Discard, body)
		return err
	}
	return json.NewDecoder(body).Decode(out)
}

// open sends a request and returns the body of a good answer, which the caller closes.
func (c *Client) open(ctx context.Context, method, path string, in any) (io.ReadCloser, error) {
	var sent io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		sent = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.URL+path, sent)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	r.Header.Set("Content-Type", map[bool]string{true: "application/strategic-merge-patch+json", false: "application/json"}[method == http.MethodPatch])
	answer, err := c.HTTP.Do(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode >= 300 {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 4096))
		_ = answer.Body.Close()
		return nil, &StatusError{answer.StatusCode, fmt.Sprintf("%s %s: %s", method, path, strings.TrimSpace(string(text)))}
	}
	return answer.Body, nil
}

// pods calls see with each pod there is, and with each that changes, until the stream ends; gone with those that are
// no more.
func (c *Client) pods(ctx context.Context, see, gone func(*corev1.Pod)) error {
	var list corev1.PodList
	if err := c.Call(ctx, http.MethodGet, "/api/v1/pods", nil, &list); err != nil {
		return err
	}
	for i := range list.Items {
		see(&list.Items[i])
	}
	stream, err := c.open(ctx, http.MethodGet, "/api/v1/pods?watch=1&resourceVersion="+list.ResourceVersion, nil)
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }()
	for d := json.NewDecoder(stream); ; {
		var event struct {
			Type   string
			Object json.RawMessage
		}
		if err := d.Decode(&event); err != nil {
			return err
		}
		pod := &corev1.Pod{}
		switch event.Type {
		case "ADDED", "MODIFIED", "DELETED":
			if err := json.Unmarshal(event.Object, pod); err != nil {
				return err
			}
		default:
			return fmt.Errorf("the watch ended with %s: %s", event.Type, event.Object)
		}
		if event.Type == "DELETED" {
			gone(pod)
		} else {
			see(pod)
		}
	}
}
