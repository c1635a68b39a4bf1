package reports

import (
	"fmt"
	"slices"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/sketch"
	"github.com/unigate/unigate/reports/internal/figures"
)

// compareTokens finds the tokens that several parts got, and counts them as the wrong
// tokens that they are. It returns why that could not be done, as far as it could not.
func compareTokens(runs []*record.Run, l *record.Load) (open []string, err error) {
	var encoded []string
	keys := map[string]bool{}
	prolonged := map[int]bool{}
	for _, r := range runs {
		h := r.Load.Part.Hashes
		if h == nil {
			return []string{partName(r.Load.Part) + " has no hashes of its tokens: whether one came to two parts is not known"}, nil
		}
		encoded = append(encoded, h.Data)
		if h.Count > 0 {
			keys[h.Key] = true
		}
		for _, kind := range h.Prolonged {
			prolonged[kind] = true
		}
	}
	if len(keys) > 1 {
		l.Whole.ComparedShare = 0
		return []string{"the parts hashed their tokens with different keys (passwords, or UNIGATE_SHARD_KEY): whether one came to two parts is not known"}, nil
	}
	common, share, err := sketch.Common(encoded)
	if err != nil {
		return nil, fmt.Errorf("the tokens of the parts cannot be compared: %w", err)
	}
	if full := slices.ContainsFunc(runs, func(r *record.Run) bool {
		return r.Load.Part.Hashes.Count > uint64(max(r.Load.Part.Hashes.Kept, 0))
	}); full {
		l.Whole.ComparedShare = share
	}
	for _, seen := range common {
		countCommon(runs, l, seen, prolonged)
	}
	return nil, nil
}

// countCommon counts a token that came to several parts: each time but the first one
// it was wrong. Where the target prolongs one token per user, it is only for two users.
func countCommon(runs []*record.Run, l *record.Load, seen []sketch.Seen, prolonged map[int]bool) {
	first := seen[0]
	for _, s := range seen[1:] {
		service := kindOf(runs[s.Sketch], s.Owner)
		kind := "repeated_token"
		switch {
		case s.Sketch == first.Sketch:
			continue // the part has found it itself
		case prolonged[s.Owner] && s.Owner == first.Owner:
			continue
		case prolonged[s.Owner]:
			kind = "token_of_two_users"
		}
		sample := fmt.Sprintf("a token that came to %s came to %s too", partName(runs[first.Sketch].Load.Part), partName(runs[s.Sketch].Load.Part))
		l.Bad = addBad(l.Bad, []record.Bad{{Kind: kind, Service: service, Count: 1, Samples: []string{sample}}})
		l.Totals.BadTokens++
		l.All.BadTokens++
		for i := range l.Services {
			if row := &l.Services[i]; row.Name == service && (row.Status == record.StatusAll || row.Status == "200") {
				row.BadTokens++
			}
		}
	}
}

// elsewhere says of n wrong tokens that only the parts together show where they are not
// counted, and leaves open what that leaves open: hashes tell no time and no user.
func elsewhere(l *record.Load, n uint64) {
	why := amount.Of(n, "token that came to two parts is", "tokens that came to two parts are") + " counted by service only: when they came, and to which user, is not known"
	l.Notes = append(l.Notes, why+", so that they are in no interval, phase or user")
	for i, t := range l.Thresholds {
		o, err := figures.Parse(l, t.Expression)
		if err == nil && o.Metric == "bad_tokens" && (o.Phase != "" || o.User != "") && t.State == record.ThresholdPass {
			l.Thresholds[i].State, l.Thresholds[i].Reason = record.ThresholdInconclusive, why
		}
	}
}

// kindOf returns the service of a kind of request, "" for one that the record does not name.
func kindOf(r *record.Run, number int) string {
	if kinds := r.Load.Part.Hashes.Kinds; number < len(kinds) {
		return kinds[number]
	}
	return ""
}
