package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// switched writes the package's files with every mutant that can be switched, and gives
// those their numbers. What turns out not to compile is left out, and tried again.
func (p *pkg) switched() (map[string]string, error) {
	for i := range p.mutants {
		p.mutants[i].id = i + 1
	}
	off := map[int]bool{}
	renderers, beside := p.renderers(off)
	for {
		before := len(off)
		out := map[string]string{
			filepath.Join(p.folder, "mutant_switch.go"): fmt.Sprintf(switchFile, p.types.Name(), envMutant, envReach, len(p.mutants)+1),
		}
		for _, r := range renderers {
			out[r.f.path] = r.between(0, len(r.f.text), nil) + beside[r.f]
		}
		wrong, err := p.mistakes(out)
		if err != nil {
			return nil, err
		}
		for _, m := range wrong {
			for _, id := range enclosing(out[m.path], m.offset) {
				off[id] = true
			}
		}
		if len(off) > before {
			continue
		}
		if len(wrong) > 0 {
			return nil, fmt.Errorf("%s does not compile with its mutants beside the code: %w", p.name, wrong[0].err)
		}
		for i := range p.mutants {
			if off[i+1] {
				p.mutants[i].id = 0
			}
		}
		return out, nil
	}
}

// renderers are those of the package's files, and what is added to each.
func (p *pkg) renderers(off map[int]bool) ([]*renderer, map[*source]string) {
	all := make([]*mutant, len(p.mutants))
	for i := range p.mutants {
		all[i] = &p.mutants[i]
	}
	constants, beside := p.constants(all)
	renderers := make([]*renderer, len(p.files))
	for i, f := range p.files {
		mine := slices.DeleteFunc(slices.Clone(all), func(m *mutant) bool { return m.path != f.path || m.beside })
		r := &renderer{p: p, f: f, off: off, sites: append(switches(p, mine), constants[f]...)}
		slices.SortStableFunc(r.sites, func(a, b *site) int {
			if a.start != b.start {
				return a.start - b.start
			}
			return b.end - a.end
		})
		renderers[i] = r
	}
	return renderers, beside
}

var mark = regexp.MustCompile(`/\*(?:mutants ([0-9 ]+)|end)\*/`)

// enclosing are the mutants of the innermost site around a place, or those of its line
// where there is none.
func enclosing(text string, offset int) []int {
	var open []string
	for _, m := range mark.FindAllStringSubmatch(text[:offset], -1) {
		if m[1] == "" {
			open = open[:max(len(open)-1, 0)]
		} else {
			open = append(open, m[1])
		}
	}
	if len(open) > 0 {
		return numbers(open[len(open)-1])
	}
	line := text[strings.LastIndexByte(text[:offset], '\n')+1:]
	line, _, _ = strings.Cut(line, "\n")
	var ids []int
	for _, m := range mark.FindAllStringSubmatch(line, -1) {
		ids = append(ids, numbers(m[1])...)
	}
	return ids
}

func numbers(text string) []int {
	var ids []int
	for f := range strings.FieldsSeq(text) {
		if id, err := strconv.Atoi(f); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}
