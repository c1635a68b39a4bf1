package steps

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// firstUse uses a user's first token, fresh as it is. Where the resource answers
// with anything but 2xx or 401, it, or the user's permission, is the matter:
// what needs it is not checked for that user, and the reason is kept.
func (r *run) firstUse(ctx context.Context, a *answer) {
	if !a.gotToken() || r.interrupted() {
		return
	}
	key, reason := sampleKey(a.service, a.user), ""
	if a.wayless() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.unusable[key] = fmt.Sprintf("the answer to %s does not say rightly where and how its token is used", a.who())
		return
	}
	switch c, err := r.useToken(ctx, a, func(*unifier.Exchange) {}); {
	case err != nil:
		reason = fmt.Sprintf("the resource gave no answer to the first token of %s: %v", a.who(), err)
	case accepted(c.status()) && r.saysSoToAnybody(ctx, a, c):
		reason = fmt.Sprintf("the resource answers HTTP %d with status %d in its body, with a token and without one: %s", c.reply.Status, oracle.StatedStatus(c.reply), whyUnusable(oracle.StatedStatus(c.reply)))
		r.dropUse(c)
	case accepted(c.status()):
		r.noteWorked(key)
	case c.status() == http.StatusUnauthorized || refusedToken(c.status()) && r.hasWorked(key): // the permission was there before
	default:
		reason = fmt.Sprintf("the resource answers %s to the first token of %s: %s", statusOf(c), a.who(), whyUnusable(c.status()))
		r.dropUse(c)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unusable[key] = reason
}

// noteWorked notes that the resource took a first token of a user.
func (r *run) noteWorked(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.worked[key] = true
}

// hasWorked reports whether it took one in an earlier repetition.
func (r *run) hasWorked(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.worked[key]
}

// dropUse takes a use out of those that are judged.
func (r *run) dropUse(c *call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.uses = slices.DeleteFunc(r.uses, func(u *call) bool { return u == c })
}

// saysSoToAnybody reports whether a first use was answered with HTTP 2xx and a status in
// its body by which the resource is the matter, and a call without a token is answered
// with the same one: then the resource has looked at no token (A15). Other statuses that
// a body states come from behind it.
func (r *run) saysSoToAnybody(ctx context.Context, a *answer, c *call) bool {
	stated := oracle.StatedStatus(c.reply)
	if !isMissing(stated) && (stated < http.StatusInternalServerError || stated > maxServerError) {
		return false
	}
	bare := r.askResource(ctx, a)
	return bare.x.Err == nil && oracle.StatedStatus(bare.reply) == stated
}

// maxServerError ends the statuses 5xx.
const maxServerError = 599

// wayless reports whether an answer's endpoint or headers are wrong: then nobody knows
// where its token is good, and what became of it there would prove nothing.
func (a *answer) wayless() bool {
	return slices.ContainsFunc(a.judged.Findings, func(f oracle.Finding) bool { return f.Rule == unifier.RuleWay })
}

// statusOf writes a call's status, with that of its body where it counts.
func statusOf(c *call) string {
	if c.status() != c.reply.Status {
		return fmt.Sprintf("%d with status %d in its body", c.reply.Status, c.status())
	}
	return fmt.Sprint(c.status())
}

// whyUnusable says what the status of a first use means.
func whyUnusable(status int) string {
	switch {
	case status == http.StatusForbidden:
		return "the user may lack the permission that it needs, such as Admin > Get"
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		return "target.resource is no GET of this target"
	case status >= http.StatusInternalServerError:
		return "the resource fails by itself"
	}
	return "it neither accepts nor refuses the token"
}
