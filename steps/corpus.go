package steps

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"sync"

	gherkin "github.com/cucumber/gherkin/go/v26"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/unigate/unigate/features"
)

// Scenario is one scenario, or one row of an outline's examples, as it was written.
type Scenario struct {
	// ID is the file and the line of the scenario or of its row.
	ID      string
	File    string
	Feature string
	Name    string
	Line    int
	Tags    []string
	// Requirements are the ids of the register among the tags, without "@".
	Requirements []string
	Own          bool
	Steps        []ScenarioStep

	node, examples int // indexes into the file's blocks; examples is -1 for a plain scenario
}

// ScenarioStep is one step as it was written.
type ScenarioStep struct {
	Keyword string
	Text    string
	Line    int

	below string // what stands below it, a doc string or a table
}

// block is a stretch of lines that can be blanked out, from first to last.
type block struct{ first, last int }

// featureFile is a parsed feature file.
type featureFile struct {
	name      string
	content   []byte
	lines     int
	blocks    []block
	scenarios []*Scenario
}

// corpus is a set of parsed feature files.
type corpus struct {
	files    []*featureFile
	register *features.Register
}

// embedded parses the embedded features once; they never change.
var embedded = sync.OnceValues(func() (*corpus, error) {
	files, err := features.Scenarios()
	if err != nil {
		return nil, err
	}
	register, err := features.LoadRegister()
	if err != nil {
		return nil, err
	}
	return parseCorpus(files, register)
})

// newCorpus returns the embedded features and the user's own, or these alone.
func newCorpus(own []features.File, alone bool) (*corpus, error) {
	c, err := embedded()
	if err != nil || len(own) == 0 {
		return c, err
	}
	more, err := parseCorpus(distinct(own, c.files), c.register)
	if err != nil || alone {
		return more, err
	}
	return &corpus{files: append(append([]*featureFile{}, c.files...), more.files...), register: c.register}, nil
}

// distinct gives the user's files names that no other file has, since godog
// drops the second file of a name without a word.
func distinct(own []features.File, others []*featureFile) []features.File {
	taken := map[string]bool{}
	for _, f := range others {
		taken[f.name] = true
	}
	named := make([]features.File, 0, len(own))
	for _, f := range own {
		for taken[f.Name] {
			f.Name = "own/" + f.Name
		}
		taken[f.Name] = true
		named = append(named, f)
	}
	return named
}

// parseCorpus parses feature files.
func parseCorpus(files []features.File, register *features.Register) (*corpus, error) {
	c := &corpus{register: register}
	for _, f := range files {
		parsed, err := parseFeature(f, register)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		c.files = append(c.files, parsed)
	}
	return c, nil
}

// scenarios lists every scenario in the order of the files.
func (c *corpus) scenarios() []*Scenario {
	var all []*Scenario
	for _, f := range c.files {
		all = append(all, f.scenarios...)
	}
	return all
}

// got finds what an error of the parser quotes from a file.
var got = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`, got '.*'`) })

// unquoted leaves out what an error of the parser quotes: any file may have been
// named by mistake, also one with secrets.
func unquoted(err error) error { return errors.New(got().ReplaceAllString(err.Error(), "")) }

// parseFeature parses one file.
func parseFeature(f features.File, register *features.Register) (*featureFile, error) {
	newID := (&messages.Incrementing{}).NewId
	doc, err := gherkin.ParseGherkinDocument(bytes.NewReader(f.Content), newID)
	if err != nil {
		return nil, unquoted(err)
	}
	if what := emptyOutline(doc); f.Own && what != "" {
		return nil, errors.New(what)
	}
	file := &featureFile{name: f.Name, content: f.Content, lines: bytes.Count(f.Content, []byte("\n")) + 1}
	index := indexDocument(doc)
	file.blocks = index.close(file.lines)
	for _, p := range gherkin.Pickles(*doc, f.Name, newID) {
		s := &Scenario{File: f.Name, Feature: doc.Feature.Name, Name: p.Name, Own: f.Own, examples: -1}
		for _, id := range p.AstNodeIds {
			s.Line = index.line[id]
			if b, ok := index.block[id]; ok {
				s.node = b
			}
			if b, ok := index.rowBlock[id]; ok {
				s.examples = b
			}
		}
		s.ID = fmt.Sprintf("%s:%d", f.Name, s.Line)
		for _, t := range p.Tags {
			s.Tags = append(s.Tags, t.Name)
			if _, ok := register.Find(strings.TrimPrefix(t.Name, "@")); ok {
				s.Requirements = append(s.Requirements, strings.TrimPrefix(t.Name, "@"))
			}
		}
		for _, st := range p.Steps {
			id := st.AstNodeIds[0]
			s.Steps = append(s.Steps, ScenarioStep{Keyword: index.keyword[id], Text: st.Text, Line: index.line[id], below: below(st)})
		}
		file.scenarios = append(file.scenarios, s)
	}
	return file, nil
}

