package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/steps"
)

// rehearsal is a round tripper that sends nothing: a conforming reference
// service with the target's users answers in memory, so that the requests are
// those that a conforming target would get. It counts them.
type rehearsal struct {
	service *reference.Service
	mu      sync.Mutex
	// waited is how long scenarios would have waited: the rehearsal's clock is that
	// much ahead.
	waited time.Duration
	loads  []string
	total  int
	paths  map[string]int
	users  map[string]*userCount
	right  map[string]string // password by user

	resource, instead string // the path of target.resource, and that of the service's own
}

// userCount counts the requests with the name of one user.
type userCount struct{ right, wrong int }

// RoundTrip counts the request and answers it.
func (r *rehearsal) RoundTrip(req *http.Request) (*http.Response, error) {
	r.count(req)
	if req.URL.Path == r.resource { // the rehearsing service has just one
		req = req.Clone(req.Context())
		req.URL.Path = r.instead
	}
	w := &memoryWriter{header: http.Header{}, status: http.StatusOK}
	r.service.ServeHTTP(w, req)
	return &http.Response{
		StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.header,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: req,
	}, nil
}

// count notes whose request it is.
func (r *rehearsal) count(req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.total++
	r.paths[req.URL.Path]++
	for _, line := range req.Header["Authorization"] {
		_, credentials, _ := strings.Cut(line, " ")
		b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(credentials))
		if err != nil {
			continue
		}
		name, password, _ := strings.Cut(string(b), ":")
		right, known := r.right[name]
		if !known {
			continue
		}
		if r.users[name] == nil {
			r.users[name] = &userCount{}
		}
		if password == right {
			r.users[name].right++
		} else {
			r.users[name].wrong++
		}
		return
	}
}

// memoryWriter keeps an answer.
type memoryWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header, WriteHeader and Write are http.ResponseWriter.
func (w *memoryWriter) Header() http.Header         { return w.header }
func (w *memoryWriter) WriteHeader(status int)      { w.status = status }
func (w *memoryWriter) Write(p []byte) (int, error) { return w.body.Write(p) }

// rehearse makes the target's client send nothing, and a service of an edition answer.
func rehearse(t *target, edition string) (*rehearsal, error) {
	r := &rehearsal{paths: map[string]int{}, users: map[string]*userCount{}, right: map[string]string{}}
	var err error
	r.service, err = reference.New(reference.Options{Users: t.users, Edition: edition, Prefix: t.baseURL.Path, Now: r.now})
	if err != nil {
		return nil, usage("", "cannot rehearse: %w", err)
	}
	prefix := strings.TrimSuffix(t.baseURL.Path, "/")
	r.resource, r.instead = prefix+t.resource, prefix+unifier.ResourcePath
	for _, u := range t.users {
		r.right[u.Name] = u.Password.Reveal()
	}
	t.client, err = unifier.NewClient(unifier.ClientOptions{BaseURL: t.baseURL, Header: t.header, Timeout: t.timeout, Transport: r, Now: r.now})
	return r, err
}

// now is the rehearsal's clock.
func (r *rehearsal) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Add(r.waited)
}

// sleep waits by the rehearsal's clock, which takes no time.
func (r *rehearsal) sleep(ctx context.Context, d time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waited += d
	return ctx.Err()
}

// load notes what a load objective would send, and calls it met.
func (r *rehearsal) load(_ context.Context, o steps.LoadObjective) (*record.Load, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	service := "every service that has users"
	if o.Service != "" {
		service = "the " + string(o.Service) + " service"
	}
	r.loads = append(r.loads, fmt.Sprintf("%.0f requests to %s in %s, and a few before",
		math.Ceil(o.RatePerS*o.Duration.Seconds()), service, o.Duration))
	l := &record.Load{}
	for _, t := range o.Thresholds {
		l.Thresholds = append(l.Thresholds, record.Threshold{Expression: t, State: record.ThresholdPass})
	}
	return l, nil
}

// dryRun runs verify against a service in memory, of an edition.
func dryRun(ctx context.Context, o steps.Options, t *target, edition string) (*rehearsal, error) {
	r, err := rehearse(t, edition)
	if err != nil {
		return nil, err
	}
	o.Client, o.Now, o.Sleep = t.client, r.now, r.sleep
	if o.Load != nil {
		o.Load = r.load
	}
	if _, err := steps.Run(ctx, o); err != nil {
		return nil, usageOf(err)
	}
	return r, nil
}

