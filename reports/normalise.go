package reports

import (
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/record"
)

// Normalise returns a copy of run in the form in which it is stored: text is
// valid UTF-8 and no longer than what is read, figures are finite (what is not a number
// becomes 0), times are in UTC, and lists that the schema demands are empty rather than absent. Drawing a
// run and drawing its stored record therefore give the same bytes.
func Normalise(run *record.Run) *record.Run {
	out := MapText(run, valid)
	if out.Schema == "" {
		out.Schema = record.Schema
	}
	return out
}

// valid replaces what is no UTF-8.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// MapText returns a normalised copy of run in which every text that a target, a
// file or a person chose went through f, such as a redactor. Names of the record's
// own (states, ids, kinds, expressions, encoded histograms) stay as they are.
func MapText(run *record.Run, f func(string) string) *record.Run {
	return walker{text: f, own: valid}.normal(reflect.ValueOf(run)).Interface().(*record.Run)
}

// walker copies values and sends their texts through text, and all others
// through own. name is that of the member whose value it copies.
type walker struct {
	text, own func(string) string
	name      string
}

// ownTexts are the fields that hold names of the record's own, by their structs;
// fields of a type of their own, such as states, are enumerations.
var ownTexts = map[reflect.Type]map[string]bool{
	reflect.TypeFor[record.Run]():         {"Schema": true, "Tool": true, "Command": true},
	reflect.TypeFor[record.Target]():      {"Edition": true},
	reflect.TypeFor[record.Requirement](): {"ID": true, "Title": true, "Scenarios": true},
	reflect.TypeFor[record.Scenario]():    {"ID": true, "File": true, "Requirements": true, "Tags": true},
	reflect.TypeFor[record.Conformance](): {"Unchecked": true},
	reflect.TypeFor[record.Baseline]():    {"Edition": true},
	reflect.TypeFor[record.Step]():        {"Keyword": true},
	reflect.TypeFor[record.Message]():     {"Method": true, "Proto": true},
	reflect.TypeFor[record.Ambiguity]():   {"ID": true, "Title": true},
	reflect.TypeFor[record.Tolerance]():   {"Name": true},
	reflect.TypeFor[record.Plan]():        {"Mix": true, "Model": true, "Transport": true, "Verification": true, "Arrivals": true},
	reflect.TypeFor[record.Phase]():       {"Shape": true, "Params": true},
	reflect.TypeFor[record.Totals]():      {"UnsentReasons": true},
	reflect.TypeFor[record.Service]():     {"Name": true, "Status": true, "LatencyHistogram": true, "ServiceTimeHistogram": true, "CleanHistogram": true},
	reflect.TypeFor[record.Point]():       {"LatencyHistograms": true},
	reflect.TypeFor[record.Bad]():         {"Kind": true, "Service": true},
	reflect.TypeFor[record.Threshold]():   {"Expression": true, "Value": true},
	reflect.TypeFor[record.Capacity]():    {"Objective": true},
	reflect.TypeFor[record.Part]():        {"Run": true},
	reflect.TypeFor[record.Whole]():       {"Run": true},
	reflect.TypeFor[record.Hashes]():      {"Key": true, "Data": true, "Kinds": true},
}

// stringType is that of texts which are no enumeration.
var stringType = reflect.TypeFor[string]()

// timeType is walked over as a value, not as a struct.
var timeType = reflect.TypeFor[time.Time]()

// normal returns a normalised deep copy of v.
func (w walker) normal(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(w.normal(v.Elem()))
		}
	case reflect.Struct:
		w.normalStruct(v, out)
	case reflect.Slice:
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(w.normal(v.Index(i)))
		}
	case reflect.Map:
		out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(walker{w.text, w.own, ""}.normal(it.Key()), w.normal(it.Value()))
		}
	case reflect.String:
		if v.Type() != stringType {
			out.SetString(w.own(v.String()))
			break
		}
		out.SetString(clipped(w.text(v.String()), w.name))
	case reflect.Float64:
		if f := v.Float(); !math.IsNaN(f) && !math.IsInf(f, 0) {
			out.SetFloat(f)
		}
	default:
		out.Set(v)
	}
	return out
}

// normalStruct normalises the fields of a struct; lists and maps that are left
// out of the JSON when empty stay nil when empty, as decoding leaves them.
func (w walker) normalStruct(v, out reflect.Value) {
	if v.Type() == timeType {
		out.Set(reflect.ValueOf(v.Interface().(time.Time).Round(0).UTC()))
		return
	}
	own := ownTexts[v.Type()]
	for i := range v.NumField() {
		f := v.Field(i)
		tag := v.Type().Field(i).Tag.Get("json")
		if k := f.Kind(); (k == reflect.Slice || k == reflect.Map) && f.Len() == 0 && strings.Contains(tag, ",omitempty") {
			continue
		}
		name, _, _ := strings.Cut(tag, ",")
		within := walker{w.text, w.own, name}
		if own[v.Type().Field(i).Name] {
			within.text = w.own
		}
		out.Field(i).Set(within.normal(f))
	}
}
