// Package browser drives a headless Chromium in tests, through the pipe of its
// DevTools protocol. Tests skip where there is no Chromium.
package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait; it is a safety net and asserts nothing.
const patience = 60 * time.Second

// Browser is a running Chromium as one test uses it.
type Browser struct {
	*chromium
	t testing.TB
}

// chromium is the process that the tests of a package share: to start one takes seconds.
type chromium struct {
	in      io.Writer
	mu      sync.Mutex
	next    int
	waiting map[int]chan reply
	pages   map[string]*Page // by session
	closed  chan struct{}
	end     func()
}

var (
	sharedMu sync.Mutex
	shared   *chromium
)

// reply is the answer to a command.
type reply struct {
	result json.RawMessage
	err    error
}

// Start returns a Chromium, which it starts where none runs yet, or skips the test where
// there is none. Close ends it.
func Start(t testing.TB) *Browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("Chromium is not installed (Debian: apt-get install chromium), so the page is not looked at in a browser")
	}
	sharedMu.Lock()
	defer sharedMu.Unlock()
	if shared == nil || shared.gone() {
		c, err := start(path)
		check(t, err)
		shared = c
	}
	return &Browser{chromium: shared, t: t}
}

// Close ends the Chromium that tests used, if there is one. TestMain calls it.
func Close() {
	sharedMu.Lock()
	defer sharedMu.Unlock()
	if shared != nil {
		shared.end()
		shared = nil
	}
}

// start starts a Chromium.
func start(path string) (c *chromium, err error) {
	data, err := os.MkdirTemp("", "unigate-chromium-*")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			cancel()
			_ = os.RemoveAll(data)
		}
	}()
	//nolint:gosec // a browser from a fixed list of names, for tests
	cmd := exec.CommandContext(ctx, path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--remote-debugging-pipe", "--user-data-dir="+data)
	fromUs, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, toUs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{fromUs, toUs} // file descriptors 3 and 4
	err = cmd.Start()
	_ = fromUs.Close()
	_ = toUs.Close()
	if err != nil {
		return nil, err
	}
	c = &chromium{in: in, waiting: map[int]chan reply{}, pages: map[string]*Page{}, closed: make(chan struct{})}
	go c.read(out)
	c.end = func() {
		_, _ = c.call("", "Browser.close", nil) // a browser that is gone already is closed
		_ = in.Close()
		stop := time.AfterFunc(patience, cancel)
		_ = cmd.Wait()
		stop.Stop()
		cancel()
		<-c.closed
		_ = out.Close()
		_ = os.RemoveAll(data)
	}
	return c, nil
}

// gone reports whether the process has ended.
func (c *chromium) gone() bool {
	select {
	case <-c.closed:
		return true
	default:
		return false
	}
}

// check ends the test on an error.
func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// read takes the browser's messages, each ended by a zero byte.
func (c *chromium) read(out io.Reader) {
	defer close(c.closed)
	r := bufio.NewReaderSize(out, 1<<20)
	for {
		line, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m struct {
			ID        int             `json:"id"`
			Result    json.RawMessage `json:"result"`
			Error     *struct{ Message string }
			SessionID string          `json:"sessionId"`
			Method    string          `json:"method"`
			Params    json.RawMessage `json:"params"`
		}
		if json.Unmarshal(line[:len(line)-1], &m) != nil {
			continue
		}
		c.mu.Lock()
		waits, page := c.waiting[m.ID], c.pages[m.SessionID]
		delete(c.waiting, m.ID)
		c.mu.Unlock()
		switch {
		case waits != nil && m.Error != nil:
			waits <- reply{err: errors.New(m.Error.Message)}
		case waits != nil:
			waits <- reply{result: m.Result}
		case page != nil && m.Method != "":
			page.event(m.Method, m.Params)
		}
	}
}

// call sends a command and waits for its answer.
func (c *chromium) call(session, method string, params any) (json.RawMessage, error) {
	c.mu.Lock()
	c.next++
	answer := make(chan reply, 1)
	c.waiting[c.next] = answer
	m := map[string]any{"id": c.next, "method": method, "params": params}
	if params == nil {
		m["params"] = map[string]any{}
	}
	if session != "" {
		m["sessionId"] = session
	}
	line, err := json.Marshal(m)
	if err == nil {
		_, err = c.in.Write(append(line, 0))
	}
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case r := <-answer:
		return r.result, r.err
	case <-c.closed:
		return nil, errors.New("the browser is gone")
	case <-time.After(patience):
		return nil, fmt.Errorf("no answer to %s", method)
	}
}

// Page is an open page and what went on in it.
type Page struct {
	b       *Browser
	session string
	mu      sync.Mutex
	noise   []string
	loaded  chan struct{}
}

// Open opens a file at a size in CSS pixels, in the light or dark scheme, and
// waits until it is loaded. It is closed when the test ends.
func (b *Browser) Open(path string, width, height int, scheme string) *Page {
	b.t.Helper()
	return b.open(path, width, height, scheme, true)
}

// OpenWithoutScripts is Open for a page whose scripts may not run.
func (b *Browser) OpenWithoutScripts(path string, width, height int) *Page {
	b.t.Helper()
	return b.open(path, width, height, "light", false)
}

