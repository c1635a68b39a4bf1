package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
)

// The environment variables that make a load test a part: of an Indexed Job of
// Kubernetes the first is what the Job has as its completions, the second is set by it.
const (
	shardsVariable   = "UNIGATE_SHARDS"
	indexVariable    = "JOB_COMPLETION_INDEX"
	shardKeyVariable = "UNIGATE_SHARD_KEY"
)

// partFlags are the flags of load that make it one of several generators.
type partFlags struct {
	shard   string
	startAt string
}

// add adds the flags.
func (f *partFlags) add(set *pflag.FlagSet) {
	set.StringVar(&f.shard, "shard", "", "be part `I/N` of the plan, from 0/N on: send its requests k with k mod N = I (default: UNIGATE_SHARDS and JOB_COMPLETION_INDEX)")
	set.StringVar(&f.startAt, "start-at", "", "begin at `TIME|DURATION`, such as 2026-11-26T12:00:00Z, or 5m for the next full five minutes; what is too late ends with 3")
}

// setPart makes the options those of a part, if flag or environment say so.
func (a *app) setPart(o *load.Options, f partFlags, now time.Time) error {
	var err error
	if o.Part, err = a.part(f.shard); err != nil {
		return err
	}
	if f.startAt != "" {
		if o.StartAt, err = startTime(f.startAt, now); err != nil {
			return err
		}
	}
	if o.Part == nil {
		return nil
	}
	if a.baseline.path != "" {
		return usage("compare the whole: unigate report over all parts, then unigate compare", "a part of a plan is not compared: --baseline excludes %s", a.partSource(f.shard))
	}
	if key, ok := a.env(shardKeyVariable); ok {
		if key == "" {
			return usage("unset it, or give all parts the same key", "%s is set, and empty", shardKeyVariable)
		}
		a.redactor.Add(key)
		o.Part.Secret = []byte(key)
	}
	return nil
}

// part returns which part of a plan this is; nil for the whole.
func (a *app) part(flag string) (*load.Part, error) {
	if flag != "" {
		return load.ParsePart(flag)
	}
	shards, ok := a.env(shardsVariable)
	if !ok {
		return nil, nil //nolint:nilnil // no part, and no mistake
	}
	hint := "it is how many parts the plan has; unset it to send the whole"
	if strings.TrimSpace(shards) == "" {
		return nil, usage(hint, "%s is set, and empty", shardsVariable)
	}
	index, ok := a.env(indexVariable)
	if !ok || strings.TrimSpace(index) == "" {
		return nil, usage("an Indexed Job of Kubernetes sets it; elsewhere give --shard I/N", "%s is set, and %s is not", shardsVariable, indexVariable)
	}
	p, err := load.ParsePart(strings.TrimSpace(index) + "/" + strings.TrimSpace(shards))
	if err != nil {
		return nil, usage(hint+"; "+indexVariable+" is which one, from 0 on", "%s %q and %s %q: %w", indexVariable, index, shardsVariable, shards, err)
	}
	return p, nil
}

// partSource names what made a run a part.
func (a *app) partSource(flag string) string {
	if flag != "" {
		return "--shard"
	}
	return shardsVariable
}

// featuresPart refuses load objectives of feature files in parts.
func (a *app) featuresPart(f partFlags) error {
	p, err := a.part(f.shard)
	if err != nil {
		return loadUsage(err)
	}
	if p != nil {
		return usage("run them with one generator", "load objectives of feature files have no parts: --features excludes %s", a.partSource(f.shard))
	}
	return nil
}

// The bounds of a period of --start-at.
const (
	shortestPeriod = time.Second
	longestPeriod  = 24 * time.Hour
	// periodMargin is the part of a period that is left at the least until its end: who
	// is later takes the next one, as there would be no time to get ready.
	periodMargin = 30
)

// startTime reads a start: a time, or a period whose next full multiple it is.
func startTime(text string, now time.Time) (time.Time, error) {
	const hint = "a time such as 2026-11-26T12:00:00Z, or 5m for the next full five minutes"
	if d, err := time.ParseDuration(text); err == nil {
		if d < shortestPeriod || d > longestPeriod {
			return time.Time{}, usage(hint, "--start-at %s: a period is from 1s to 24h", text)
		}
		return now.UTC().Add(d / periodMargin).Truncate(d).Add(d), nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, usage(hint, "--start-at %q is no time", text)
	}
	return t.UTC(), nil
}

// aimPart divides what the target's safety allows among the parts.
func aimPart(o *load.Options, t *target) error {
	p := o.Part
	if p == nil || p.Of == 1 {
		return nil
	}
	if t.embedded {
		return usage("name it with --target, UNIGATE_TARGET or the configuration", "the parts of a plan need a target that they share, not an embedded service each")
	}
	if n := t.safety.FailedLogins; n < p.Of {
		return usage(fmt.Sprintf("make it at least %d, if the target's lock policy bears that, or take fewer parts", p.Of),
			"safety.failed_logins of %d is less than one login for each of %d parts, each of which may meet a wrong password", n, p.Of)
	}
	o.Budget = unifier.NewBudget(t.users, p.Share(t.safety.FailedLogins))
	return nil
}

// checkPartUsers keeps parts from trying an OAuth user's password once each, where one
// wrong one is all that may be sent (SPEC section 8).
func checkPartUsers(o *load.Options, t *target) error {
	if o.Part == nil || o.Part.Of == 1 || t.referenceUsers || t.safety.DedicatedUsers {
		return nil
	}
	for _, u := range t.users {
		if u.Type == unifier.OAuthType && o.Asks(u) {
			return usage("leave oauth out (--mix login=1), or say safety.dedicated_users: true if nobody but tests uses these users",
				"OAuth user %s may get one wrong password in a run, which is less than one for each of %d parts", u.Name, o.Part.Of)
		}
	}
	return nil
}
