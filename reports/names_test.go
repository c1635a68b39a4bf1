package reports

import (
	"strings"
	"testing"

	"github.com/unigate/unigate/reports/internal/sample"
)

// A name that is there twice, or in other letters, makes a record say two things: readers
// differ in which of them they take, and a verdict that fails could pass.
func TestNamesThatAreNotOneMembers(t *testing.T) {
	whole, err := Encode(sample.Run())
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimSpace(string(whole))
	at := func(old, new string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("the sample has no %s", old)
		}
		return strings.Replace(text, old, new, 1)
	}
	const pass = `{"state": "pass", "exit": 0, "reasons": []}`
	end := strings.TrimSuffix(text, "}")
	for name, c := range map[string]struct{ record, want string }{
		"a verdict before":                       {at(`"verdict": {`, `"verdict": `+pass+`, "verdict": {`), `at "/": it has two members of the name verdict`},
		"a verdict at the end":                   {end + `, "verdict": ` + pass + "}", `at "/": it has two members of the name verdict`},
		"within":                                 {at(`"exit":`, `"exit": 0, "exit":`), `at "/verdict": it has two members of the name exit`},
		"within a list":                          {at(`"steps": [`, `"id": "x", "steps": [`), `two members of the name id`},
		"a trait":                                {at(`"traits": {`, `"traits": {"Secret": ["1"], "Secret": ["2"], `), `at "/behaviour/traits": it has two members of the name …`},
		"escaped":                                {end + `, "verd\u0069ct": ` + pass + "}", `at "/": it has two members of the name verdict`},
		"unknown":                                {end + `, "later": {"a": 1, "a": 2}}`, `at "/later": it has two members of the name a`},
		"in other letters":                       {at(`"verdict":`, `"Verdict":`), `at "/": the name of a member is "verdict", in these letters`},
		"in other letters, beside":               {end + `, "VERDICT": ` + pass + "}", `at "/": the name of a member is "verdict", in these letters`},
		"in other letters, within":               {at(`"summary":`, `"Summary":`), `at "/conformance": the name of a member is "summary", in these letters`},
		"as it should be":                        {text, ""},
		"of a later version":                     {end + `, "later": {"a": [{"a": {"a": 1}}], "b": {"a": 1}}}`, ""},
		"traits are told apart by their letters": {at(`"traits": {`, `"traits": {"login.user.a": ["1"], "login.user.A": ["2"], `), ""},
	} {
		_, err := Decode([]byte(c.record))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is no JSON is told by what it probably is.
func TestFilesThatAreNoJSON(t *testing.T) {
	for text, want := range map[string]string{
		"": "the file is empty", " \n": "the file is empty", `{"schema": "unigate.run/v1", "tool`: "the file was cut off, or is still being written",
		"\x1f\x8b\x08\x00": "the file is compressed, unpack it", "PK\x03\x04x": "the file is compressed, unpack it", "<html>": "not a run record: invalid character '<' looking for beginning of value in line 1, column 1",
		`{} {}`: "after top-level value in line 1, column 4",
	} {
		if _, err := Decode([]byte(text)); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Figures that no report could multiply are refused; the largest of unigate's own are not.
func TestNumbersBeyondAnyMeasure(t *testing.T) {
	whole, err := Encode(sample.Run())
	if err != nil {
		t.Fatal(err)
	}
	end := strings.TrimSuffix(strings.TrimSpace(string(whole)), "}")
	for number, sound := range map[string]bool{"1e300": false, "-1e300": false, "1e999": false, "1.1e20": false, "1e20": true, "18446744073709551615": true, "-9223372036854775808": true, "1e-400": true} {
		_, err := Decode([]byte(end + `, "later": {"a": [` + number + "]}}"))
		if sound && err != nil || !sound && (err == nil || !strings.Contains(err.Error(), `at "/later/a/0": a number beyond 1e+20`)) {
			t.Errorf("%s: %v", number, err)
		}
	}
}
