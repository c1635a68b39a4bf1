package printable

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
)

func TestLineAndText(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                     "plain",
		"a\x1b[31mb\x9b2J\u202ec":   "a\uFFFD[31mb\uFFFD2J\uFFFDc",
		"two\nlines\tand\rmore\x00": "two lines and more\uFFFD",
		"soft\u00adhyphen\u200b":    "soft\uFFFDhyphen\uFFFD",
		"\u2028separators\u2029":    "\uFFFDseparators\uFFFD",
	} {
		if got := Line(in, 100); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
	if got := Line("abcdef", 3); got != "abc…" {
		t.Error(got)
	}
	if got := Text("a\n\tb\r\x1b\xff"); got != "a\n\tb\uFFFD\uFFFD\uFFFD" {
		t.Errorf("%q", got)
	}
}

// commands are what agents obey.
var commands = []string{
	"##vso[task.setvariable variable=PATH]x", "##[add-path]x", "##teamcity[buildStatus text='x']", "##VSO[x]", "###vso[x]", "####[x]",
	"::set-env name=PATH::x", "  ::add-mask::x", "\t::x", "ok\r::x", "ok\n ::x",
}

func TestCommandsAreBroken(t *testing.T) {
	for _, c := range commands {
		if !Obeyed(c) {
			t.Errorf("the rules of the agents do not find %q: the test proves nothing", c)
		}
		if got := Commands(c, true); Obeyed(got) {
			t.Errorf("%q became %q", c, got)
		}
		j, _ := json.Marshal(map[string]string{"a": c})
		broken := JSON(j)
		var back map[string]string
		if err := json.Unmarshal(broken, &back); err != nil || back["a"] != c || Obeyed(string(broken)) {
			t.Errorf("JSON of %q became %s (%v)", c, broken, err)
		}
		var b strings.Builder
		b.WriteString("<a>\n")
		_ = xml.EscapeText(&b, []byte(c))
		b.WriteString("</a>")
		broken = Markup([]byte(b.String()))
		var text string
		if err := xml.Unmarshal(broken, &text); err != nil || text != "\n"+c || Obeyed(string(broken)) {
			t.Errorf("XML of %q became %s = %q (%v)", c, broken, text, err)
		}
	}
	for _, c := range []string{"a::b", "## Heading", "std::vector", "#[x]", "# #[x]", "12:30:: no"} {
		if got := Commands(c, true); got != c {
			t.Errorf("%q became %q", c, got)
		}
	}
	if got := Commands("::x", false); got != "::x" {
		t.Errorf("inside a line %q", got)
	}
	if got := Commands("a\n::x", false); Obeyed(got) {
		t.Errorf("%q", got)
	}
}
