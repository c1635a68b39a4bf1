package steps_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/steps"
)

func TestWaivers(t *testing.T) {
	waivers := func(text string) []steps.Waiver {
		list, err := steps.ParseWaivers([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	for _, c := range []struct {
		name, waiver string
		fault        []string
		exit         int
		state        record.State
		says         string
	}{
		{"holds", "[{requirement: LOGIN-03, edition: '21.7', reason: known, ticket: T-1, expires: 2099-01-01}]", []string{"login-status-text"}, 0, record.Waived, "waived"},
		{"every edition", "[{requirement: LOGIN-03, reason: known, expires: 2099-01-01}]", []string{"login-status-text"}, 0, record.Waived, "waived"},
		{"another edition", "[{requirement: LOGIN-03, edition: '26', reason: known, expires: 2099-01-01}]", []string{"login-status-text"}, 1, record.Fail, "LOGIN-03"},
		{"expired", "[{requirement: LOGIN-03, reason: known, expires: 2020-01-01}]", []string{"login-status-text"}, 1, record.Fail, "expired on 2020-01-01"},
		{"expired and met", "[{requirement: LOGIN-03, reason: known, expires: 2020-01-01}]", nil, 1, record.Pass, "expired on 2020-01-01"},
		{"no longer needed", "[{requirement: LOGIN-03, reason: known, expires: 2099-01-01}]", nil, 1, record.Pass, "no longer needed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, _ := target(t, reference.Options{Faults: c.fault}, nil)
			o.Waivers, o.Requirements = waivers(c.waiver), []string{"LOGIN-03"}
			r := run(t, o)
			verdict(t, r, c.exit, c.says)
			if q := requirement(t, r, "LOGIN-03"); q.State != c.state {
				t.Errorf("LOGIN-03 is %s", q.State)
			}
		})
	}
	for _, text := range []string{
		"[{requirement: LOGIN-99, reason: known, expires: 2099-01-01}]",
		"[{requirement: LOGIN-03, edition: '19', reason: known, expires: 2099-01-01}]",
	} {
		o, service := target(t, reference.Options{}, nil)
		o.Waivers = waivers(text)
		if _, err := steps.Run(context.Background(), o); !errors.Is(err, steps.ErrUsage) || !strings.Contains(err.Error(), "matches nothing") {
			t.Errorf("%s: %v", text, err)
		}
		if service.Requests().All > 0 {
			t.Error("requests were sent")
		}
	}
}

// A mistake in a file of waivers is shown where it is.
func TestWaiverMistakesAreShownWhereTheyAre(t *testing.T) {
	for text, says := range map[string][]string{
		"- requirement: LOGIN-03\n  reason: known\n  expires: soon\n":                                             {"[3:12]", "expires is a day such as 2027-03-31", "expires: soon"},
		"- requirement: LOGIN-03\n  reason: known\n  expires: 2027-02-30\n":                                       {"[3:12]", "not \"2027-02-30\""},
		"- requirement: LOGIN-03\n  reason: known\n  expires: 2027-02-28\n- requirement: LOGIN-04\n  reason: x\n": {"waiver 2", "[4:3]", "it has no expires"},
		"- reason: known\n  expires: 2027-02-28\n":                                                                {"[1:3]", "it has no requirement"},
		"- requirement: LOGIN-03\n  reason: ' '\n  expires: 2027-02-28\n":                                         {"[2:11]", "it has no reason"},
		"- requirement: LOGIN-03\n  reason: known\n  until: 2027-02-28\n":                                         {"[3:3]", "until"},
		"- requirement: LOGIN-03\n  reason: known\n  expires:\n":                                                  {"waiver 1", "it has no expires"},
		"-\n":                     {"waiver 1", "it has no requirement"},
		"- null\n":                {"waiver 1", "it has no requirement"},
		"requirement: LOGIN-03\n": {"[1:"},
		"- [":                     {"["},
	} {
		_, err := steps.ParseWaivers([]byte(text))
		if err == nil {
			t.Errorf("%q is read", text)
			continue
		}
		for _, s := range says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%q: %v; wanted %q", text, err, s)
			}
		}
	}
}

// A reason that several waivers share may be written once.
func TestWaiversWithAnchors(t *testing.T) {
	list, err := steps.ParseWaivers([]byte("- &a\n  requirement: LOGIN-03\n  reason: &r known\n  expires: 2027-02-28\n- requirement: LOGIN-04\n  reason: *r\n  expires: 2027-02-28\n- *a\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 3 || list[1].Reason != "known" || list[2].Requirement != "LOGIN-03" || list[2].Expires != "2027-02-28" {
		t.Errorf("%+v", list)
	}
}

func FuzzWaivers(f *testing.F) {
	f.Add([]byte("- requirement: LOGIN-03\n  edition: '21.7'\n  reason: known\n  ticket: T-1\n  expires: 2027-02-28\n"))
	f.Add([]byte("[{requirement: LOGIN-03, reason: x, expires: 2027-02-30}]"))
	f.Add([]byte("-\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := steps.ParseWaivers(data)
		if err != nil {
			return
		}
		for _, w := range list {
			if w.Requirement == "" || w.Reason == "" || w.Expires == "" {
				t.Errorf("%+v lacks what a waiver needs", w)
			}
		}
	})
}