// open opens a page.
func (b *Browser) open(path string, width, height int, scheme string, scripts bool) *Page {
	b.t.Helper()
	p := &Page{b: b, loaded: make(chan struct{}, 8)}
	var target struct{ TargetID string }
	p.must("", "Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	p.must("", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	p.session = attached.SessionID
	b.mu.Lock()
	b.pages[p.session] = p
	b.mu.Unlock()
	b.t.Cleanup(func() {
		_, _ = b.call("", "Target.closeTarget", map[string]any{"targetId": target.TargetID}) // or the browser ends with it
		b.mu.Lock()
		delete(b.pages, p.session)
		b.mu.Unlock()
	})
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		p.must(p.session, domain+".enable", nil, nil)
	}
	p.must(p.session, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
	p.must(p.session, "Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	if !scripts {
		p.must(p.session, "Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
	}
	p.must(p.session, "Page.navigate", map[string]any{"url": "file://" + path}, nil)
	select {
	case <-p.loaded:
	case <-time.After(patience):
		b.t.Fatal("the page did not load")
	}
	return p
}

// event keeps what a quiet page must not have: console messages, exceptions,
// dialogs, and requests other than for the page itself.
func (p *Page) event(method string, params json.RawMessage) {
	note := ""
	switch method {
	case "Page.loadEventFired":
		p.loaded <- struct{}{}
	case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening":
		note = method + " " + string(params)
	case "Network.requestWillBeSent":
		var r struct{ Request struct{ URL string } }
		if json.Unmarshal(params, &r) != nil || !strings.HasPrefix(r.Request.URL, "file:") && !strings.HasPrefix(r.Request.URL, "data:") {
			note = "request for " + r.Request.URL
		}
	}
	if note != "" {
		p.mu.Lock()
		p.noise = append(p.noise, note)
		p.mu.Unlock()
	}
}

// Noise returns what a quiet page does not have.
func (p *Page) Noise() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.noise...)
}

// must calls and ends the test on an error.
func (p *Page) must(session, method string, params, into any) {
	p.b.t.Helper()
	r, err := p.b.call(session, method, params)
	if err == nil && into != nil {
		err = json.Unmarshal(r, into)
	}
	if err != nil {
		p.b.t.Fatalf("%s: %v", method, err)
	}
}

// Eval evaluates an expression and decodes its value; a promise is awaited.
func (p *Page) Eval(expression string, into any) {
	p.b.t.Helper()
	var r struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	p.must(p.session, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &r)
	if r.ExceptionDetails != nil {
		p.b.t.Fatalf("%s: %s", expression, r.ExceptionDetails)
	}
	if into != nil {
		check(p.b.t, json.Unmarshal(r.Result.Value, into))
	}
}

// Type types text with the keyboard into what has the focus.
func (p *Page) Type(text string) {
	p.b.t.Helper()
	for _, r := range text {
		p.must(p.session, "Input.dispatchKeyEvent", map[string]any{"type": "char", "text": string(r)}, nil)
	}
}

// keys are the virtual key codes of the keys that Press knows.
var keys = map[string]int{"Tab": 9, "Enter": 13, "ArrowDown": 40, " ": 32}

// Press presses and releases a key.
func (p *Page) Press(key string) {
	p.b.t.Helper()
	text := map[string]string{"Enter": "\r", " ": " "}[key]
	for _, kind := range []string{"keyDown", "keyUp"} {
		params := map[string]any{"type": kind, "key": key, "windowsVirtualKeyCode": keys[key]}
		if kind == "keyDown" && text != "" {
			params["text"] = text
		}
		p.must(p.session, "Input.dispatchKeyEvent", params, nil)
	}
}

// Frames waits until the page was drawn twice, so that what events set off is done.
func (p *Page) Frames() {
	p.b.t.Helper()
	p.Eval("new Promise(r => setTimeout(() => r(0), 50))", nil)
}

// Control is something that can be operated, with the text that it shows and the name
// that assistive technology tells.
type Control struct{ Shown, Name string }

// Named returns the controls of some roles from the accessibility tree.
func (p *Page) Named(roles ...string) []Control {
	p.b.t.Helper()
	var tree struct {
		Nodes []struct {
			Ignored          bool
			Role, Name       struct{ Value any }
			BackendDOMNodeID int `json:"backendDOMNodeId"`
		}
	}
	p.must(p.session, "Accessibility.getFullAXTree", nil, &tree)
	var out []Control
	for _, n := range tree.Nodes {
		role, _ := n.Role.Value.(string)
		if n.Ignored || !slices.Contains(roles, role) {
			continue
		}
		var o struct{ Object struct{ ObjectID string } }
		p.must(p.session, "DOM.resolveNode", map[string]any{"backendNodeId": n.BackendDOMNodeID}, &o)
		var r struct{ Result struct{ Value string } }
		p.must(p.session, "Runtime.callFunctionOn", map[string]any{"objectId": o.Object.ObjectID, "returnByValue": true,
			"functionDeclaration": `function() { if (/^(INPUT|SELECT)$/.test(this.tagName)) return ""; const c = this.cloneNode(true); c.querySelectorAll(".unseen, [aria-hidden]").forEach(e => e.remove()); return c.textContent; }`}, &r)
		name, _ := n.Name.Value.(string)
		out = append(out, Control{Shown: r.Result.Value, Name: name})
	}
	return out
}

// Screenshot returns the page as PNG in base64.
func (p *Page) Screenshot() string {
	p.b.t.Helper()
	var r struct{ Data string }
	p.must(p.session, "Page.captureScreenshot", map[string]any{"format": "png"}, &r)
	return r.Data
}
