package oracle

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// change is a change of a zone's clocks, from when on it has an offset in seconds.
type change struct {
	at     time.Time
	offset int
}

// zoneWith makes a zone with an offset until its first change (RFC 8536).
func zoneWith(t *testing.T, name string, offset int, changes ...change) *time.Location {
	t.Helper()
	b := bytes.NewBufferString("TZif" + strings.Repeat("\x00", 16))
	types := []int{offset}
	for _, c := range changes {
		types = append(types, c.offset)
	}
	write := func(v any) {
		if err := binary.Write(b, binary.BigEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	write([]uint32{0, 0, 0, uint32(len(changes)), uint32(len(types)), 2})
	for _, c := range changes {
		write(int32(c.at.Unix()))
	}
	for i := range changes {
		write(uint8(i + 1))
	}
	for _, o := range types {
		write(int32(o))
		write([]uint8{0, 0})
	}
	b.WriteString("X\x00")
	zone, err := time.LoadLocationFromTZData(name, b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// Zones are compared from a day ago for 732 days, at every hour; an offset is looked for
// at every day.
func TestHowFarZonesAreCompared(t *testing.T) {
	const hour, east = time.Hour, 7200
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	plain := zoneWith(t, "plain", 3600)
	for name, c := range map[string]struct {
		from, to        time.Duration // when the other zone is an hour further east
		differs, exists bool
	}{
		"until a day ago":                     {-48 * hour, -24 * hour, false, false},
		"until a day ago and a second":        {-48 * hour, -24*hour + time.Second, true, true},
		"from the last hour on":               {17567 * hour, 20000 * hour, true, false},
		"from just after the last hour on":    {17567*hour + time.Second, 20000 * hour, false, false},
		"from the last day on":                {17544 * hour, 20000 * hour, true, true},
		"from just after the last day on":     {17544*hour + time.Second, 20000 * hour, true, false},
		"never":                               {0, 0, false, false},
		"for a second at an hour of no day":   {time.Hour, time.Hour + time.Second, true, false},
		"for a second at the time of the day": {48 * hour, 48*hour + time.Second, true, true},
	} {
		other := zoneWith(t, "other", 3600, change{now.Add(c.from), east}, change{now.Add(c.to), 3600})
		if got := !sameZone(plain, other, now); got != c.differs {
			t.Errorf("%s: they differ: %t", name, got)
		}
		if got := hasOffset(other, east, now); got != c.exists {
			t.Errorf("%s: the offset is there: %t", name, got)
		}
	}
	for k := range 30 {
		from, day := now.Add(time.Duration(k)*hour), now.Add(time.Duration(k)*24*hour)
		whole := zoneWith(t, "whole", 3600, change{from, east}, change{from.Add(hour), 3600})
		less := zoneWith(t, "less", 3600, change{from.Add(time.Second), east}, change{from.Add(hour), 3600})
		if sameZone(plain, whole, now) || !sameZone(plain, less, now) {
			t.Errorf("hour %d: an hour is not seen, or less than one is", k)
		}
		whole = zoneWith(t, "whole", 3600, change{day, east}, change{day.Add(24 * hour), 3600})
		less = zoneWith(t, "less", 3600, change{day.Add(time.Second), east}, change{day.Add(24 * hour), 3600})
		if !hasOffset(whole, east, now) || hasOffset(less, east, now) {
			t.Errorf("day %d: an offset of a day is not found, or one of less is", k)
		}
	}
}

// A label is 200 bytes long at most, and no offset is beyond 14 hours.
func TestBoundsOfLabels(t *testing.T) {
	for label, right := range map[string]bool{
		"(UTC+14:00) Kiritimati Island": true, "(UTC+14:01) Nowhere": false, "(UTC-14:00) Nowhere": true, "(UTC-14:01) Nowhere": false,
		"(UTC+01:00) " + strings.Repeat("x", 188): true, "(UTC+01:00) " + strings.Repeat("x", 189): false,
	} {
		if _, err := ParseZoneLabel(label); (err == nil) != right {
			t.Errorf("%s: %v", label, err)
		}
	}
}

// An end that stays is told from one that moved after a minute.
func TestHowLongAnEndMustStay(t *testing.T) {
	a := Judgement{Token: "a", Expires: issue}
	for apart, want := range map[time.Duration]string{
		time.Minute: "fetching again returns the same token", time.Minute + 1: "fetching again returns the same token, its end unchanged",
	} {
		if got := AgainReading(a, a, apart).Reading; got != want {
			t.Errorf("after %v: %s", apart, got)
		}
	}
}

// Numbers that are not written in digits alone are read as far as they are exact.
func TestExactNumbers(t *testing.T) {
	for text, right := range map[string]bool{
		"9007199254740992.0": true, "9007199254740994.0": false, "-9007199254740992.0": true, "-9007199254740994.0": false, "9007199254740993": true,
	} {
		v := value{kindNumber, []byte(text)}
		if _, ok := v.integer(); ok != right {
			t.Errorf("%s is whole: %t", text, ok)
		}
		if _, ok := v.seconds(); ok != right {
			t.Errorf("%s are seconds: %t", text, ok)
		}
	}
}

// keyOf writes an RSA key with a modulus of so many bits, which is odd, and an exponent.
func keyOf(bits, exponent int) string {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	n.SetBit(n, 0, 1)
	raw := base64.RawURLEncoding.EncodeToString
	return fmt.Sprintf(`{"kty":"RSA","n":%q,"e":%q}`, raw(n.Bytes()), raw(big.NewInt(int64(exponent)).Bytes()))
}

// Each bound of a key and of a key set.
func TestBoundsOfKeys(t *testing.T) {
	for name, c := range map[string]struct {
		key   string
		right bool
	}{
		"1023 bits": {keyOf(1023, 65537), false}, "1024 bits": {keyOf(1024, 65537), true},
		"16384 bits": {keyOf(16384, 65537), true}, "16385 bits": {keyOf(16385, 65537), false},
		"exponent 1": {keyOf(2048, 1), false}, "exponent 2": {keyOf(2048, 2), false}, "exponent 3": {keyOf(2048, 3), true}, "exponent 4": {keyOf(2048, 4), false},
	} {
		if _, err := ParseKeySet([]byte(`{"keys":[` + c.key + `]}`)); (err == nil) != c.right {
			t.Errorf("%s: %v", name, err)
		}
	}
	for bits, why := range map[int]string{1023: "its modulus has 1023 bits, too few", 16385: "its modulus has 16385 bits, more than 16384"} {
		if _, err := ParseKeySet([]byte(`{"keys":[` + keyOf(bits, 3) + `]}`)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
	set := jwks("k")
	if _, err := ParseKeySet([]byte(set + strings.Repeat(" ", 1<<20-len(set)))); err != nil {
		t.Errorf("a set of 1 MiB: %v", err)
	}
	var unread *UnreadError
	if _, err := ParseKeySet([]byte(set + strings.Repeat(" ", 1<<20-len(set)+1))); !errors.As(err, &unread) {
		t.Errorf("a larger set: %v", err)
	}
}

// A third part that is 2^32 − 1 further is guessable, one that is 2^32 further is not.
func TestHowNearTokensMayBe(t *testing.T) {
	const head, low = "3F1A0B7C9D2E4F60718293A4B5C6D7E80FFFFFFFFFFFFFFFFFFFFFFF", "00000001"
	carried := strings.Replace(head, "0FFFFFFFFFFFFFFFFFFFFFFF", "1"+strings.Repeat("0", 23), 1)
	for second, guessable := range map[string]bool{carried + "00000000": true, carried + "00000001": false} {
		j := JudgeTokensOfTwoUsers(of(unifier.Login), withThird("$$a", head+low), withThird("$$b", second))
		if (len(j.Findings) > 0) != guessable {
			t.Errorf("%s: %v", second, j.Findings)
		}
		pairs := JudgeEveryPair(of(unifier.Login), []OwnedToken{{"$$a", withThird("$$a", head+low)}, {"$$b", withThird("$$b", second)}})
		if (len(pairs) > 0) != guessable {
			t.Errorf("%s among all: %v", second, pairs)
		}
	}
}

// What is looked for in texts, from both sides of its least or greatest length.
func TestLengthsOfWhatIsLookedFor(t *testing.T) {
	for text, found := range map[string]bool{"eyJabcde.eyJabcde.": true, "eyJabcd.eyJabcde.x": false, "eyJabcde.eyJabcd.x": false} {
		if got := FindToken(Reply{Body: []byte(text)}) != ""; got != found {
			t.Errorf("%s holds a token: %t", text, got)
		}
	}
	for text, want := range map[string]string{"Basic abcdef": "Basic [credentials]", "Basic abcde": "Basic abcde"} {
		if got := steady(text); got != want {
			t.Errorf("%s is evened out to %s", text, got)
		}
	}
	for _, statement := range []string{"select %s from users where id = 7", "SELECT %s FROM users"} {
		for n, found := range map[int]bool{1: true, 400: true, 401: false} {
			j := JudgeHygiene(Sent{}, Reply{Status: 500, Body: fmt.Appendf(nil, statement, strings.Repeat("c", n))}, "SEC-07")
			if (len(j.Findings) > 0) != found {
				t.Errorf("%s with %d columns: %v", statement, n, j.Findings)
			}
		}
	}
}

// What of an answer becomes part of later calls is bounded.
func TestBoundsOfTheWay(t *testing.T) {
	for endpoint, right := range map[string]bool{
		strings.Repeat("a", 64): true, strings.Repeat("a", 65): false, "a/" + strings.Repeat("b", 64): true, "a/" + strings.Repeat("b", 65): false,
		"/a/b/c/d": true, "/a/b/c/d/e": false,
	} {
		if got := endpointShape().MatchString(endpoint); got != right {
			t.Errorf("%s is an endpoint: %t", endpoint, got)
		}
	}
	judge := func(name, value string) string {
		var out Judgement
		out.rules = unifier.V2Auth.Rules(unifier.OAuthType)
		judgeHeader(&out, member{[]byte(name), textValue(value)})
		return kinds(out)
	}
	name, text := strings.Repeat("n", 63), strings.Repeat("v", 512)
	for _, c := range []struct{ name, value, want string }{
		{"x-unifier-" + name, text, ""}, {"x-unifier-" + name + "n", text, "V2AUTH-12 foreign_header"}, {"x-unifier-" + name, text + "v", "V2AUTH-12 header_value"},
	} {
		if got := judge(c.name, c.value); got != c.want {
			t.Errorf("a header of %d and %d bytes: %q", len(c.name), len(c.value), got)
		}
	}
	var headers []string
	for i := range 9 {
		headers = append(headers, fmt.Sprintf(`"x-unifier-%d":%q`, i, text[:500+i]))
	}
	read := func(from ...string) http.Header {
		var out Judgement
		members, err := parseBody([]byte(`{"request_headers":{`+strings.Join(from, ",")+`}}`), nil)
		if err != nil {
			t.Fatal(err)
		}
		readWay(&out, members)
		return out.Headers
	}
	if got := read(headers...); len(got) != 8 {
		t.Errorf("%d headers are kept", len(got))
	}
	if got := read(fmt.Sprintf(`"x-unifier-a":%q`, text), fmt.Sprintf(`"x-unifier-b":%q`, text+"v")); len(got) != 1 || got.Get("x-unifier-a") != text {
		t.Errorf("of 512 and 513 bytes are kept: %d", len(got))
	}
}

// textValue is a string as a reply has it.
func textValue(s string) value { return value{kindString, []byte(`"` + s + `"`)} }

// What compare is told does not depend on minutes, on what is deep inside, or on a few characters.
func TestBoundsOfTraits(t *testing.T) {
	exp, l := pacific(t)
	for off, want := range map[time.Duration]string{2*time.Hour + 7*time.Minute: "2h0m0s", 2*time.Hour + 8*time.Minute: "2h15m0s"} {
		l.expires = l.at.Add(off)
		traits := JudgedTraits(exp, unifier.Login, "success", l.reply(), JudgeToken(unifier.Login, exp, l.reply()))
		if got := traits["login.success.validity.10_minutes"]; got != want {
			t.Errorf("%v: %s", off, got)
		}
	}
	members, err := parseBody([]byte(`{"a":{"b":{"c":{"d":{"e":{"f":1}}}}}}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := shapeOf(members, 0); got != "a {b {c {d {e object}}}}" {
		t.Errorf("a shape is %s", got)
	}
	for n, want := range map[int]string{
		100: "up to 100 characters", 101: "up to 255 characters", 255: "up to 255 characters", 256: "up to 4000 characters", 4000: "up to 4000 characters", 4001: "beyond 4000 characters",
	} {
		if got := lengthClass(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
