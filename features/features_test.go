package features_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/unigate/unigate/features"
)

// idShape matches what looks like a requirement's id.
var idShape = regexp.MustCompile(`\b(?:V2)?[A-Z]{3,}-\d\d\b`)

// otherTags are the tags that name no requirement: the service, when a scenario
// runs, and what a scenario that only widens a check widens.
var otherTags = map[string]bool{
	"login": true, "oauth": true, "v2auth": true, "v2login": true, "hygiene": true,
	"slow": true, "load": true, "last": true, "end": true,
	"breadth": true, "formats": true, "zones": true, "durations": true, "units": true, "passwords": true,
}

// The register, the tags of the scenarios and the pages docs/requirements*.md name the same ids.
func TestRegisterTagsAndDocsAgree(t *testing.T) {
	register, err := features.LoadRegister()
	if err != nil {
		t.Fatal(err)
	}
	files, err := features.Scenarios()
	if err != nil {
		t.Fatal(err)
	}
	tagged := map[string]bool{}
	for _, f := range files {
		for _, line := range strings.Split(string(f.Content), "\n") {
			if !strings.HasPrefix(strings.TrimSpace(line), "@") {
				continue
			}
			for _, tag := range strings.Fields(line) {
				id := strings.TrimPrefix(tag, "@")
				if _, ok := register.Find(id); !ok && !otherTags[id] {
					t.Errorf("%s: the tag %s names no requirement", f.Name, tag)
				}
				tagged[id] = true
			}
		}
		if service := strings.Split(f.Name, "/")[1]; !strings.HasPrefix(string(f.Content), "@"+service+"\n") {
			t.Errorf("%s does not begin with the tag of its service, @%s", f.Name, service)
		}
	}
	pages, err := filepath.Glob("../docs/requirements*.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, name := range pages {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(page), "\n") {
			if id := idShape.FindString(line); id != "" && strings.HasPrefix(line, "| "+id) {
				documented[id] = true
			}
		}
	}
	for _, id := range register.IDs() {
		if !tagged[id] {
			t.Errorf("no scenario has the tag @%s", id)
		}
		if !documented[id] {
			t.Errorf("no page docs/requirements*.md lists %s", id)
		}
		delete(documented, id)
	}
	for id := range documented {
		t.Errorf("a page docs/requirements*.md lists %s, which the register does not have", id)
	}
}

// The ids that unigate promises; they never change their meaning.
func TestRegisterIsComplete(t *testing.T) {
	register, err := features.LoadRegister()
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	levels := map[features.Level]int{}
	for _, q := range register.Requirements {
		count[strings.SplitN(q.ID, "-", 2)[0]]++
		levels[q.Level]++
	}
	if count["LOGIN"] != 24 || count["OAUTH"] != 14 || count["SEC"] != 7 || count["V2AUTH"] != 21 || count["V2LOGIN"] != 2 {
		t.Errorf("%v", count)
	}
	if levels["documented"] != 32 || levels["sampled"] != 12 || levels["inferred"] != 21 || levels["observed"] != 3 {
		t.Errorf("%v", levels)
	}
	if len(register.Ambiguities) != 18 {
		t.Errorf("%d ambiguities", len(register.Ambiguities))
	}
}

