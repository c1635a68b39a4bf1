package reports

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/sketch"
)

// full gives every member of a record a value: each list and map one entry, each text
// what text makes of its name.
func full(v reflect.Value, name string, text func(name string) string) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		full(v.Elem(), name, text)
	case reflect.Struct:
		if v.Type() == timeType {
			v.Set(reflect.ValueOf(sampleStart))
			return
		}
		for i := range v.NumField() {
			tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			full(v.Field(i), tag, text)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		full(v.Index(0), name, text)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, one := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		full(key, "", text)
		full(one, name, text)
		v.SetMapIndex(key, one)
	case reflect.String:
		if word, ok := enumerations[v.Type()]; ok {
			v.SetString(word)
			return
		}
		v.SetString(text(name))
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Int:
		v.SetInt(1)
	case reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	case reflect.Bool:
		v.SetBool(true)
	}
}

// enumerations has a value of each type that is one.
var enumerations = map[reflect.Type]string{
	reflect.TypeFor[record.State](): "pass", reflect.TypeFor[record.Level](): "documented", reflect.TypeFor[record.VerdictState](): "pass",
	reflect.TypeFor[record.ThresholdState](): "pass", reflect.TypeFor[record.KeptState](): "accepted",
}

// widest are a histogram of times of every length and as many hashes of tokens as are kept.
func widest(t *testing.T) (histogram, hashes string) {
	t.Helper()
	h := hist.New()
	for random := rand.New(rand.NewPCG(1, 1)); h.Count() < 100_000; {
		h.Record(time.Duration(math.Exp(random.Float64() * math.Log(float64(time.Hour)))))
	}
	histogram, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	s := sketch.New([]byte("key"))
	for i := range sketch.Size + 100 {
		s.Add(fmt.Sprint(i), 0)
	}
	if hashes = s.Encode(); len(histogram) <= longestWord || len(hashes) <= longestWord {
		t.Fatalf("%d and %d bytes are no more than a word may have", len(histogram), len(hashes))
	}
	return histogram, hashes
}

// What unigate writes it reads, whatever was measured and whatever a target, a file or a
// person said: of names and texts that are too long the end is left out.
func TestEveryRecordThatIsWrittenIsRead(t *testing.T) {
	histogram, hashes := widest(t)
	run := &record.Run{}
	full(reflect.ValueOf(run).Elem(), "", func(name string) string {
		switch {
		case strings.Contains(name, "histogram"):
			return histogram
		case name == "data":
			return hashes
		case name == "schema":
			return record.Schema
		case isText(name):
			return strings.Repeat("\xff", longestText/3+10) // each becomes three bytes
		}
		return strings.Repeat("ä", longestWord/2+1) // no rune may be cut through
	})
	run.Verdict.Exit, run.Load.Part.Hashes.Kept, run.Load.Part.Hashes.Count = 0, sketch.Size, sketch.Size+100
	stored, err := Encode(run)
	if err != nil {
		t.Fatal(err)
	}
	read, err := Decode(stored)
	if err != nil {
		t.Fatalf("%.400v", err)
	}
	if again, err := Encode(read); err != nil || string(again) != string(stored) {
		t.Errorf("stored again it is another record: %v", err)
	}
	if got := read.Load.Part.Hashes.Data; got != hashes {
		t.Errorf("%d bytes of hashes, not %d", len(got), len(hashes))
	}
	if got := read.Load.Connections.FirstByteHistogram; got != histogram {
		t.Errorf("%d bytes of a histogram, not %d", len(got), len(histogram))
	}
	if name := read.Load.Services[0].Name; !strings.HasSuffix(name, "ä…") || len(name) > longestWord {
		t.Errorf("a name of %d bytes, ending in %q", len(name), name[len(name)-8:])
	}
}
