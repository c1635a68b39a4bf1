package oracle

import (
	"sync"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// pacific is a reply that has nothing wrong: 10 minutes for $$unigate in Los Angeles.
func pacific(t testing.TB) (Expectation, loginReply) {
	zone := location(t, "America/Los_Angeles")
	at := time.Date(2027, 5, 18, 18, 34, 12, 345e6, time.UTC)
	exp := Expectation{User: unifier.User{
		Name: "$$unigate", DateFormat: format(t, "MM/DD/YYYY"), Zone: "America/Los_Angeles",
		Expiry: unifier.Expiry{N: 10, Unit: unifier.Minutes},
	}}
	return exp, loginReply{
		at: at, expires: at.Add(10 * time.Minute), zone: zone, user: "$$unigate",
		label: "(UTC-08:00) Pacific Time (US & Canada)", format: "MM/DD/YYYY",
	}
}

func TestLoginRight(t *testing.T) {
	exp, l := pacific(t)
	j := JudgeToken(unifier.Login, exp, l.reply())
	if !j.OK() {
		t.Fatal(j.Findings)
	}
	if want := l.expires.Truncate(time.Minute); !j.Expires.Equal(want) {
		t.Errorf("expires %v, want %v", j.Expires, want)
	}
	if len(j.Readings) != 0 { // 12 s past the minute: cut off and rounded are the same
		t.Error(j.Readings)
	}
}

func BenchmarkJudgeLogin(b *testing.B) {
	exp, l := pacific(b)
	judge, r := NewJudge(unifier.Login, exp), l.reply()
	b.ReportAllocs()
	for b.Loop() {
		if j := judge.Judge(&r); !j.OK() {
			b.Fatal(j.Findings)
		}
	}
}

// BenchmarkJudgeLoginUnknown is for a user of whom neither the date format nor the zone is known.
func BenchmarkJudgeLoginUnknown(b *testing.B) {
	exp, l := pacific(b)
	exp.User.DateFormat, exp.User.Zone = nil, ""
	judge, r := NewJudge(unifier.Login, exp), l.reply()
	b.ReportAllocs()
	for b.Loop() {
		if j := judge.Judge(&r); !j.OK() {
			b.Fatal(j.Findings)
		}
	}
}

// BenchmarkJudgeLoginWrong is for a server that gives every user another validity.
func BenchmarkJudgeLoginWrong(b *testing.B) {
	exp, l := pacific(b)
	l.expires = l.expires.Add(7 * time.Minute)
	judge, r := NewJudge(unifier.Login, exp), l.reply()
	b.ReportAllocs()
	for b.Loop() {
		if j := judge.Judge(&r); j.OK() {
			b.Fatal("a wrong validity passes")
		}
	}
}

// BenchmarkJudgeOnce makes a judge for one reply, as verify does.
func BenchmarkJudgeOnce(b *testing.B) {
	exp, l := pacific(b)
	r := l.reply()
	b.ReportAllocs()
	for b.Loop() {
		if j := JudgeToken(unifier.Login, exp, r); !j.OK() {
			b.Fatal(j.Findings)
		}
	}
}

// TestJudgesAreConcurrent uses one judge from several goroutines; the race detector watches.
func TestJudgesAreConcurrent(t *testing.T) {
	exp, l := pacific(t)
	exp.User.DateFormat, exp.User.Zone = nil, ""
	judge, r := NewJudge(unifier.Login, exp), l.reply()
	other := l
	other.format, other.label, other.zone = "YYYY-MM-DD", "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", location(t, "Asia/Kolkata")
	ro := other.reply()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 200 {
				if j := judge.Judge([]*Reply{&r, &ro}[i%2]); !j.OK() {
					t.Error(j.Findings)
					return
				}
			}
		})
	}
	wg.Wait()
}
