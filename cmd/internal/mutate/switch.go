package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// A package is built once with all of its mutants in it: each stands beside the code that
// it changes, and a variable of the environment says which one holds. What cannot be
// written so, such as a constant that the language wants to be one, is built by itself.

// The variables of the environment that a binary with mutants knows.
const (
	envMutant = "MUTATE_ID"    // the mutant that holds
	envReach  = "MUTATE_REACH" // a file to which the mutants are written whose place was reached
)

// switchFile is what is added to the package.
const switchFile = `package %s

import (
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
)

var (
	mutantID, _   = strconv.Atoi(os.Getenv(%q))
	mutantReach   = os.Getenv(%q)
	mutantReached [%d]atomic.Bool
)

func mutantOn(n int) bool {
	if mutantReach != "" {
		mutantNote(n)
	}
	return mutantID == n
}

func mutantNote(n int) {
	if mutantReached[n].Swap(true) {
		return
	}
	if f, err := os.OpenFile(mutantReach, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
		fmt.Fprintln(f, n)
		f.Close()
	}
}

func mutantPick[T any](on bool, with, without T) T {
	if on {
		return with
	}
	return without
}
`

// site is a place of a file that is written anew. The first mutant at a place is the
// outermost.
type site struct {
	start, end int
	mutants    []*mutant
	write      func(r *renderer, s *site, on []*mutant) string
}

// renderer writes a file with its mutants.
type renderer struct {
	p     *pkg
	f     *source
	sites []*site // by place, the outer before the inner
	off   map[int]bool
}

// at is the offset of a place.
func (r *renderer) at(pos token.Pos) int { return r.p.set.Position(pos).Offset }

// raw is the source between two places, render the same with the mutants in it.
func (r *renderer) raw(n ast.Node) string { return string(r.f.text[r.at(n.Pos()):r.at(n.End())]) }

func (r *renderer) render(n ast.Node, within *site) string {
	return r.between(r.at(n.Pos()), r.at(n.End()), within)
}

// between renders a part of the file; the sites up to and with the one within which it
// lies are being written already.
func (r *renderer) between(from, to int, within *site) string {
	var b strings.Builder
	i := 0
	if within != nil {
		i = slices.Index(r.sites, within) + 1
	}
	for ; i < len(r.sites) && from < to; i++ {
		s := r.sites[i]
		if s.start < from || s.end > to {
			continue
		}
		b.Write(r.f.text[from:s.start])
		b.WriteString(r.site(s))
		from = s.end
	}
	b.Write(r.f.text[from:to])
	return b.String()
}

// site writes a place, between marks by which a mistake finds it.
func (r *renderer) site(s *site) string {
	on := slices.DeleteFunc(slices.Clone(s.mutants), func(m *mutant) bool { return r.off[m.id] })
	if len(on) == 0 {
		return r.between(s.start, s.end, s)
	}
	text := s.write(r, s, on)
	if text == "" {
		for _, m := range on {
			r.off[m.id] = true
		}
		return r.between(s.start, s.end, s)
	}
	var ids []string
	for _, m := range on {
		ids = append(ids, strconv.Itoa(m.id))
	}
	// The blank keeps a division before it from becoming a comment.
	return " /*mutants " + strings.Join(ids, " ") + "*/" + text + "/*end*/"
}