// documentIndex finds lines, keywords and blocks by the ids of a document's nodes.
type documentIndex struct {
	line     map[string]int
	keyword  map[string]string
	block    map[string]int // of scenarios
	rowBlock map[string]int // the examples of a row
	starts   []blockStart
}

// blockStart is where a block begins; an inner one, examples, ends at any next
// start, an outer one at the next outer one.
type blockStart struct {
	first int
	inner bool
}

// indexDocument walks through a document.
func indexDocument(doc *messages.GherkinDocument) *documentIndex {
	x := &documentIndex{line: map[string]int{}, keyword: map[string]string{}, block: map[string]int{}, rowBlock: map[string]int{}}
	if doc.Feature == nil {
		return x
	}
	for _, c := range doc.Feature.Children {
		switch {
		case c.Background != nil:
			x.background(c.Background)
		case c.Scenario != nil:
			x.scenario(c.Scenario)
		case c.Rule != nil:
			x.start(c.Rule.Location, c.Rule.Tags, false)
			for _, rc := range c.Rule.Children {
				if rc.Background != nil {
					x.background(rc.Background)
				}
				if rc.Scenario != nil {
					x.scenario(rc.Scenario)
				}
			}
		}
	}
	return x
}

// start notes the beginning of a block and returns its index.
func (x *documentIndex) start(at *messages.Location, tags []*messages.Tag, inner bool) int {
	first := int(at.Line)
	for _, t := range tags {
		first = min(first, int(t.Location.Line))
	}
	x.starts = append(x.starts, blockStart{first, inner})
	return len(x.starts) - 1
}

// background indexes the steps of a background.
func (x *documentIndex) background(b *messages.Background) {
	x.start(b.Location, nil, false)
	x.steps(b.Steps)
}

// scenario indexes a scenario or an outline.
func (x *documentIndex) scenario(s *messages.Scenario) {
	x.line[s.Id] = int(s.Location.Line)
	x.block[s.Id] = x.start(s.Location, s.Tags, false)
	x.steps(s.Steps)
	for _, e := range s.Examples {
		b := x.start(e.Location, e.Tags, true)
		for _, row := range e.TableBody {
			x.line[row.Id] = int(row.Location.Line)
			x.rowBlock[row.Id] = b
		}
	}
}

// steps indexes steps.
func (x *documentIndex) steps(steps []*messages.Step) {
	for _, s := range steps {
		x.line[s.Id] = int(s.Location.Line)
		x.keyword[s.Id] = strings.TrimSpace(s.Keyword)
	}
}

// close turns the starts into blocks, given the number of lines of the file.
func (x *documentIndex) close(lines int) []block {
	order := make([]int, len(x.starts))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(i, j int) bool { return x.starts[order[i]].first < x.starts[order[j]].first })
	blocks := make([]block, len(x.starts))
	for i, o := range order {
		b := block{first: x.starts[o].first, last: lines}
		for _, next := range order[i+1:] {
			if x.starts[o].inner || !x.starts[next].inner {
				b.last = x.starts[next].first - 1
				break
			}
		}
		blocks[o] = b
	}
	return blocks
}

// only returns the file's text with everything but the selected scenarios
// blanked out, so that lines keep their numbers; nil if none is selected.
func (f *featureFile) only(selected map[*Scenario]bool) []byte {
	keep := map[int]bool{}
	some, all := false, true
	for _, s := range f.scenarios {
		if !selected[s] {
			all = false
			continue
		}
		some = true
		keep[s.node] = true
		if s.examples >= 0 {
			keep[s.examples] = true
		}
	}
	if !some || all {
		return map[bool][]byte{true: f.content}[some]
	}
	lines := bytes.SplitAfter(f.content, []byte("\n"))
	for _, s := range f.scenarios {
		for _, b := range []int{s.node, s.examples} {
			if b >= 0 && !keep[b] {
				f.blocks[b].blank(lines)
			}
		}
	}
	return bytes.Join(lines, nil)
}

// blank empties the block's lines.
func (b block) blank(lines [][]byte) {
	for i := b.first - 1; i < b.last && i < len(lines); i++ {
		lines[i] = []byte("\n")
	}
}
