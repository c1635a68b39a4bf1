package cli

import (
	"fmt"
	"time"

	"github.com/unigate/unigate/steps"
)

// showVerify makes a run of verify show how it goes on a terminal: scenarios begun,
// requests sent, and the time. The function that it returns ends it.
func (a *app) showVerify(o *steps.Options, scenarios int, t *target) (done func()) {
	dumb, _ := a.env("TERM")
	if a.shared.quiet || a.shared.verbose || !a.progress || dumb == "dumb" || scenarios == 0 {
		return func() {}
	}
	draw, done := lineBar(a.bar)
	began, begun, all := time.Now(), 0, scenarios*max(o.Repeat, 1)
	draw(0, verifyLine(0, all, t.client.Sent(), 0))
	o.Started = func(string) { // scenarios begin one after another, also where they run at once
		begun++
		draw(float64(begun)/float64(all), verifyLine(begun, all, t.client.Sent(), time.Since(began)))
	}
	return done
}

// verifyLine tells how a run of verify goes, in no more than barText columns.
func verifyLine(begun, all int, requests int64, took time.Duration) string {
	if begun == 0 {
		return "verify, first logins"
	}
	return fmt.Sprintf("verify, scenario %d of %d · %s · %v", begun, all, counted(requests, "request"), took.Round(time.Second))
}
