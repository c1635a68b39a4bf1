package reports

import "strings"

// whoms say for whom it matters that a requirement is not met, by its id. The first
// entry whose ids begin as the requirement's does counts.
var whoms = []struct{ ids, text string }{
	{"LOGIN-01 OAUTH-01 V2AUTH-01 V2AUTH-08 V2LOGIN-01", "every program that fetches tokens as this user: it gets none"},
	{"LOGIN-02 LOGIN-03 OAUTH-04 OAUTH-14 V2AUTH-02 V2AUTH-03 V2AUTH-14", "programs that read the answer's members by their names, places and types"},
	{"LOGIN-05 LOGIN-18 V2AUTH-07 V2AUTH-21 OAUTH-12", "everybody: a token that is another user's gives access to what is not one's own"},
	{"LOGIN-04 OAUTH-07 OAUTH-08 OAUTH-13 V2AUTH-13", "programs that look into the token or verify its signature"},
	{"LOGIN-06 LOGIN-07 LOGIN-08 OAUTH-02 OAUTH-03 OAUTH-05 V2AUTH-04 V2AUTH-09 V2AUTH-10", "programs that renew tokens by the clock: they renew too late, or too often"},
	{"LOGIN-09 OAUTH-09 V2AUTH-19", "programs that ask for a lifetime: a mistake in it is not refused, and the token lives otherwise than meant"},
	{"LOGIN-10 LOGIN-11 LOGIN-12 V2AUTH-05", "programs that read the end of a token from the answer: they take it for another time"},
	{"LOGIN-13 LOGIN-14 LOGIN-15 LOGIN-19 LOGIN-23 OAUTH-10 V2AUTH-15 V2AUTH-20", "those who answer for security: who should stay out may get in, or is told so otherwise than documented"},
	{"LOGIN-16 LOGIN-21 OAUTH-11 V2AUTH-12 V2AUTH-16", "every program that uses its token: calls are refused though the token should be good"},
	{"LOGIN-17 LOGIN-24 OAUTH-06", "people who look for the cause of a refusal, and programs that tell causes apart"},
	{"LOGIN-20", "users whose passwords hold colons, blanks or letters beyond ASCII"},
	{"SEC-", "those who answer for security"},
	{"LOGIN-", "programs that fetch tokens from V1 login"},
	{"OAUTH-", "programs that fetch OAuth tokens"},
	{"V2", "programs that fetch tokens from V2"},
}

// whom says for whom a requirement matters, "" where nobody said.
func whom(id string) string {
	for _, w := range whoms {
		for _, prefix := range strings.Fields(w.ids) {
			if id == prefix || !strings.ContainsAny(prefix[len(prefix)-1:], "0123456789") && strings.HasPrefix(id, prefix) || prefix == "V2" && strings.HasPrefix(id, prefix) {
				return w.text
			}
		}
	}
	return ""
}
