package oracle

import "strings"

// wrongValidity is the kind of findings about how long a token is valid.
const wrongValidity = "wrong_validity"

// TooShort reports whether a finding says that a token is valid for too short a time, as
// one that was stored seems to be that began before anybody looked (A11).
func (f Finding) TooShort() bool {
	return f.Kind == wrongValidity && (strings.Contains(f.Detail, "too early") || strings.Contains(f.Detail, "too short"))
}

// LeaveValidity takes what was found about the validity for unjudged.
func (j *Judgement) LeaveValidity() {
	var kept []Finding
	for _, f := range j.Findings {
		if f.Kind == wrongValidity {
			j.PassOver(f.Rule)
			continue
		}
		kept = append(kept, f)
	}
	j.Findings = kept
}