// byEdition says how many requests a target of each edition would get.
func byEdition(editions []string, totals []int) string {
	if len(editions) == 1 {
		return counted(totals[0], "request")
	}
	var parts []string
	for i, n := range totals {
		if slices.Index(totals, n) < i {
			continue // told with the first edition that has as many
		}
		var alike []string
		for j, e := range editions {
			if totals[j] == n {
				alike = append(alike, e)
			}
		}
		text := fmt.Sprintf("%d to one of edition %s", n, strings.Join(alike, " or "))
		if i == 0 {
			text = counted(n, "request") + " to one of edition " + strings.Join(alike, " or ")
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// dryVerify says what verify would send, and sends nothing.
func (a *app) dryVerify(ctx context.Context, o steps.Options, t *target) error {
	editions := []string{t.edition}
	if t.openEdition() {
		editions = unifier.Editions() // which of them the target shows, nobody knows yet
	}
	var r *rehearsal
	totals := make([]int, len(editions))
	for i, edition := range editions {
		one, err := dryRun(ctx, o, t, edition)
		if err != nil {
			return err
		}
		if totals[i] = one.total; r == nil || one.total > r.total {
			r = one
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "nothing was sent; to a target that conforms and takes these passwords, verify would send %s\n", byEdition(editions, totals))
	if len(editions) > 1 {
		fmt.Fprint(&b, "edition   not chosen: what the answers show (target.edition or --edition pins one); the most of these is told below\n")
	}
	a.describeWay(ctx, &b, t)
	if err := r.tables(&b, t.users); err != nil {
		return err
	}
	for _, l := range r.loads {
		fmt.Fprintf(&b, "\na load test would send %s\n", l)
	}
	if r.waited > 0 {
		fmt.Fprintf(&b, "\nscenarios would wait for %s\n", r.waited.Round(time.Second))
	}
	fmt.Fprintf(&b, "\nat most %d wrong passwords per user (safety.failed_logins)\n", t.safety.FailedLogins)
	_, err := a.streams.Out.Write(b.Bytes())
	return err
}

// tables writes who would be asked for, and where.
func (r *rehearsal) tables(out io.Writer, users []unifier.User) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nuser\ttype\twith its password\twith wrong passwords")
	for _, u := range users {
		if n := r.users[u.Name]; n != nil {
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\n", u.Name, u.Type, n.right, n.wrong)
		}
	}
	known := 0
	for _, n := range r.users {
		known += n.right + n.wrong
	}
	fmt.Fprintf(w, "nobody, or names that cannot exist\t\t%d\t\n", r.total-known)
	fmt.Fprintln(w, "\npath\t\trequests\t")
	paths := make([]string, 0, len(r.paths))
	for p := range r.paths {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		fmt.Fprintf(w, "%s\t\t%d\t\n", p, r.paths[p])
	}
	return w.Flush()
}

// describeWay says to which address requests would go.
func (a *app) describeWay(ctx context.Context, w io.Writer, t *target) {
	fmt.Fprintf(w, "target    %s", t.baseURL.Redacted())
	if t.embedded {
		fmt.Fprint(w, " (the embedded reference service)")
	}
	fmt.Fprintln(w)
	if warning := t.shared(); warning != "" {
		fmt.Fprintf(w, "users     %s\n", warning)
	}
	if t.proxied {
		if p, err := t.transport.Proxy(t.baseURL); err == nil && p != nil {
			fmt.Fprintf(w, "through   the proxy %s\n", p.Host)
		}
		return
	}
	addrs, err := net.DefaultResolver.LookupHost(ctx, t.baseURL.Hostname())
	if err != nil {
		fmt.Fprintf(w, "address   %s\n", unifier.Diagnose(err).Cause)
		return
	}
	where := "not this machine"
	if t.local {
		where = "this machine"
	}
	fmt.Fprintf(w, "address   %s (%s)\n", strings.Join(addrs, ", "), where)
	limit := "load is not allowed (safety.allow_load)"
	if max, err := t.loadLimit(); err == nil && max > 0 {
		limit = "load up to " + strconv.FormatFloat(max, 'g', -1, 64) + "/s is allowed (safety.max_rate)"
	} else if err == nil {
		limit = "load is allowed without a bound"
	}
	fmt.Fprintf(w, "load      %s\n", limit)
}
