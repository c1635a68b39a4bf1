// Package features holds the documented behaviour of the token services: the
// scenarios in Gherkin, the register of requirements, and what each edition of
// the documentation says. All of it is data, embedded into the program.
package features

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed login oauth v2auth v2login hygiene load
var scenarios embed.FS

//go:embed editions/*.yaml
var editionFiles embed.FS

//go:embed requirements.yaml
var registerFile []byte

// File is one feature file.
type File struct {
	// Name is the file's path, such as "features/login/dates.feature".
	Name string
	// Content is its text.
	Content []byte
	// Own is true for a file of the user's.
	Own bool
}

// Scenarios returns the embedded feature files in the order of their names.
func Scenarios() ([]File, error) {
	files, err := Read(scenarios, "features")
	if err != nil {
		return nil, err
	}
	for i := range files {
		files[i].Own = false
	}
	return files, nil
}

// Read returns every .feature file below the root of fsys, by name, as the
// user's own. The names begin with prefix.
func Read(fsys fs.FS, prefix string) ([]File, error) {
	var files []File
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".feature" {
			return err
		}
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		files = append(files, File{Name: path.Join(prefix, name), Content: content, Own: true})
		return nil
	})
	return files, err
}

// Level is how strongly the documentation stands behind a requirement:
// documented, sampled or inferred; observed is for what nobody says.
type Level string

// Requirement is one entry of the register.
type Requirement struct {
	ID      string `yaml:"id"`
	Level   Level  `yaml:"level"`
	Service string `yaml:"service"`
	// Page is a key of the editions' pages, or names the standard that the requirement follows from.
	Page string `yaml:"page"`
	// Title may hold facts of the edition in braces; Edition.Title fills them in.
	Title string `yaml:"title"`
	// Editions lists the editions that have the requirement; empty means all of them.
	// LoadRegister fills in those that have the service.
	Editions []string `yaml:"editions"`
}

// In reports whether the edition has the requirement.
func (r Requirement) In(edition string) bool {
	if len(r.Editions) == 0 {
		return true
	}
	for _, e := range r.Editions {
		if e == edition {
			return true
		}
	}
	return false
}

// Ambiguity is a place where the documentation allows more than one reading.
type Ambiguity struct {
	ID    string `yaml:"id"`
	Title string `yaml:"title"`
}

// Register is the requirement register.
type Register struct {
	Requirements []Requirement `yaml:"requirements"`
	Ambiguities  []Ambiguity   `yaml:"ambiguities"`
}

// Find returns the requirement with the given id.
func (r *Register) Find(id string) (Requirement, bool) {
	for _, q := range r.Requirements {
		if q.ID == id {
			return q, true
		}
	}
	return Requirement{}, false
}

// IDs lists the ids in the register's order.
func (r *Register) IDs() []string {
	ids := make([]string, 0, len(r.Requirements))
	for _, q := range r.Requirements {
		ids = append(ids, q.ID)
	}
	return ids
}

// LoadRegister reads the embedded register. A requirement that names no editions is
// in those that have its service. The lists are the caller's own, what they hold is
// shared and must not be changed.
func LoadRegister() (*Register, error) {
	r, err := register()
	if err != nil {
		return nil, err
	}
	return &Register{slices.Clone(r.Requirements), slices.Clone(r.Ambiguities)}, nil
}

// register reads the embedded register once: it never changes.
var register = sync.OnceValues(func() (*Register, error) {
	r, err := ParseRegister(registerFile)
	if err != nil {
		return nil, err
	}
	editions, err := LoadEditions()
	if err != nil {
		return nil, err
	}
	for i := range r.Requirements {
		if q := &r.Requirements[i]; len(q.Editions) == 0 && q.Service != EveryService {
			q.Editions = having(editions, q.Service)
		}
	}
	return r, nil
})

// EveryService is the service of requirements that hold for all of them.
const EveryService = "both"

// having lists the editions that have a service.
func having(editions []Edition, service string) []string {
	var ids []string
	for _, e := range editions {
		if s, ok := e.Service(service); ok && s.Checked {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// ParseRegister reads a register. Unknown keys, unknown levels and services,
// and ids given twice are errors.
func ParseRegister(data []byte) (*Register, error) {
	var r Register
	if err := yaml.UnmarshalWithOptions(data, &r, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("requirement register: %w", err)
	}
	seen := map[string]bool{}
	for _, q := range r.Requirements {
		if err := q.check(); err != nil {
			return nil, fmt.Errorf("requirement register: %w", err)
		}
		if seen[q.ID] {
			return nil, fmt.Errorf("requirement register: %s is there twice", q.ID)
		}
		seen[q.ID] = true
	}
	if len(r.Requirements) == 0 {
		return nil, errors.New("requirement register: no requirement")
	}
	return &r, nil
}

// check reports what is wrong with an entry.
func (r Requirement) check() error {
	switch {
	case r.ID == "":
		return errors.New("an entry has no id")
	case r.Title == "" || r.Page == "":
		return fmt.Errorf("%s needs a title and a page", r.ID)
	case r.Level != "documented" && r.Level != "sampled" && r.Level != "inferred" && r.Level != "observed":
		return fmt.Errorf("%s: a level is documented, sampled, inferred or observed, not %q", r.ID, r.Level)
	case r.Service == "":
		return fmt.Errorf("%s needs a service", r.ID)
	}
	return nil
}

// LoadEditions reads the embedded editions, oldest first. The list is the caller's
// own, what it holds is shared and must not be changed.
func LoadEditions() ([]Edition, error) {
	all, err := editions()
	return slices.Clone(all), err
}

// editions reads the embedded editions once: they never change.
var editions = sync.OnceValues(func() ([]Edition, error) {
	names, err := fs.Glob(editionFiles, "editions/*.yaml")
	if err != nil {
		return nil, err
	}
	var all []Edition
	for _, name := range names {
		data, err := editionFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		e, err := ParseEdition(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if want := strings.TrimSuffix(path.Base(name), ".yaml"); e.ID != want {
			return nil, fmt.Errorf("%s: its id is %q", name, e.ID)
		}
		all = append(all, *e)
	}
	sort.Slice(all, func(i, j int) bool { return older(all[i].ID, all[j].ID) })
	return all, nil
})

// FindEdition returns the edition with the given id, or the one that stands for
// the release, such as 23.10; the default one for "".
func FindEdition(all []Edition, id string) (Edition, bool) {
	for _, e := range all {
		if e.ID == id || (id == "" && e.Default) {
			return e, true
		}
	}
	if !release().MatchString(id) {
		return Edition{}, false
	}
	number, _, _ := strings.Cut(id, ".")
	for _, e := range all {
		if slices.Contains(e.Releases, number) {
			return e, true
		}
	}
	return Edition{}, false
}

// release matches the number of a release, such as 23 or 23.10.3.
var release = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\d{2}(\.\d{1,2}){0,3}$`) })
