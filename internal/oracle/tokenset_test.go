package oracle

import (
	"crypto/md5" //nolint:gosec // what is judged is that no token is such a hash
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/unifier"
)

// dbTokenOf makes a token of a user with a third part.
func dbTokenOf(user, third string) string {
	part := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	return part(`{"typ":"DB"}`) + "." + part(`{"username":"`+user+`"}`) + "." + third
}

// Every pair is judged as JudgeTokensOfTwoUsers and JudgeReissue judge one.
func TestEveryPairIsJudgedAsPairsAre(t *testing.T) {
	const (
		a = "0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F90123456789ABCDEF0123456789ABCDEF"
		b = "F0E1D2C3-B4A5-9687-7869-5A4B3C2D1E0FFEDCBA9876543210FEDCBA9876543210"
	)
	next := a[:len(a)-1] + "0"
	counted := a[:35] + "8" + a[36:]
	hash := fmt.Sprintf("%X", md5.Sum([]byte("$$c")))
	hashed := hash[:8] + "-" + hash[8:12] + "-" + hash[12:16] + "-" + hash[16:20] + "-" + hash[20:] + hash
	tokens := []OwnedToken{
		{"$$a", dbTokenOf("$$a", a)}, {"$$b", dbTokenOf("$$b", b)}, {"$$a", dbTokenOf("$$a", a)}, {"$$b", dbTokenOf("$$b", a)},
		{"$$c", dbTokenOf("$$a", a)}, {"$$a", dbTokenOf("$$a", next)}, {"$$b", dbTokenOf("$$b", counted)}, {"$$c", dbTokenOf("$$c", hashed)},
		{"$$d", "no token"},
	}
	want := map[string]bool{}
	for i := range tokens {
		for k := range i {
			j := JudgeTokensOfTwoUsers(of(unifier.Login), tokens[k].Token, tokens[i].Token)
			if tokens[k].User == tokens[i].User {
				j = JudgeReissue(of(unifier.Login), tokens[k].Token, tokens[i].Token)
			}
			for _, f := range j.Findings {
				want[fmt.Sprint(k, i, f.Kind)] = true
			}
		}
	}
	want["7 7guessable_token"] = true // needs no other one
	got := map[string]bool{}
	for _, f := range JudgeEveryPair(of(unifier.Login), tokens) {
		got[fmt.Sprint(f.First, f.Second, f.Finding.Kind)] = true
		if f.Finding.Requirement != "LOGIN-18" || strings.Contains(f.Finding.String(), a) {
			t.Errorf("%s", f.Finding)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || len(want) < 8 {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func TestEveryPairOfAccessTokens(t *testing.T) {
	jwt := func(id, more string) string {
		part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
		return part(`{"alg":"RS256"}`) + "." + part(`{"sub":"a","iat":1,"exp":2,"jti":"`+id+`"`+more+`}`) + "." + part("signature")
	}
	found := JudgeEveryPair(of(unifier.OAuth), []OwnedToken{
		{"a", jwt("1", "")}, {"b", jwt("2", "")}, {"a", jwt("3", "")}, {"b", jwt("1", `,"x":1`)}, {"a", jwt("3", "")}, {"a", "none"},
	})
	text := ""
	for _, f := range found {
		text += fmt.Sprintf("%d-%d %s %s; ", f.First, f.Second, f.Finding.Requirement, f.Finding.Kind)
	}
	if want := "0-3 OAUTH-12 repeated_jti; 2-4 OAUTH-12 repeated_token; 2-4 OAUTH-12 repeated_jti; "; text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

func BenchmarkEveryPair(b *testing.B) {
	var tokens []OwnedToken
	for i := range 250 {
		third := strings.ToUpper(fmt.Sprintf("%x%x", md5.Sum(fmt.Append(nil, "a", i)), md5.Sum(fmt.Append(nil, "b", i))))
		user := fmt.Sprint("$$", i%40)
		tokens = append(tokens, OwnedToken{user, dbTokenOf(user, third[:8]+"-"+third[8:12]+"-"+third[12:16]+"-"+third[16:20]+"-"+third[20:])})
	}
	for b.Loop() {
		JudgeEveryPair(of(unifier.Login), tokens)
	}
}