func TestEditions(t *testing.T) {
	all, err := features.LoadEditions()
	if err != nil {
		t.Fatal(err)
	}
	register, err := features.LoadRegister()
	if err != nil {
		t.Fatal(err)
	}
	defaults := map[string]int64{"21.7": 3000, "24": 3600, "26": 3600, "essentials": 3600}
	var ids []string
	for _, e := range all {
		ids = append(ids, e.ID)
		if n, err := e.Seconds("oauth", "default_seconds"); err != nil || n != defaults[e.ID] {
			t.Errorf("edition %s: default %d (%v)", e.ID, n, err)
		}
		for _, q := range register.Requirements {
			if !q.In(e.ID) {
				continue
			}
			if title := e.Title(q); strings.ContainsAny(title, "{}") {
				t.Errorf("edition %s lacks a fact for %s: %s", e.ID, q.ID, title)
			}
			if page := e.Page(q); strings.Contains(page, "v1-") || strings.Contains(page, "v2-") {
				t.Errorf("edition %s has no page for %s: %s", e.ID, q.ID, page)
			}
		}
	}
	if strings.Join(ids, " ") != "21.7 24 26 essentials" {
		t.Errorf("editions %v", ids)
	}
	if e, ok := features.FindEdition(all, ""); !ok || e.ID != "21.7" {
		t.Errorf("the default edition is %q", e.ID)
	}
	for id, want := range map[string]string{
		"23": "24", "23.10": "24", "24.12": "24", "25": "24", "25.4": "24", "25.10.3": "24", "21": "21.7", "21.12": "21.7", "22.12": "21.7", "26.4": "26",
		"19": "", "20.8": "", "27": "", "2": "", "24.": "", "24.x": "", " 24": "", "24.123": "", "-24": "", "default": "",
	} {
		if e, ok := features.FindEdition(all, id); ok != (want != "") || e.ID != want {
			t.Errorf("release %q is edition %q, not %q", id, e.ID, want)
		}
	}
}

func TestDiffNamesWhatChanged(t *testing.T) {
	all, _ := features.LoadEditions()
	register, _ := features.LoadRegister()
	old, _ := features.FindEdition(all, "21.7")
	next, _ := features.FindEdition(all, "26")
	var text []string
	for _, c := range features.Diff(old, next, register) {
		text = append(text, c.Subject+": "+c.Old+" → "+c.New)
	}
	joined := strings.Join(text, "\n")
	for _, want := range []string{"V1 OAuth token: default seconds: 3000 → 3600", "requirement OAUTH-02", "requirement V2AUTH-21", "V2 auth token: request:  → GET /ws/rest/service/v2/auth/token"} {
		if !strings.Contains(joined, want) {
			t.Errorf("no change says %q:\n%s", want, joined)
		}
	}
	if strings.Contains(joined, "requirement LOGIN-") || strings.Contains(joined, "V2LOGIN-01") {
		t.Errorf("the login's requirements did not change:\n%s", joined)
	}
	if same := features.Diff(old, old, register); len(same) > 0 {
		t.Errorf("an edition differs from itself: %v", same)
	}
}

func TestDataFilesAreReadStrictly(t *testing.T) {
	for _, text := range []string{
		"", "requirements: []", "requirements: [{id: A-01, level: maybe, service: login, page: p, title: t}]",
		"requirements: [{id: A-01, level: sampled, service: login, page: p, title: t, colour: red}]",
		"requirements: [{id: A-01, level: sampled, service: login, page: p}]",
		"requirements: [{level: sampled, service: login, page: p, title: t}]",
		"requirements: [{id: A-01, level: sampled, page: p, title: t}]",
		"requirements: [{id: A-01, level: sampled, service: login, page: p, title: t}, {id: A-01, level: sampled, service: login, page: p, title: t}]",
	} {
		if _, err := features.ParseRegister([]byte(text)); err == nil {
			t.Errorf("the register %q is taken", text)
		}
	}
	for _, text := range []string{
		"", "id: x", "{id: x, published: y, services: [{id: a}]}", "{id: x, published: y, services: [{id: a, name: n, request: r}], more: z}",
		"{id: x, published: y, services: [{id: a, name: n, request: r}, {id: a, name: n, request: r}]}",
	} {
		if _, err := features.ParseEdition([]byte(text)); err == nil {
			t.Errorf("the edition %q is taken", text)
		}
	}
}

func TestRead(t *testing.T) {
	fsys := fstest.MapFS{"b.feature": {Data: []byte("Feature: b")}, "sub/a.feature": {Data: []byte("Feature: a")}, "readme.md": {}}
	files, err := features.Read(fsys, "own")
	if err != nil || len(files) != 2 || files[0].Name != "own/b.feature" || files[1].Name != "own/sub/a.feature" || !files[0].Own {
		t.Errorf("%v %v", files, err)
	}
}
