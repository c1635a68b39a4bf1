package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
)

// constants lets the uses of a package's constants know their mutants: a constant has a
// second one beside it for each. What others may use, tests name, or is part of another
// constant, has none.
func (p *pkg) constants(mutants []*mutant) (sites map[*source][]*site, beside map[*source]string) {
	sites, beside = map[*source][]*site{}, map[*source]string{}
	byLiteral := map[ast.Node]*mutant{}
	for _, m := range mutants {
		if m.kind == literal {
			byLiteral[m.node] = m
		}
	}
	for _, f := range p.files {
		for _, d := range f.tree.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.CONST {
				continue
			}
			for _, spec := range decl.Specs {
				v := spec.(*ast.ValueSpec) //nolint:forcetypeassert // so in a declaration of constants
				for i, name := range v.Names {
					if i >= len(v.Values) || !p.private(name) || counts(v.Values[i]) {
						continue
					}
					ast.Inspect(v.Values[i], func(n ast.Node) bool {
						if m := byLiteral[n]; n != nil && m != nil {
							p.constant(f, v, i, m, sites, beside)
						}
						return true
					})
				}
			}
		}
	}
	return sites, beside
}

// private reports whether only code of the package looks at a constant.
func (p *pkg) private(name *ast.Ident) bool {
	return !name.IsExported() && name.Name != "_" && !regexp.MustCompile(`\b`+name.Name+`\b`).Match(p.tests)
}

// counts reports whether a constant's value depends on its place in the list.
func counts(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		i, ok := n.(*ast.Ident)
		found = found || ok && i.Name == "iota"
		return true
	})
	return found
}

// constant adds the changed constant of a mutant and the sites of its uses.
func (p *pkg) constant(f *source, v *ast.ValueSpec, i int, m *mutant, sites map[*source][]*site, beside map[*source]string) {
	at := func(pos token.Pos) int { return p.set.Position(pos).Offset }
	value := v.Values[i]
	changed := fmt.Sprintf("mutant%d_%s", m.id, v.Names[i].Name)
	kind := ""
	if v.Type != nil {
		kind = " " + string(f.text[at(v.Type.Pos()):at(v.Type.End())])
	}
	beside[f] += fmt.Sprintf("\nconst /*mutants %d*/%s%s = %s%s%s/*end*/\n", m.id, changed, kind,
		f.text[at(value.Pos()):m.start], m.with, f.text[m.end:at(value.End())])
	m.beside = true
	object := p.info.Defs[v.Names[i]]
	for use, o := range p.info.Uses {
		if o != object {
			continue
		}
		file := p.files[slices.IndexFunc(p.files, func(f *source) bool { return f.tree.FileStart <= use.Pos() && use.Pos() < f.tree.FileEnd })]
		s := &site{start: at(use.Pos()), end: at(use.End()), mutants: []*mutant{m}}
		s.write = func(r *renderer, s *site, on []*mutant) string {
			return r.pick(use, on[0], changed, r.between(s.start, s.end, s))
		}
		sites[file] = append(sites[file], s)
	}
}
