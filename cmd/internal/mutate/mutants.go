package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// mutant is one change of one file.
type mutant struct {
	path       string // of the file, as the compiler knows it
	file       string // the same below the module's folder, with slashes
	line       int
	code       string // the line, as it stands
	change     string // what is done to it, such as "< to <="
	start, end int    // the bytes that are replaced
	with       string

	kind kind
	node ast.Node    // what is changed
	op   token.Token // that an operator becomes
	id   int         // by which the switch knows it; 0 where it is built by itself
	// beside says that a changed constant stands beside the one it changes.
	beside bool
}

// kind is how a mutant is switched on.
type kind int

const (
	operator kind = iota
	negation
	literal
	truth
	guard
	removal
)

func (m mutant) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", m.file, m.line, m.change, m.code)
}

// apply is the mutated file.
func (m mutant) apply(source []byte) []byte {
	return slices.Concat(source[:m.start], []byte(m.with), source[m.end:])
}

// maker collects the mutants of one file.
type maker struct {
	path, file string
	source     []byte
	set        *token.FileSet
	all        []mutant
}

// mutate makes the mutants of one file.
func mutate(path, file string, source []byte) ([]mutant, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, path, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return mutantsOf(path, file, source, set, tree), nil
}

// mutantsOf makes the mutants of one file that was parsed.
func mutantsOf(path, file string, source []byte, set *token.FileSet, tree *ast.File) []mutant {
	m := &maker{path: path, file: file, source: source, set: set}
	ast.Inspect(tree, m.visit)
	slices.SortStableFunc(m.all, func(a, b mutant) int { return a.start - b.start })
	return m.all
}

// add notes the change of what lies between two places.
func (m *maker) add(k kind, n ast.Node, from, to token.Pos, with, change string) *mutant {
	at := m.set.Position(from)
	rest := m.source[at.Offset-at.Column+1:]
	code, _, _ := strings.Cut(string(rest), "\n")
	m.all = append(m.all, mutant{
		path: m.path, file: m.file, line: at.Line, code: strings.TrimSpace(code), change: change,
		start: at.Offset, end: m.set.Position(to).Offset, with: with, kind: k, node: n,
	})
	return &m.all[len(m.all)-1]
}

// text is the source between two places.
func (m *maker) text(from, to token.Pos) string {
	return string(m.source[m.set.Position(from).Offset:m.set.Position(to).Offset])
}

// operators are what an operator is changed into: a comparison into its neighbour at
// the boundary and into its opposite.
var operators = map[token.Token][]token.Token{
	token.LSS: {token.LEQ, token.GEQ}, token.LEQ: {token.LSS, token.GTR}, token.GTR: {token.GEQ, token.LEQ}, token.GEQ: {token.GTR, token.LSS},
	token.EQL: {token.NEQ}, token.NEQ: {token.EQL}, token.LAND: {token.LOR}, token.LOR: {token.LAND},
	token.ADD: {token.SUB}, token.SUB: {token.ADD}, token.MUL: {token.QUO}, token.QUO: {token.MUL}, token.REM: {token.MUL},
}

// visit makes the mutants of one node. Import paths, tags and array lengths are let alone.
func (m *maker) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ImportSpec, *ast.ArrayType:
		return false
	case *ast.BinaryExpr:
		for _, to := range operators[n.Op] {
			m.add(operator, n, n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), to.String(), n.Op.String()+" to "+to.String()).op = to
		}
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			m.add(negation, n, n.OpPos, n.OpPos+1, "", "without !")
		}
	case *ast.BasicLit:
		m.constant(n)
	case *ast.Ident:
		if other, ok := map[string]string{"true": "false", "false": "true"}[n.Name]; ok {
			m.add(truth, n, n.Pos(), n.End(), other, n.Name+" to "+other)
		}
	case *ast.IfStmt:
		m.guard(n)
	case *ast.BlockStmt:
		m.statements(n.List)
	case *ast.CaseClause:
		m.statements(n.Body)
	case *ast.CommClause:
		m.statements(n.Body)
	}
	return true
}

// constant changes a number by one or doubles a fraction.
func (m *maker) constant(n *ast.BasicLit) {
	var with string
	switch n.Kind {
	case token.INT:
		v, err := strconv.ParseInt(n.Value, 0, 64)
		if err != nil {
			return
		}
		with = strconv.FormatInt(v+1, 10)
	case token.FLOAT:
		v, err := strconv.ParseFloat(n.Value, 64)
		if err != nil {
			return
		}
		with = strconv.FormatFloat(2*v, 'g', -1, 64)
		if v == 0 {
			with = "1.0"
		}
	default:
		return
	}
	m.add(literal, n, n.Pos(), n.End(), with, n.Value+" to "+with)
}

// guard takes away a branch that leaves early: its condition stays, so that what it
// reads is still used, and never holds.
func (m *maker) guard(n *ast.IfStmt) {
	if len(n.Body.List) == 0 || n.Else != nil {
		return
	}
	switch n.Body.List[len(n.Body.List)-1].(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		m.add(guard, n, n.Cond.Pos(), n.Cond.End(), "false && ("+m.text(n.Cond.Pos(), n.Cond.End())+")", "never so")
	}
}

// panics reports whether a call is of panic, which ends a function as a return does:
// without it a result may be missing.
func panics(call *ast.CallExpr) bool {
	name, is := call.Fun.(*ast.Ident)
	return is && name.Name == "panic"
}

// statements takes away one statement of a block at a time. What is assigned is
// still worked out, so that no variable or import is left unused.
func (m *maker) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ExprStmt:
			if call, is := s.X.(*ast.CallExpr); is && !panics(call) {
				m.add(removal, s, s.Pos(), s.End(), m.blank(s.Pos(), s.End()), "call removed")
			}
		case *ast.IncDecStmt:
			m.add(removal, s, s.Pos(), s.End(), m.blank(s.Pos(), s.End()), "removed")
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE && len(s.Lhs) == 1 {
				m.add(removal, s, s.Pos(), s.Rhs[0].Pos(), "_ = ", "assignment removed")
			}
		case *ast.BranchStmt:
			if s.Tok == token.CONTINUE || s.Tok == token.BREAK {
				m.add(removal, s, s.Pos(), s.End(), "", s.Tok.String()+" removed")
			}
		}
	}
}

// blank replaces what is removed by as many lines, so that places stay.
func (m *maker) blank(from, to token.Pos) string {
	return strings.Repeat("\n", strings.Count(m.text(from, to), "\n"))
}
