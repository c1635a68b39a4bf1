package oracle

import (
	"math/big"

	"github.com/unigate/unigate/internal/unifier"
)

// OwnedToken is a token with the user that was given it.
type OwnedToken struct {
	User, Token string
}

// PairFinding is what is wrong about two of the tokens of a run, by their places in it.
type PairFinding struct {
	First, Second int
	Finding       Finding
}

// maxPairFindings bounds how many findings JudgeEveryPair gives.
const maxPairFindings = 32

// JudgeEveryPair judges every pair of the tokens that a service gave in a whole
// run, in their order: those of two users differ and cannot be guessed from one
// another, those of one user may only be the same where they are DB tokens
// (LOGIN-18; A11), and no jti comes twice (OAUTH-12). It finds what comparing
// each pair with JudgeTokensOfTwoUsers and JudgeReissue finds, and parses each
// token once. A token that is a plain hash of its user's name makes a pair with itself.
func JudgeEveryPair(who Asked, tokens []OwnedToken) []PairFinding {
	if who.token() == unifier.JWT {
		return everyJWT(who, tokens)
	}
	return everyDBToken(who, tokens)
}

// everyJWT is OAUTH-12: what comes again is found by looking it up.
func everyJWT(who Asked, tokens []OwnedToken) []PairFinding {
	var found []PairFinding
	seen, ids := map[string]int{}, map[string]int{}
	for i, t := range tokens {
		j := who.judgement()
		var first int
		before, again := seen[t.Token]
		parsed, err := parseJWT(t.Token)
		switch same, known := idOf(ids, parsed, err); {
		case again:
			first = before
			judgeReissue(&j, unifier.RuleDistinct, tokens[first].Token, t.Token)
		case known:
			first = same
			judgeReissue(&j, unifier.RuleDistinct, tokens[first].Token, t.Token)
		default:
			seen[t.Token] = i
			if err == nil && parsed.ID != "" {
				ids[parsed.ID] = i
			}
			continue
		}
		for _, f := range j.Findings {
			found = append(found, PairFinding{first, i, f})
		}
		if len(found) >= maxPairFindings {
			return found
		}
	}
	return found
}

// idOf finds the place of a token that had the same jti.
func idOf(ids map[string]int, t *JWT, err error) (int, bool) {
	if err != nil || t.ID == "" {
		return 0, false
	}
	at, known := ids[t.ID]
	return at, known
}

// parsedDBToken is a DB token with what comparing it with others needs.
type parsedDBToken struct {
	DBToken
	hex          string
	whole        *big.Int
	front, back  *big.Int
	isHashOfName bool
}

// everyDBToken is LOGIN-18.
func everyDBToken(who Asked, tokens []OwnedToken) []PairFinding {
	parsed := make([]*parsedDBToken, len(tokens))
	seen := map[OwnedToken]bool{}
	var found []PairFinding
	for i, t := range tokens {
		if db, err := ParseDBToken(t.Token); err == nil {
			parsed[i] = newParsedDBToken(db)
		}
		if f := parsed[i].hashOfName(who); f != nil && !seen[t] {
			found = append(found, PairFinding{i, i, *f})
		}
		seen[t] = true
		for k := range i {
			j := who.judgement()
			switch sameUser := tokens[k].User == t.User; {
			case tokens[k].Token == t.Token && sameUser:
				continue // one token, given again (A11)
			case tokens[k].Token == t.Token:
				j = JudgeTokensOfTwoUsers(who, tokens[k].Token, t.Token)
			case parsed[i] != nil && parsed[k] != nil && parsed[k].suspect(parsed[i]):
				from, same := "another user's token", unifier.RuleTwoUsers
				if sameUser {
					from, same = "the user's previous token", unifier.RuleDistinct
				}
				judgeGuessable(&j, same, tokens[k].Token, t.Token, from)
			}
			for _, f := range j.Findings {
				found = append(found, PairFinding{k, i, f})
			}
			if len(found) >= maxPairFindings {
				return found
			}
		}
	}
	return found
}

// newParsedDBToken prepares a token for comparisons.
func newParsedDBToken(t DBToken) *parsedDBToken {
	p := &parsedDBToken{DBToken: t, hex: digits(t), isHashOfName: hashOf(t)}
	number := func(s string) *big.Int { n, _ := new(big.Int).SetString(s, 16); return n }
	half := len(p.hex) / 2
	p.whole, p.front, p.back = number(p.hex), number(p.hex[:half]), number(p.hex[half:])
	return p
}

// hashOfName is the finding about a token that needs no other one to be guessed from; nil for others.
func (p *parsedDBToken) hashOfName(who Asked) *Finding {
	if p == nil || !p.isHashOfName {
		return nil
	}
	j := who.judgement()
	j.find(unifier.RuleDistinct, "guessable_token", "a third part that does not follow from the user's name", "a plain hash of the user's name", "")
	if len(j.Findings) == 0 {
		return nil
	}
	return &j.Findings[0]
}

// suspect reports whether judgeGuessable may find something: it is the same
// comparison without its texts.
func (p *parsedDBToken) suspect(o *parsedDBToken) bool {
	differing := 0
	for i := range p.hex {
		if p.hex[i] != o.hex[i] {
			differing++
		}
	}
	if differing*digitBits <= maxGuesses || p.isHashOfName || o.isHashOfName {
		return true
	}
	var d big.Int
	if d.Sub(p.whole, o.whole).BitLen() <= maxGuesses {
		return true
	}
	front := d.Sub(p.front, o.front).BitLen()
	return front <= maxGuesses && front+d.Sub(p.back, o.back).BitLen() <= maxGuesses
}
