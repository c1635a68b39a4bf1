package unifier

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"sync"
	"time"
)

// zoneInfo is the IANA time zone database as Go ships it (lib/time/zoneinfo.zip).
//
//go:embed zoneinfo.zip
var zoneInfo []byte

// ZoneDataVersion is the release of the time zone database that is part of the
// binary. The machine's own is never used: with an older one a right server
// would be judged by outdated rules of daylight saving.
const ZoneDataVersion = "2025c"

// zoneFiles finds the database's files by the names of zones.
var zoneFiles = sync.OnceValues(func() (map[string]*zip.File, error) {
	r, err := zip.NewReader(bytes.NewReader(zoneInfo), int64(len(zoneInfo)))
	if err != nil {
		return nil, err
	}
	files := make(map[string]*zip.File, len(r.File))
	for _, f := range r.File {
		files[f.Name] = f
	}
	return files, nil
})

// zones keeps what LoadLocation has read, by name.
var zones sync.Map

// LoadLocation is time.LoadLocation with the embedded database only, whatever
// ZONEINFO and the machine's folders say.
func LoadLocation(name string) (*time.Location, error) {
	if l, ok := zones.Load(name); ok {
		return l.(*time.Location), nil
	}
	files, err := zoneFiles()
	if err != nil {
		return nil, fmt.Errorf("the embedded time zone database: %w", err)
	}
	f := files[name]
	if f == nil || f.FileInfo().IsDir() {
		return nil, fmt.Errorf("unknown time zone %s", name)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("the embedded time zone database: %w", err)
	}
	defer func() { _ = r.Close() }() // it was only read
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("the embedded time zone database: %w", err)
	}
	l, err := time.LoadLocationFromTZData(name, data)
	if err != nil {
		return nil, err
	}
	zones.Store(name, l)
	return l, nil
}
