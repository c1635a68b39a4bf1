package schema

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unigate/unigate/internal/record"
)

var update = flag.Bool("update", false, "rewrite the schema from the record's Go types")

// The schema file must say exactly what the Go types say.
func TestSchemaAgreesWithTheRecord(t *testing.T) {
	want := generate(t)
	if *update {
		if err := os.WriteFile("run.schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(JSON), string(want)); diff != "" {
		t.Errorf("run.schema.json and internal/record differ; if the record is right, run the test with -update\n%s", diff)
	}
}

func TestValidateFindsWrongRecords(t *testing.T) {
	for name, k := range map[string]struct{ doc, want string }{
		"not JSON":      {`{`, "not JSON"},
		"no schema":     {`{}`, "schema"},
		"other schema":  {`{"schema":"unigate.run/v9"}`, "schema"},
		"text as count": {`{"schema":"unigate.run/v1","load":{"totals":{"planned":"many"}}}`, "planned"},
		"unknown state": {`{"schema":"unigate.run/v1","verdict":{"state":"good","exit":0,"reasons":[]}}`, "state"},
	} {
		if err := Validate([]byte(k.doc)); err == nil || !strings.Contains(err.Error(), k.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// object is a JSON object in the order in which it is written.
type object = map[string]any

// generator makes the schema of Go types.
type generator struct {
	comments map[string]string
	enums    map[string][]any
	defs     object
}

// generate returns the schema of record.Run.
func generate(t *testing.T) []byte {
	g := &generator{comments: map[string]string{}, enums: map[string][]any{}, defs: object{}}
	g.read(t, "../../internal/record")
	root := g.object(reflect.TypeFor[record.Run]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = "https://github.com/unigate/unigate/run.schema.json"
	root["title"] = "The run record of unigate (run.json)"
	root["$defs"] = g.defs
	root["properties"].(object)["schema"] = object{"const": record.Schema}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// read collects the doc comments of fields and the constants of text types.
func (g *generator) read(t *testing.T, dir string) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if d, ok := d.(*ast.GenDecl); ok {
				g.declaration(d)
			}
		}
	}
}

// declaration reads one declaration.
func (g *generator) declaration(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			g.comments[s.Name.Name] = sentence(d.Doc)
			st, ok := s.Type.(*ast.StructType)
			if !ok {
				continue
			}
			for _, f := range st.Fields.List {
				for _, n := range f.Names {
					text := sentence(f.Doc)
					if text == "" {
						text = sentence(f.Comment)
					}
					g.comments[s.Name.Name+"."+n.Name] = text
				}
			}
		case *ast.ValueSpec:
			if typ, ok := s.Type.(*ast.Ident); ok && d.Tok == token.CONST {
				for _, v := range s.Values {
					if lit, ok := v.(*ast.BasicLit); ok {
						text, _ := strconv.Unquote(lit.Value)
						g.enums[typ.Name] = append(g.enums[typ.Name], text)
					}
				}
			}
		}
	}
}

// sentence is a comment in one line.
func sentence(c *ast.CommentGroup) string {
	if c == nil {
		return ""
	}
	return strings.Join(strings.Fields(c.Text()), " ")
}

// of returns the schema of a type.
func (g *generator) of(t reflect.Type) object {
	switch t.Kind() {
	case reflect.Pointer:
		return g.of(t.Elem())
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return object{"type": "string", "format": "date-time"}
		}
		if _, ok := g.defs[t.Name()]; !ok {
			g.defs[t.Name()] = object{} // stops recursion
			g.defs[t.Name()] = g.object(t)
		}
		return object{"$ref": "#/$defs/" + t.Name()}
	case reflect.Slice:
		return object{"type": "array", "items": g.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": g.of(t.Elem())}
	case reflect.String:
		if values := g.enums[t.Name()]; values != nil {
			return object{"enum": values}
		}
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Uint32, reflect.Uint64:
		return object{"type": "integer", "minimum": 0}
	case reflect.Int:
		return object{"type": "integer"}
	default:
		panic("no schema for " + t.String())
	}
}

// object returns the schema of a struct.
func (g *generator) object(t reflect.Type) object {
	properties, required := object{}, []any{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		s := g.of(f.Type)
		if text := g.comments[t.Name()+"."+f.Name]; text != "" {
			s["description"] = text
		}
		properties[name] = s
		if !strings.Contains(rest, "omit") { // omitempty or omitzero
			required = append(required, name)
		}
	}
	out := object{"type": "object", "properties": properties, "required": required}
	if text := g.comments[t.Name()]; text != "" {
		out["description"] = text
	}
	return out
}
