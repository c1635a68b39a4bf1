package reference

import (
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/unigate/unigate/internal/unifier"
)

// wireFaults break the HTTP message of an answer, which then is none (LOGIN-01, OAUTH-01).
var wireFaults = []fault{
	{"wire-length-too-high", "Content-Length of a login's success is seven bytes too high, then the connection closes.", ids("LOGIN-01"),
		writing(succeeding(unifier.Login, everyAnswer), lengthOff(7))},
	{"wire-length-too-high-later", "The same from a user's second login on.", ids("LOGIN-01"),
		func(s *Service, h *hooks) {
			again := repeated()
			writing(succeeding(unifier.Login, func(x *exchange) bool { return again(x) }), lengthOff(7))(s, h)
		}},
	{"wire-length-too-high-asked", "The same where an expiry was asked for.", ids("LOGIN-01"),
		writing(succeeding(unifier.Login, asks), lengthOff(7))},
	{"wire-last-chunk-missing", "A login's success comes in chunks, of which the last is missing.", ids("LOGIN-01"),
		writing(succeeding(unifier.Login, everyAnswer), noLastChunk)},
	{"wire-cut", "Half of a login's success is missing.", ids("LOGIN-01"),
		writing(succeeding(unifier.Login, everyAnswer), func(w http.ResponseWriter, status int, body []byte) {
			lengthOff(len(body)-len(body)/2)(w, status, body[:len(body)/2])
		})},
	{"wire-one-user-cut", "Half of a login's success is missing for one user.", ids("LOGIN-01"),
		writing(succeeding(unifier.Login, func(x *exchange) bool { return x.account.user.Zone == "Asia/Kathmandu" }),
			func(w http.ResponseWriter, status int, body []byte) {
				lengthOff(len(body)-len(body)/2)(w, status, body[:len(body)/2])
			})},
	{"wire-cut-some", "Half of a login's success is missing, each fourth time.", ids("LOGIN-01"),
		func(s *Service, h *hooks) {
			var n atomic.Int64
			writing(succeeding(unifier.Login, func(*exchange) bool { return n.Add(1)%4 == 0 }), func(w http.ResponseWriter, status int, body []byte) {
				lengthOff(len(body)-len(body)/2)(w, status, body[:len(body)/2])
			})(s, h)
		}},
	{"wire-one-user-closed", "The connection is closed instead of an answer to one user's login.", ids("LOGIN-01"),
		writing(succeeding(unifier.Login, func(x *exchange) bool { return x.account.user.Zone == "Asia/Kathmandu" }),
			func(http.ResponseWriter, int, []byte) { panic(http.ErrAbortHandler) })},
	{"wire-length-too-high-oauth", "Content-Length of an OAuth success is seven bytes too high, then the connection closes.", ids("OAUTH-01"),
		writing(succeeding(unifier.OAuth, everyAnswer), lengthOff(7))},
	{"wire-last-chunk-missing-oauth", "An OAuth success comes in chunks, of which the last is missing.", ids("OAUTH-01"),
		writing(succeeding(unifier.OAuth, everyAnswer), noLastChunk)},
}

// everyAnswer says yes to every request.
func everyAnswer(*exchange) bool { return true }

// succeeding picks the successes of one service, and of them some.
func succeeding(service unifier.Service, some func(x *exchange) bool) func(x *exchange, status int) bool {
	return func(x *exchange, status int) bool {
		return status == http.StatusOK && x.service == service && x.account != nil && some(x)
	}
}

// writing puts some answers on the wire in another way.
func writing(some func(x *exchange, status int) bool, f func(w http.ResponseWriter, status int, body []byte)) change {
	return func(_ *Service, h *hooks) {
		before := h.write
		h.write = func(x *exchange, w http.ResponseWriter, status int, body []byte) {
			if some(x, status) {
				f(w, status, body)
				return
			}
			before(x, w, status, body)
		}
	}
}

// lengthOff announces more bytes than come.
func lengthOff(by int) func(w http.ResponseWriter, status int, body []byte) {
	return func(w http.ResponseWriter, status int, body []byte) {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)+by))
		w.WriteHeader(status)
		_, _ = w.Write(body)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// noLastChunk sends a body in one chunk and closes without the last, empty one.
func noLastChunk(w http.ResponseWriter, status int, body []byte) {
	conn, buffer, err := http.NewResponseController(w).Hijack()
	if err != nil { // HTTP/2 has no chunks
		panic(http.ErrAbortHandler)
	}
	defer conn.Close()
	fmt.Fprintf(buffer, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	_ = w.Header().Write(buffer)
	fmt.Fprintf(buffer, "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(body), body)
	_ = buffer.Flush()
}
