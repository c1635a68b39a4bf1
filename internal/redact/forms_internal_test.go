package redact

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// What stands for each character of ASCII when secrets are compared.
func TestFoldOfASCII(t *testing.T) {
	const visible = ` !"#$%&'()* , ./0123456789:;<=>?@abcdefghijklmnopqrstuvwxyz[\]^/` + "`abcdefghijklmnopqrstuvwxyz{|}~"
	for r := range rune(0x80) {
		want := rune(-1)
		switch {
		case strings.ContainsRune("\t\n\v\f\r", r):
			want = ' '
		case r >= ' ' && r < 0x7f:
			want = rune(visible[r-' '])
		}
		if got := foldRune(r); got != want {
			t.Errorf("%q: %q, not %q", r, got, want)
		}
	}
	for r, want := range map[rune]rune{0x80: -1, 0x85: ' ', 0xa0: ' ', 0xad: -1, 'Ä': 'ä', '密': '密', 0x200b: -1, 0xfffd: -1, 0x2028: ' '} {
		if got := foldRune(r); got != want {
			t.Errorf("%U: %U, not %U", r, got, want)
		}
	}
}

// Blanks in a row are one, which stands for all of them, and what is invisible is nothing.
func TestFoldKnowsThePlaces(t *testing.T) {
	for _, c := range []struct {
		in, text string
		from, to []int32
	}{
		{"aB", "ab", []int32{0, 1}, []int32{1, 2}},
		{"a \t+b", "a b", []int32{0, 1, 4}, []int32{1, 4, 5}},
		{"a\u00adb", "ab", []int32{0, 3}, []int32{1, 4}},
		{"ä ", "ä ", []int32{0, 0, 2}, []int32{2, 2, 3}},
		{" \x00 a", " a", []int32{0, 3}, []int32{3, 4}},
	} {
		f := viewOf(c.in).fold()
		if string(f.text) != c.text || !slices.Equal(f.from, c.from) || !slices.Equal(f.to, c.to) {
			t.Errorf("%q: %q %v %v, not %q %v %v", c.in, f.text, f.from, f.to, c.text, c.from, c.to)
		}
	}
}

// stable is what the base64 of a secret has in common whatever its neighbours are.
func stable(secret string, lead int) string {
	var all []string
	for _, b := range []string{"\x00", "\xff"} {
		for _, e := range []string{"\x00", "\xff"} {
			all = append(all, base64.StdEncoding.EncodeToString([]byte(strings.Repeat(b, 3+lead)+secret+strings.Repeat(e, 6-(lead+len(secret))%3))))
		}
	}
	from, to := -1, 0
	for i := range all[0] {
		same := !slices.ContainsFunc(all, func(s string) bool { return s[i] != all[0][i] })
		if same && from < 0 {
			from = i
		}
		if same {
			to = i + 1
		}
	}
	return all[0][from:to]
}

// Of the base64 of a longer text exactly those characters are known that depend on
// the secret alone, wherever it stands in it.
func TestEmbeddedKnowsWhatIsTheSecretsAlone(t *testing.T) {
	for _, secret := range []string{"q8W!zT", "q8W!zT4", "q8W!zT4#", "hunter22x", "hunter22xy", "\x01~\x02~\x03~\x04~"} {
		forms := append(embedded(secret), embeddedWide(secret)...)
		for _, written := range []string{secret, string(inUTF16(secret, binary.LittleEndian)), string(inUTF16(secret, binary.BigEndian))} {
			for lead := range 3 {
				core := stable(written, lead)
				if want := string(viewOf(core).fold().text); !slices.Contains(forms, want) {
					t.Errorf("%q behind %d bytes: %q is not among %q", written, lead, want, forms)
				}
			}
		}
	}
	// Six characters are enough, five are not.
	if forms := append(embedded("abcde"), embeddedWide("abcde")...); !slices.Equal(forms, []string{"ywjjzgu=", "ywjjzg", "fiy2rl", "hymnkz",
		"yqbiagmazabla", "eaygbjagqazq", "hagiaywbkagua", "ageaygbjagqaz", "bhagiaywbkag", "ayqbiagmazabl"}) {
		t.Errorf("%q", forms)
	}
	if forms := append(embedded("abcd"), embeddedWide("abcd")...); !slices.Equal(forms, []string{"ywjjza==",
		"yqbiagmaza", "eaygbjagqa", "hagiaywbka", "ageaygbjag", "bhagiaywbk", "ayqbiagmaz"}) {
		t.Errorf("%q", forms)
	}
	if long := strings.Repeat("x", maxSecret); len(embedded(long)) == 0 || embedded(long+"x") != nil || len(embeddedWide(long)) == 0 || embeddedWide(long+"x") != nil || maxSecret != 32*1024 {
		t.Error("the longest secret that is looked for in base64 has 32 KiB")
	}
}

