package trend

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/input"
	"github.com/unigate/unigate/internal/printable"
	"github.com/unigate/unigate/internal/record"
)

// Bounds of what is looked at.
const (
	maxRecord = 128 << 20 // bytes of one file
	maxFiles  = 100_000   // files of a folder and below
	maxNamed  = 3         // files that a note names
)

// file is a record that was found, with as much of it as its order and its group take.
type file struct {
	path string
	// named says that the user named it, and not a folder that it is in.
	named   bool
	started time.Time
	ended   time.Time
	target  string
	plan    [sha256.Size]byte
	kind    loadKind
}

// loadKind says what of a load test a record holds.
type loadKind int

// What a record holds of a load test.
const (
	noLoad loadKind = iota
	plainLoad
	search
)

// findings are the records that were found and what was not taken for one.
type findings struct {
	files []file
	// passed are the files of folders that are no records, alike how many were copies.
	passed []string
	alike  []string
	apart  []Apart
}

// head is the part of a record by which it is put into order.
type head struct {
	Schema   string        `json:"schema"`
	Started  time.Time     `json:"started"`
	Finished time.Time     `json:"finished"`
	Target   record.Target `json:"target"`
	Load     *struct {
		Plan      record.Plan      `json:"plan"`
		Capacity  *objectiveOnly   `json:"capacity"`
		Generator record.Generator `json:"generator"`
		Stopped   string           `json:"stopped"`
		Totals    record.Totals    `json:"totals"`
	} `json:"load"`
}

// objectiveOnly is what a search looked for.
type objectiveOnly struct {
	Objective string `json:"objective"`
}

// find looks for records. They come back in the order in which their runs started.
func find(ctx context.Context, paths []string) (*findings, error) {
	f := &findings{}
	seen := map[string]bool{}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() {
			if err := f.take(ctx, path, true, seen); err != nil {
				return nil, err
			}
			continue
		}
		if err := f.walk(ctx, path, seen); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(f.files, func(a, b file) int {
		return cmp.Or(a.started.Compare(b.started), a.ended.Compare(b.ended), cmp.Compare(a.path, b.path))
	})
	f.dropCopies()
	return f, nil
}

// walk looks for records in a folder and below, in the order of the names. Links to
// folders are not followed.
func (f *findings) walk(ctx context.Context, dir string, seen map[string]bool) error {
	looked := 0
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && path == dir:
			return fmt.Errorf("cannot read the folder: %w", err)
		case err != nil:
			f.apart = append(f.apart, Apart{File: path, Why: "cannot be read: " + err.Error()})
			return fs.SkipDir
		case d.IsDir() || !strings.EqualFold(filepath.Ext(path), ".json"):
			return nil
		}
		if looked++; looked > maxFiles {
			return fmt.Errorf("%s has more than %d JSON files: name a smaller folder", dir, maxFiles)
		}
		return f.take(ctx, path, false, seen)
	})
}

// take looks at one file.
func (f *findings) take(ctx context.Context, path string, named bool, seen map[string]bool) error {
	name := path
	if full, err := filepath.Abs(path); err == nil {
		name = full
	}
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	if seen[name] {
		return nil // named twice, or named and in a folder
	}
	seen[name] = true
	info, err := os.Stat(path)
	if regular := err == nil && info.Mode().IsRegular(); !named && !regular {
		f.passed = append(f.passed, path)
		return nil // a pipe in a folder would wait for its writer
	}
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return fmt.Errorf("%s is no regular file, and each record is read twice: save it first", path)
	}
	b, err := input.Read(ctx, path, maxRecord)
	switch {
	case err != nil && (named || ctx.Err() != nil):
		return fmt.Errorf("cannot read the run record: %w", err)
	case err != nil:
		f.apart = append(f.apart, Apart{File: path, Why: printable.Line(err.Error(), maxText)})
		return nil
	}
	h, err := readHead(b)
	switch {
	case named && (err != nil || h.Schema != record.Schema):
		// Read says what is wrong with it, in its words for all commands.
		f.files = append(f.files, file{path: path, named: true})
	case err != nil && claims(path, b):
		f.apart = append(f.apart, Apart{File: path, Why: "not a sound run record: " + printable.Line(err.Error(), maxText)})
	case err == nil && strings.HasPrefix(h.Schema, "unigate.run/") && h.Schema != record.Schema:
		f.apart = append(f.apart, Apart{File: path, Why: "its schema is " + printable.Line(h.Schema, 40) + ", and this unigate reads " + record.Schema})
	case err != nil || h.Schema != record.Schema:
		f.passed = append(f.passed, path)
	default:
		f.files = append(f.files, fileOf(path, named, h))
	}
	return nil
}