// switches makes the sites of a mutant's kind. Mutants at one place share one.
func switches(p *pkg, mutants []*mutant) []*site {
	var sites []*site
	byNode := map[ast.Node]*site{}
	for _, m := range mutants {
		if s := byNode[m.node]; s != nil && m.kind == operator {
			s.mutants = append(s.mutants, m)
			continue
		}
		at := func(pos token.Pos) int { return p.set.Position(pos).Offset }
		s := &site{start: at(m.node.Pos()), end: at(m.node.End()), mutants: []*mutant{m}}
		switch n := m.node.(type) {
		case *ast.BinaryExpr:
			byNode[n] = s
			s.write = func(r *renderer, s *site, on []*mutant) string { return r.binary(n, s, on) }
		case *ast.UnaryExpr:
			s.write = func(r *renderer, s *site, on []*mutant) string {
				return choice(on, func(*mutant) string { return r.raw(n.X) }, "!"+r.render(n.X, s))
			}
		case *ast.Ident: // true or false
			s.write = func(_ *renderer, _ *site, on []*mutant) string {
				return fmt.Sprintf("(mutantOn(%d) != %s)", on[0].id, n.Name)
			}
		case *ast.BasicLit:
			s.write = func(r *renderer, _ *site, on []*mutant) string { return r.pick(n, on[0], on[0].with, n.Value) }
		case *ast.IfStmt:
			s.start, s.end = at(n.Cond.Pos()), at(n.Cond.End())
			s.write = func(r *renderer, s *site, on []*mutant) string {
				return fmt.Sprintf("!mutantOn(%d) && (%s)", on[0].id, r.render(n.Cond, s))
			}
		case ast.Stmt:
			s.write = func(r *renderer, s *site, on []*mutant) string { return r.removed(n, s, on[0]) }
		}
		sites = append(sites, s)
	}
	return sites
}

// choice is a truth value that is another one where a mutant holds.
func choice(on []*mutant, with func(*mutant) string, without string) string {
	var b strings.Builder
	b.WriteString("(")
	none := make([]string, len(on))
	for i, m := range on {
		fmt.Fprintf(&b, "mutantOn(%d) && (%s) || ", m.id, with(m))
		none[i] = fmt.Sprintf("mutantID != %d", m.id)
	}
	return b.String() + strings.Join(none, " && ") + " && (" + without + "))"
}

// pick is one of two values of an expression's type.
func (r *renderer) pick(e ast.Expr, m *mutant, with, without string) string {
	name := r.p.typeName(r.f, r.p.info.TypeOf(e))
	if name == "" {
		return ""
	}
	return fmt.Sprintf("mutantPick[%s](mutantOn(%d), %s, %s)", name, m.id, with, without)
}

// binary writes an operation.
func (r *renderer) binary(n *ast.BinaryExpr, s *site, on []*mutant) string {
	with := func(m *mutant) string { return r.raw(n.X) + " " + m.op.String() + " " + r.raw(n.Y) }
	without := r.render(n.X, s) + " " + n.Op.String() + " " + r.render(n.Y, s)
	t := r.p.info.TypeOf(n)
	if b, ok := t.Underlying().(*types.Basic); ok && b.Info()&types.IsBoolean != 0 {
		return choice(on, with, without)
	}
	m := on[0]
	if plain(n) && m.op != token.QUO {
		return r.pick(n, m, with(m), without)
	}
	name := r.p.typeName(r.f, t)
	if name == "" {
		return ""
	}
	return fmt.Sprintf("func() %s { if mutantOn(%d) { return %s }; return %s }()", name, m.id, with(m), without)
}

// plain reports whether an expression may be worked out twice.
func plain(e ast.Expr) bool {
	ok := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, named := n.Fun.(*ast.Ident); !named || !slices.Contains([]string{"len", "float64", "int", "int64", "uint64", "rune", "byte"}, f.Name) {
				ok = false
			}
		case *ast.FuncLit:
			ok = false
		case *ast.UnaryExpr:
			ok = ok && n.Op != token.ARROW
		}
		return ok
	})
	return ok
}

// removed writes a statement that a mutant takes away.
func (r *renderer) removed(n ast.Stmt, s *site, m *mutant) string {
	text := fmt.Sprintf("if !mutantOn(%d) { %s }", m.id, r.render(n, s))
	if a, ok := n.(*ast.AssignStmt); ok && !r.p.info.Types[a.Rhs[0]].IsNil() {
		text += " else { _ = " + r.raw(a.Rhs[0]) + " }"
	}
	return text
}