// One round of each escape, with the bytes that it came from.
func TestDecode(t *testing.T) {
	for in, want := range map[string]string{
		"&lt;&#60;&#x3C;&lt": "<<<<", "&auml;&Auml": "äÄ", "&nope;&;&": "&nope;&;&", "&#38;lt;": "&lt;", "&x": "&x", "a&": "a&", "a&#": "a&#",
		`\u003c\u003C\U0000003c\u{3c}`: "<<<<", `\ud83d\udd11`: "🔑", `\ud83d\u0041`: "\ufffdA", `\u00`: `\u00`, `\u{}`: `\u{}`, `\u{3c`: `\u{3c`, `\U0000003`: `\U0000003`,
		`\u{1f511}`: "🔑", `\u{000001f5}`: `\u{000001f5}`, `\u003`: `\u003`, `\u003g`: `\u003g`,
		`\n\r\t\v\f|\a\b`: "     |\a\a", `\"\'\\\/`: `"'\/`, `\`: `\`, `\q`: `\q`, `\xe4`: "ä", `\xc3\xa4`: "ä", `\x4`: `\x4`,
		`\101\060`: "A0", `\377`: "ÿ", `\400`: `\400`, `\08`: "\x008", `\7`: `\7`, `\18`: `\18`, `\07`: "\x007",
		"%3C%3c%c3%a4%E4": "<<ää", "%u00e4": "ä", "%u00e": "%u00e", "%3": "%3", "%": "%", "%zz": "%zz", "100%25": "100%",
		`it'\''s`: "it's", `it'"'"'s`: "it's", `it''s`: "it''s", `'\'`: `''`,
	} {
		out, changed := viewOf(in).decode()
		if got := string(out.runes); got != want || changed != (in != want) {
			t.Errorf("%s: %q (changed: %t), not %q", in, got, changed, want)
		}
	}
	for in, want := range map[string][2][]int32{
		"a&lt;b":         {{0, 1, 5}, {1, 5, 6}},
		"a&ltb":          {{0, 1, 1}, {1, 5, 5}}, // the entity has no end of its own
		`\"x`:            {{0, 2}, {2, 3}},
		`\u0041x`:        {{0, 6}, {6, 7}},
		`\U00000041x`:    {{0, 10}, {10, 11}},
		`\u{41}x`:        {{0, 6}, {6, 7}},
		`\ud83d\udd11x`:  {{0, 12}, {12, 13}},
		"%41%c3%a4%42x":  {{0, 3, 9, 12}, {3, 9, 12, 13}},
		"%u0041x":        {{0, 6}, {6, 7}},
		`\x41\101x`:      {{0, 4, 8}, {4, 8, 9}},
		`'\''x`:          {{0, 4}, {4, 5}},
		`\0x`:            {{0, 2}, {2, 3}},
		"\xff&amp;\xfex": {{0, 1, 6, 7}, {1, 6, 7, 8}},
	} {
		out, _ := viewOf(in).decode()
		if !slices.Equal(out.from, want[0]) || !slices.Equal(out.to, want[1]) {
			t.Errorf("%s: from %v to %v, not %v", in, out.from, out.to, want)
		}
	}
}

// Every escape is undone up to four times, one inside the other.
func TestViewsUndoFourRounds(t *testing.T) {
	text, deepest := "<", ""
	for n := range 4 + 2 {
		last, seen := "", 0
		views(text, func(v *view) { last = string(v.runes); seen++ })
		if want := min(n, 4) + 1; seen != want || n <= 4 && last != "<" || n > 4 && last != deepest {
			t.Errorf("%s: %d views, the last %s", text, seen, last)
		}
		deepest = "&lt;"
		text = strings.ReplaceAll(text, "&", "&amp;")
		if n == 0 {
			text = "&lt;"
		}
	}
}