// readHead reads the head of a record.
func readHead(b []byte) (head, error) {
	var h head
	err := json.Unmarshal(b, &h)
	var other *json.UnmarshalTypeError
	if errors.As(err, &other) && h.Schema != record.Schema {
		return h, nil // some other JSON, which no record claims to be
	}
	return h, err
}

// claims reports whether a file that cannot be read as JSON means to be a run record.
func claims(path string, b []byte) bool {
	return filepath.Base(path) == "run.json" || strings.Contains(string(b[:min(len(b), 4096)]), `"`+record.Schema+`"`)
}

// fileOf keeps what is needed of a head.
func fileOf(path string, named bool, h head) file {
	f := file{path: path, named: named, started: h.Started, ended: h.Finished, target: targetOf(h.Target)}
	if h.Load == nil {
		return f
	}
	f.kind = plainLoad
	objective := ""
	if h.Load.Capacity != nil {
		f.kind, objective = search, h.Load.Capacity.Objective
	}
	if h.Load.Generator.Saturated || h.Load.Stopped != "" {
		f.kind = noLoad // it stands for no plan
		return f
	}
	f.plan = fingerprint(f.target, objective, h.Load.Plan)
	return f
}

// fingerprint tells plans apart that cannot be compared.
func fingerprint(target, objective string, p record.Plan) [sha256.Size]byte {
	p.Seed, p.Verification, p.WarmupS, p.TimeoutS, p.Arrivals = 0, "", 0, 0, cmp.Or(p.Arrivals, "uniform")
	if p.InflightByNeed {
		p.MaxInflight = 0
	}
	p.Phases = slices.Clone(p.Phases)
	for i := range p.Phases {
		p.Phases[i].Name = ""
	}
	b, _ := json.Marshal(p) // it was read from JSON
	return sha256.Sum256(append([]byte(target+"\x00"+objective+"\x00"), b...))
}

// targetOf names a target: the embedded service listens at another port each time.
func targetOf(t record.Target) string {
	if t.Embedded {
		return "the embedded reference service"
	}
	return printable.Line(t.BaseURL, maxText)
}

// dropCopies leaves one record of each run: files that are copies say the same twice.
func (f *findings) dropCopies() {
	f.files = slices.CompactFunc(f.files, func(a, b file) bool {
		same := !a.started.IsZero() && a.started.Equal(b.started) && a.ended.Equal(b.ended) && a.target == b.target && a.kind == b.kind && a.plan == b.plan
		if same {
			f.alike = append(f.alike, b.path)
		}
		return same
	})
}

// notes says what was not taken for a record.
func (f *findings) notes() []string {
	var out []string
	if n := len(f.passed); n > 0 {
		out = append(out, amount.Of(n, "JSON file is", "JSON files are")+" no run record, and passed over: "+named(f.passed))
	}
	if n := len(f.alike); n > 0 {
		out = append(out, amount.Of(n, "record is a copy", "records are copies")+" of another one: "+named(f.alike))
	}
	return out
}

// named names a few files and says how many more there are.
func named(paths []string) string {
	var out []string
	for _, p := range paths[:min(len(paths), maxNamed)] {
		out = append(out, printable.Line(p, maxText))
	}
	if n := len(paths) - len(out); n > 0 {
		return strings.Join(out, ", ") + fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(out, ", ")
}
