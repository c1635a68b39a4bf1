package steps

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// Bounds of the patience with gateways. A lone 502, 503 or 504 from what stands in
// front of a service says nothing about the service; many of them do.
const (
	// gatewayPause is how long everybody waits before the call is made again.
	gatewayPause = 2 * time.Second
	// forgivenPages is how many answers of a gateway are asked again in a repetition.
	forgivenPages = 10
	// forgivenOwn is the same for answers in the service's own JSON form, in the whole
	// run: a service that says so again and again is at fault itself.
	forgivenOwn = 1
	// forgivenInVain is how many calls may get such an answer twice before none is
	// asked again: the gateway does not stumble then, there is nothing behind it.
	forgivenInVain = 2
)

// hiccups counts answers 502, 503 and 504 after which a call was made again.
type hiccups struct {
	mu       sync.Mutex
	pages    int // of gateways, in this repetition
	own      int // in the service's own form
	vain     int // calls that got such an answer twice
	all      int
	statuses []int
}

// renew begins a repetition.
func (h *hiccups) renew() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pages = 0
}

// forgives reports whether the call may be made again: it is a GET, and its answer
// a gateway's 502, 503 or 504 within the bounds.
func (h *hiccups) forgives(x *unifier.Exchange) bool {
	if !gatewayStatus(frontStatus(x)) || x.Method != http.MethodGet {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.vain >= forgivenInVain {
		return false
	}
	if unifier.OwnForm(x.Status, x.Body) {
		h.own++
		return h.own <= forgivenOwn
	}
	h.pages++
	return h.pages <= forgivenPages
}

// note counts a call that was made again.
func (h *hiccups) note(first, second *unifier.Exchange) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all++
	if status := frontStatus(first); !slices.Contains(h.statuses, status) {
		h.statuses = append(h.statuses, status)
		slices.Sort(h.statuses)
	}
	if gatewayStatus(frontStatus(second)) {
		h.vain++
	}
}

// count is how many calls were made again.
func (h *hiccups) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all
}

// says warns of answers after which calls were made again; "" where there was none.
func (h *hiccups) says() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all == 0 {
		return ""
	}
	seen := make([]string, 0, len(h.statuses))
	for _, s := range h.statuses {
		seen = append(seen, fmt.Sprint(s))
	}
	calls := "one call, which was made again"
	if h.all > 1 {
		calls = fmt.Sprintf("%d calls, which were made again", h.all)
	}
	return fmt.Sprintf("warning: a gateway in front of the target answered %s to %s; look at its log", strings.Join(seen, ", "), calls)
}

// gatewayStatus reports whether a status is one that gateways and proxies answer in
// the place of the service behind them (RFC 9110, sections 15.6.3 to 15.6.5).
func gatewayStatus(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// frontStatus is the status of an answer, a proxy's own too, and 0 where none came.
func frontStatus(x *unifier.Exchange) int {
	var proxy *unifier.ProxyError
	if errors.As(x.Err, &proxy) {
		return proxy.Status
	}
	return x.Status
}

// gatewayAnswer reports whether a gateway answered in the service's place.
func gatewayAnswer(x *unifier.Exchange) bool {
	return gatewayStatus(frontStatus(x)) && !unifier.OwnForm(x.Status, x.Body)
}
