package unifier_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/unifier"
)

// tableFile holds the table of the services, from which the rest of the program
// takes what it knows of them.
const tableFile = "internal/unifier/services.go"

// mayName are the places that name services beside the table, with the reason.
// A place that names none any more must leave the list.
var mayName = []struct{ under, because string }{
	{tableFile, "the table"},
	{"internal/reference/", "a stranger to the judges: its catalogue says of each fault and variant which service has it"},
	{"reports/internal/sample/", "test data: a run record to draw reports from"},
	{"steps/", "its vocabulary is being taken from the table"},
}

// TestServicesAreNamedInTheTableOnly fails where the program names a service by a
// literal or by one of the table's constants outside the table: the next service
// would have to be added there.
func TestServicesAreNamedInTheTableOnly(t *testing.T) {
	root := filepath.Join("..", "..")
	names := tableConstants(t, filepath.Join(root, tableFile))
	count := map[string]int{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		found, err := namedServices(filepath.ToSlash(name), source, names)
		if err != nil {
			return err
		}
		allowed := slices.IndexFunc(mayName, func(m struct{ under, because string }) bool {
			return strings.HasPrefix(filepath.ToSlash(name), m.under)
		})
		for _, f := range found {
			if allowed < 0 {
				t.Errorf("%s: take it from the table of services", f)
				continue
			}
			count[mayName[allowed].under]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mayName {
		if count[m.under] == 0 {
			t.Errorf("%s names no service any more: take it off the list of places that may", m.under)
		}
		t.Logf("%s: %d places (%s)", m.under, count[m.under], m.because)
	}
}

// TestNamedServices is the negative control: each way of naming a service is found,
// and what only looks like one is not.
func TestNamedServices(t *testing.T) {
	names := tableConstants(t, filepath.Join("..", "..", tableFile))
	if !slices.Contains(names, "Login") || !slices.Contains(names, "V2AuthPath") || slices.Contains(names, "Basic") || slices.Contains(names, "ResourcePath") {
		t.Fatalf("the table's constants are %v", names)
	}
	for _, c := range []struct {
		body string
		want int
	}{
		{`if s == unifier.OAuth { return }`, 1},
		{`call(unifier.V2LoginPath)`, 1},
		{`path := "/ws/rest/service/v2/auth/token"; _ = path`, 1},
		{`for _, s := range []unifier.Service{unifier.Login, unifier.OAuth} { _ = s }`, 2},
		{`if service == "oauth" { return }`, 1},
		{`switch service { case "login": }`, 1},
		{`_ = map[string]int{"v2auth": 1}`, 1},
		{`_ = unifier.Service("login")`, 1},
		{`seconds("oauth", "default_seconds")`, 1},
		{`_ = mix{"v2": 1}`, 1},
		{`_ = traits["oauth.success.expires_in"]`, 1},
		{"_ = `login`", 1},
		{`if u.Type == unifier.OAuthType { return }`, 0},
		{`const kind unifier.UserType = "oauth"; _ = kind`, 0},
		{`fmt.Println("the login page of a portal", "login=80,oauth=20", "Login")`, 0},
		{`other.Login(); x.login()`, 0},
		{`type t struct { Login string "json:\"login\"" }`, 0},
		{`_ = unifier.ResourcePath`, 0},
	} {
		source := "package p\n\nimport \"login\"\n\nfunc f() {\n" + c.body + "\n}\n"
		found, err := namedServices("p.go", []byte(source), names)
		if err != nil {
			t.Fatalf("%s: %v", c.body, err)
		}
		if len(found) != c.want {
			t.Errorf("%s: found %q, want %d", c.body, found, c.want)
		}
	}
	if found, err := namedServices("internal/unifier/x.go", []byte("package unifier\n\nfunc f(s Service) bool { return s == Login }\n"), names); err != nil || len(found) != 1 {
		t.Errorf("inside the package: found %q, %v, want one", found, err)
	}
}

// tableConstants lists the constants of the table that stand for services: their
// ids and their paths.
func tableConstants(t *testing.T, path string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			spec := s.(*ast.ValueSpec)
			for i, value := range spec.Values {
				if text, ok := textOf(value); ok && meansService(text) {
					names = append(names, spec.Names[i].Name)
				}
			}
		}
	}
	return names
}

// textOf is the value of a literal text.
func textOf(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// meansService reports whether a text is the id, the short name or the path of a
// service, or begins as the name of one of its traits or thresholds does.
func meansService(text string) bool {
	head, _, _ := strings.Cut(text, ".")
	if _, known := unifier.ServiceByID(head); known {
		return true
	}
	_, known := unifier.ServiceByPath(text)
	return known
}

// namedServices finds where a source file names services.
func namedServices(name string, source []byte, constants []string) ([]string, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []string
	add := func(at token.Pos, what string) {
		p := set.Position(at)
		found = append(found, fmt.Sprintf("%s:%d: %s", name, p.Line, what))
	}
	own := file.Name.Name == "unifier"
	selected := map[*ast.Ident]bool{} // the right sides of selectors: names of other things
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			return n.Tag == nil // a tag is no text of the program
		case *ast.ValueSpec:
			if typ := typeName(n.Type); typ != "" && typ != "Service" && typ != "string" {
				return false // a constant of another type, such as a type of users
			}
		case *ast.SelectorExpr:
			selected[n.Sel] = true
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "unifier" && slices.Contains(constants, n.Sel.Name) {
				add(n.Pos(), "unifier."+n.Sel.Name)
			}
		case *ast.Ident:
			if own && !selected[n] && slices.Contains(constants, n.Name) {
				add(n.Pos(), n.Name)
			}
		case *ast.BasicLit:
			if text, ok := textOf(n); ok && meansService(text) {
				add(n.Pos(), n.Value)
			}
		}
		return true
	})
	return found, nil
}

// typeName is the name of a type, without its package; "" for none, and for others than names.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