func TestMembersVisits(t *testing.T) {
	type pair struct{ name, value string }
	for in, want := range map[string][]pair{
		`{"a":"b","c" : "d"}`:          {{"a", "b"}, {"c", "d"}},
		`"a":"b"`:                      {{"a", "b"}},
		`{"a":"b":"c"}`:                {{"a", "b"}},
		`["a","b"]`:                    nil,
		`{"n":1,"s":"x"}`:              {{"s", "x"}},
		`{"a\"b":"c\\"}`:               {{`a"b`, `c\`}},
		`{"\u0061":"\u0062"}`:          {{"a", "b"}},
		`{"a":"b\q"}`:                  {{"a", `b\q`}},
		`{"a":"cut off`:                {{"a", "cut off"}},
		`{"a":"`:                       {{"a", ""}},
		`{"a`:                          nil,
		`x`:                            nil,
		`{"o":{"i":"x"},"l":[{"j":""}`: {{"i", "x"}, {"j", ""}},
	} {
		var got []pair
		members([]byte(in), func(name, value string) bool { got = append(got, pair{name, value}); return true })
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, not %q", in, got, want)
		}
	}
	n := 0
	members([]byte(`{"a":"b","c":"d"}`), func(string, string) bool { n++; return false })
	if n != 1 {
		t.Errorf("visited %d times after the first said that it is enough", n)
	}
	long := strings.Repeat("x", maxLearned-2)
	if unescape([]byte(`\"`+long)) != `"`+long || unescape([]byte(`\"x`+long)) != `\"x`+long {
		t.Error("what is longer than can be learned stays as it is")
	}
}

// The longest end of a text that is the beginning of a word, from three characters on.
func TestBegun(t *testing.T) {
	set := map[uint64]bool{}
	addBegins(set, "secret", minBegin, 5)
	for text, want := range map[string]int{"xse": 0, "xsec": 3, "secr": 4, "a secre": 5, "secret": 0, "": 0, "ecr": 0, "secsec": 3} {
		if got := begun(set, []byte(text), 6); got != want {
			t.Errorf("%q: %d, not %d", text, got, want)
		}
	}
	if got := begun(set, []byte("xsecre"), 4); got != 0 {
		t.Errorf("no word is so long: %d", got)
	}
}

func TestOpenEscape(t *testing.T) {
	for text, want := range map[string]int{
		"a&": 1, "a&am": 3, "a&#39": 4, "a&#39;": 5, "a%": 1, "a%4": 2, "a%41": 0, `a\`: 1, `a\u00`: 4, `a\u0041`: 6, `a\u00411`: 0,
		"abcdefghi": 0, "&bcdefgh": 8, "&bcdefghi": 0, "a-b": 0, "": 0, "&A": 0,
	} {
		if got := openEscape([]byte(text)); got != want {
			t.Errorf("%q: %d, not %d", text, got, want)
		}
	}
}

// A token is at least two parts that begin as the base64 of an object does, where
// something that may stand before a token is before it.
func TestTokenIn(t *testing.T) {
	for text, want := range map[string]string{
		"eyJa.eyJb.c": "eyJa.eyJb.c", "eyJ.eyJ": "eyJ.eyJ", "eyJa.eyJb..": "eyJa.eyJb", "eyJa.b": "", "eyJa": "", "xeyJa.eyJb": "", "x.eyJa.eyJb": "eyJa.eyJb",
		"x=eyJa.eyJb": "eyJa.eyJb", "x/eyJa.eyJb": "eyJa.eyJb", "x-eyJa.eyJb": "", "eyJa.x.eyJb.eyJc": "eyJb.eyJc", "eyJa.ey": "", "": "", ".": "",
	} {
		from, to, ok := tokenIn([]rune(text))
		if got := text[from:to]; got != want || ok != (want != "") {
			t.Errorf("%s: %q, not %q", text, got, want)
		}
	}
}
