package steps

import (
	"context"
	"net/url"

	"github.com/unigate/unigate/internal/oracle"
)

// hygieneSteps judge answers by the standards that the services build on.
func hygieneSteps() []definition {
	return []definition{
		hygiene(`no answer may be kept in a cache`, "SEC-01"),
		hygiene(`(?:the|each) refusal names the scheme to use`, "SEC-02"),
		{topic: "Then", pattern: `both refusals look the same`, says: "both refusals look the same", what: "SEC-03", run: alike},
		hygiene(`no answer gives away the credentials`, "SEC-04"),
		hygiene(`(?:the|each) answer is declared as JSON`, "SEC-05"),
		{topic: "Given", pattern: `the target's connection`, says: "the target's connection", what: "looks at how the target was reached; over plain http there is no TLS to judge",
			run: func(context.Context, *World, []string) error { return nil }, needs: needsConnection},
		{topic: "Then", pattern: `it speaks TLS 1.2 or newer`, says: "it speaks TLS 1.2 or newer", what: "SEC-06", run: modernTLS},
		hygiene(`no refusal shows internals of the server`, "SEC-07"),
	}
}

// hygiene makes a step that judges every answer of the scenario.
func hygiene(pattern, id string) definition {
	says := pattern
	if len(pattern) > 12 && pattern[:12] == "(?:the|each)" {
		says = "the|each" + pattern[12:]
	}
	return definition{topic: "Then", pattern: pattern, says: says, what: id, run: func(_ context.Context, w *World, _ []string) error {
		if len(w.answers) == 0 {
			return errNoAnswer
		}
		var findings []oracle.Finding
		for _, a := range w.answers {
			j := oracle.JudgeHygiene(a.sent, a.reply, id)
			found := j.For(id)
			if id == "SEC-04" && len(found) > 0 && w.run.ordinaryPassword(a) {
				sent := a.sent
				sent.Ordinary = true
				j = oracle.JudgeHygiene(sent, a.reply, id)
				found = j.For(id)
			}
			if a.shared {
				w.look(a, len(found) > 0)
			}
			findings = append(findings, naming(a, found)...)
		}
		return orNil(findings)
	}}
}

// alike compares the scenario's two latest answers.
func alike(_ context.Context, w *World, _ []string) error {
	if len(w.answers) < 2 {
		return mistake("fewer than two refusals were fetched by steps before")
	}
	last := w.answers[len(w.answers)-2:]
	for _, a := range last {
		if a.gotToken() {
			return skip("one of them was let in; another requirement is about that")
		}
	}
	return orNil(oracle.JudgeAlike(last[0].reply, last[1].reply, last[0].sent.User, last[1].sent.User).Findings)
}

// needsConnection says that the target speaks plain http: then there is no TLS to judge.
func needsConnection(o *Options, _ []string) string {
	if u, err := url.Parse(o.BaseURL); err == nil && u.Scheme == "http" {
		return "the target is reached over plain http: there is no TLS to judge"
	}
	return ""
}

// modernTLS judges the connections of all answers so far.
func modernTLS(_ context.Context, w *World, _ []string) error {
	w.run.mu.Lock()
	answers := append([]*answer(nil), w.run.every...)
	w.run.mu.Unlock()
	if len(answers) == 0 {
		return skip("no answer has come yet")
	}
	for _, a := range answers {
		j := oracle.JudgeHygiene(oracle.Sent{}, a.reply, "SEC-06")
		if found := j.For("SEC-06"); len(found) > 0 {
			w.keep(&a.exchange, a.user, false)
			found[0].Exchange = &a.exchange
			return &mismatch{findings: found}
		}
	}
	return nil
}
