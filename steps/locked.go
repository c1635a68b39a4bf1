package steps

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/unigate/unigate/internal/oracle"
	"github.com/unigate/unigate/internal/unifier"
)

// lockedNote is what is said of an account that takes no right password any more.
const lockedNote = "its account may be locked after the wrong passwords of this run (safety.failed_logins)"

// refusedAsInvalid judges the latest answer, to wrong credentials. That an account is locked
// after some, and by which status it says so, no documentation has: where the right
// password is refused too, another status than 401 is a warning.
func refusedAsInvalid(ctx context.Context, w *World, args []string) error {
	err := refusedBy(func(a *answer) oracle.Judgement {
		return oracle.JudgeUnauthorized(a.by(), oracle.AuthInvalid, a.reply)
	})(ctx, w, args)
	var m *mismatch
	if !asMismatch(err, &m) || !w.run.locked(w.holding(ctx), w.answers[len(w.answers)-1]) {
		return err
	}
	for i := range m.findings {
		m.findings[i].Warning, m.findings[i].Detail = true, joined(m.findings[i].Detail, lockedNote+": the right password is refused too")
	}
	return err
}

// locked reports whether a refusal is that of a locked account: an earlier call with wrong
// credentials of the user got 401, and a plain call is refused now.
func (r *run) locked(ctx context.Context, a *answer) bool {
	if a.user == nil || !isWrongPassword(a) || a.judged.Token != "" || !a.maybeWrongPassword() || a.reply.Status == 0 || a.reply.Status == http.StatusUnauthorized || ctx.Err() != nil {
		return false
	}
	r.mu.Lock()
	tried := slices.ContainsFunc(r.every, func(x *answer) bool {
		return x != a && x.user == a.user && isWrongPassword(x) && x.reply.Status == http.StatusUnauthorized
	})
	r.mu.Unlock()
	if !tried || !r.getsIn(a.service, a.user) {
		return false
	}
	x := r.sendAgain(ctx, a.user, r.validCall(a.service, a.user))
	r.entitle(x)
	return x.reply.Status != 0 && !x.gotToken() && x.maybeWrongPassword()
}

// wrongSince is when each user's first wrong password of the run left.
func (r *run) wrongSince() map[*unifier.User]time.Time {
	since := map[*unifier.User]time.Time{}
	for u, n := range r.past.wrong {
		if n > 0 {
			since[u] = time.Time{}
		}
	}
	for _, a := range r.every {
		if at, ok := since[a.user]; a.user != nil && isWrongPassword(a) && (!ok || a.reply.Sent.Before(at)) {
			since[a.user] = a.reply.Sent
		}
	}
	return since
}
