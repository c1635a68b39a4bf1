package reports

import (
	"strings"

	messages21 "github.com/cucumber/messages/go/v21"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/internal/sheet"
)

// featureFile is the scenarios of one feature file.
type featureFile struct {
	uri, name string
	scenarios []record.Scenario
}

// featureFiles groups the scenarios by file, in the order of first appearance.
func featureFiles(run *record.Run) []featureFile {
	if run.Conformance == nil {
		return nil
	}
	index := map[string]int{}
	var files []featureFile
	for _, s := range run.Conformance.Scenarios {
		uri := sheet.OneLine(s.File)
		if uri == "" {
			uri = sheet.OneLine(s.Feature)
		}
		i, ok := index[uri]
		if !ok {
			i = len(files)
			index[uri] = i
			files = append(files, featureFile{uri: uri, name: sheet.OneLine(s.Feature)})
		}
		files[i].scenarios = append(files[i].scenarios, s)
	}
	return files
}

// gherkin writes out a document and knows the line it is at.
type gherkin struct {
	text strings.Builder
	line int64
}

// put writes one line and returns its place; indent is in blanks.
func (g *gherkin) put(indent int, text string) *messages21.Location {
	g.line++
	g.text.WriteString(strings.Repeat(" ", indent) + strings.TrimRight(text, " ") + "\n")
	return &messages21.Location{Line: g.line, Column: int64(indent) + 1}
}

// document writes the source, the document, the pickles and the test cases of a
// feature file.
func (b *messageBuilder) document(f featureFile) []testCase {
	g := &gherkin{}
	feature := &messages21.Feature{Location: g.put(0, "Feature: "+f.name), Language: "en", Keyword: "Feature", Name: f.name, Tags: []*messages21.Tag{}}
	var cases []testCase
	var later []*messages21.Envelope
	for _, s := range f.scenarios {
		g.put(0, "")
		sc := b.gherkinScenario(g, s)
		feature.Children = append(feature.Children, &messages21.FeatureChild{Scenario: sc})
		pickle := b.pickle(f.uri, sc)
		c, envelope := b.testCase(s, pickle)
		later = append(later, &messages21.Envelope{Pickle: pickle}, envelope)
		cases = append(cases, c)
	}
	b.write(&messages21.Envelope{Source: &messages21.Source{Uri: f.uri, Data: g.text.String(),
		MediaType: messages21.SourceMediaType_TEXT_X_CUCUMBER_GHERKIN_PLAIN}})
	b.write(&messages21.Envelope{GherkinDocument: &messages21.GherkinDocument{Uri: f.uri, Feature: feature, Comments: []*messages21.Comment{}}})
	for _, e := range later {
		b.write(e)
	}
	return cases
}

// gherkinScenario writes out one scenario.
func (b *messageBuilder) gherkinScenario(g *gherkin, s record.Scenario) *messages21.Scenario {
	out := &messages21.Scenario{Id: b.id(), Keyword: "Scenario", Name: sheet.OneLine(s.Name),
		Tags: []*messages21.Tag{}, Steps: []*messages21.Step{}, Examples: []*messages21.Examples{}}
	var names []string
	for _, t := range s.Tags {
		if name := tagName(t); name != "" {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		at := g.put(2, strings.Join(names, " "))
		column := at.Column
		for _, name := range names {
			out.Tags = append(out.Tags, &messages21.Tag{Id: b.id(), Name: name, Location: &messages21.Location{Line: at.Line, Column: column}})
			column += int64(len([]rune(name))) + 1
		}
	}
	out.Location = g.put(2, "Scenario: "+out.Name)
	if place := sheet.OneLine(where(s)); place != "" {
		out.Description = "    at " + place
		g.put(4, "at "+place)
	}
	for _, st := range s.Steps {
		keyword, kind := stepKeyword(st.Keyword)
		text := sheet.OneLine(st.Text)
		out.Steps = append(out.Steps, &messages21.Step{Id: b.id(), Keyword: keyword, KeywordType: kind, Text: text, Location: g.put(4, keyword+text)})
	}
	return out
}

// tagName returns a tag as Gherkin allows it, or "" where nothing is left of it.
func tagName(tag string) string {
	name := strings.TrimLeft(sheet.OneLine(tag), "@")
	name = strings.NewReplacer(" ", "_", "#", "_", "@", "_").Replace(name)
	if name == "" {
		return ""
	}
	return "@" + name
}

// stepKeyword returns a keyword that Gherkin knows, with its kind.
func stepKeyword(keyword string) (string, messages21.StepKeywordType) {
	switch k := strings.TrimSpace(keyword); k {
	case "Given":
		return "Given ", messages21.StepKeywordType_CONTEXT
	case "When":
		return "When ", messages21.StepKeywordType_ACTION
	case "Then":
		return "Then ", messages21.StepKeywordType_OUTCOME
	case "And", "But":
		return k + " ", messages21.StepKeywordType_CONJUNCTION
	default:
		return "* ", messages21.StepKeywordType_UNKNOWN
	}
}

// pickle is a scenario as it was run.
func (b *messageBuilder) pickle(uri string, s *messages21.Scenario) *messages21.Pickle {
	p := &messages21.Pickle{Id: b.id(), Uri: uri, Name: s.Name, Language: "en", AstNodeIds: []string{s.Id},
		Steps: []*messages21.PickleStep{}, Tags: []*messages21.PickleTag{}}
	for _, t := range s.Tags {
		p.Tags = append(p.Tags, &messages21.PickleTag{Name: t.Name, AstNodeId: t.Id})
	}
	kind := messages21.PickleStepType_UNKNOWN
	for _, st := range s.Steps {
		switch st.KeywordType {
		case messages21.StepKeywordType_CONTEXT:
			kind = messages21.PickleStepType_CONTEXT
		case messages21.StepKeywordType_ACTION:
			kind = messages21.PickleStepType_ACTION
		case messages21.StepKeywordType_OUTCOME:
			kind = messages21.PickleStepType_OUTCOME
		}
		p.Steps = append(p.Steps, &messages21.PickleStep{Id: b.id(), AstNodeIds: []string{st.Id}, Text: st.Text, Type: kind})
	}
	return p
}

// testCase joins a scenario with its pickle; the last step is the verdict hook.
func (b *messageBuilder) testCase(s record.Scenario, p *messages21.Pickle) (testCase, *messages21.Envelope) {
	tc := &messages21.TestCase{Id: b.id(), PickleId: p.Id}
	c := testCase{scenario: s, id: tc.Id}
	for _, st := range p.Steps {
		id := b.id()
		c.steps = append(c.steps, id)
		tc.TestSteps = append(tc.TestSteps, &messages21.TestStep{Id: id, PickleStepId: st.Id,
			StepDefinitionIds: []string{stepDefinition}, StepMatchArgumentsLists: []*messages21.StepMatchArgumentsList{
				{StepMatchArguments: []*messages21.StepMatchArgument{}}}})
	}
	c.hook = b.id()
	tc.TestSteps = append(tc.TestSteps, &messages21.TestStep{Id: c.hook, HookId: verdictHook})
	return c, &messages21.Envelope{TestCase: tc}
}
