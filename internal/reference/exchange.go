package reference

import (
	"net/http"
	"strconv"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// exchange is one request on its way through the service.
type exchange struct {
	s       *Service
	r       *http.Request
	path    string // below Options.Prefix
	service unifier.Service
	below   string // the endpoint that the hook path took away
	number  uint64 // the request's number since the start, from 1
	mishap  Mishap // what the script has in mind for it
	now     time.Time

	why      cause // why credentials were rejected, where a variant wants to know
	account  *account
	password string // as given
	expiry   unifier.Expiry
	seconds  int64 // the validity of an access token, or that a Basic user asked V2 for
	until    time.Time
	token    string
}

// reply is an answer before it is written.
type reply struct {
	status int
	body   object
	// raw replaces the encoded body where it is not nil.
	raw    []byte
	header http.Header
}

// refusal is why a request gets no token: an HTTP status and the message for the body.
type refusal struct {
	status  int
	message string
	// challenge is the value of WWW-Authenticate for a 401.
	challenge string
}

// The refusals of the services.
var (
	emptyAuth      = refusal{http.StatusUnauthorized, unifier.MessageEmptyAuth, basicChallenge}
	invalidAuth    = refusal{http.StatusUnauthorized, unifier.MessageInvalidAuth, basicChallenge}
	invalidExpiry  = refusal{http.StatusBadRequest, unifier.MessageInvalidExpiry, ""}
	resourceClosed = refusal{http.StatusUnauthorized, unifier.MessageInvalidAuth, bearerChallenge}
)

const (
	basicChallenge  = `Basic realm="unigate reference", charset="UTF-8"`
	bearerChallenge = `Bearer realm="unigate reference"`
)

// refuse makes the reply of a refusal.
func (s *Service) refuse(x *exchange, f refusal) reply {
	s.hooks.refusal(x, &f)
	p := reply{status: f.status, body: make(object, 0, 4), header: http.Header{}}
	if f.challenge != "" && f.status == http.StatusUnauthorized {
		p.header["Www-Authenticate"] = []string{f.challenge}
	}
	if f.status == http.StatusMethodNotAllowed {
		p.header["Allow"] = []string{http.MethodGet}
	}
	if x.service == unifier.V2Auth {
		p.body = s.hooks.v2Error(x, f)
	} else {
		p.body = s.hooks.errorBody(x, f)
	}
	return p
}

// errorBody is the conforming body of an error: status and message, in the edition's shape.
func (s *Service) errorBody(_ *exchange, f refusal) object {
	if s.edition.envelope {
		return object{{"data", raw("[]")}, {"message", list{f.message}}, {"status", f.status}}
	}
	return object{{"message", f.message}, {"status", f.status}}
}

// headers sets the headers that every answer has.
func (s *Service) headers(x *exchange, h http.Header) {
	h["Date"] = []string{x.now.UTC().Format(http.TimeFormat)}
	h["Content-Type"] = jsonType
	h["Cache-Control"] = noStore
	h["Pragma"] = noCache
	h["X-Content-Type-Options"] = noSniff
}

// Header values that never change, shared to spare allocations.
var (
	jsonType = []string{"application/json"}
	noStore  = []string{"no-store"}
	noCache  = []string{"no-cache"}
	noSniff  = []string{"nosniff"}
)

// send writes the answer.
func (s *Service) send(x *exchange, w http.ResponseWriter, p reply) {
	h := w.Header()
	s.headers(x, h)
	for name, values := range p.header {
		h[name] = values
	}
	body := p.raw
	if body == nil {
		body = s.hooks.encode(p.body)
	}
	s.hooks.header(x, p.status, h)
	s.hooks.write(x, w, p.status, body)
}

// write is the conforming way to put an answer on the wire; a scripted request
// may have its body cut.
func (s *Service) write(x *exchange, w http.ResponseWriter, status int, body []byte) {
	if w.Header().Get("Content-Length") == "" {
		w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	w.WriteHeader(status)
	if x.mishap == CutBody {
		cutShort(w, body)
		return
	}
	// A client that went away is no error of the service.
	_, _ = w.Write(body)
}
