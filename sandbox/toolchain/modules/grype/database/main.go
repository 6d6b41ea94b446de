// Command database writes a vulnerability database as grype downloads it, with grype's
// own packages, from published advisories on stdin: the archive and latest.json, into
// the folder that it is given. A second argument is how long ago it was built.
package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/anchore/grype/grype/db/provider"
	db "github.com/anchore/grype/grype/db/v6"
	build "github.com/anchore/grype/grype/db/v6/build"
	"github.com/anchore/grype/grype/db/v6/build/transformers"
)

// advisory is what GitHub's advisory database says, as far as grype looks at it.
type advisory struct {
	ID, CVE, Severity, Summary string
	// Ecosystem is grype's name for it: python.
	Package, Ecosystem string
	Affected           []affected
}

// affected is a range of versions, and the first without the hole, or nothing.
type affected struct{ Versions, Fixed string }

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) < 2 {
		return errors.New("usage: database folder [age] < advisories.json")
	}
	folder, built := os.Args[1], time.Now().UTC().Truncate(time.Second)
	if len(os.Args) > 2 {
		age, err := time.ParseDuration(os.Args[2])
		if err != nil {
			return err
		}
		built = built.Add(-age)
	}
	var advisories []advisory
	if err := json.NewDecoder(os.Stdin).Decode(&advisories); err != nil {
		return fmt.Errorf("advisories: %w", err)
	}

	state := provider.State{Provider: "github", Version: 1, Timestamp: built}
	writer, err := build.NewWriter(folder, provider.States{state}, false, 0)
	if err != nil {
		return err
	}
	for _, a := range advisories {
		if err := writer.Write(transformers.NewEntries(a.models(state)...)...); err != nil {
			return fmt.Errorf("%s: %w", a.ID, err)
		}
	}
	if err := writer.Close(); err != nil {
		return err
	}
	if err := date(filepath.Join(folder, db.VulnerabilityDBFileName), built); err != nil {
		return fmt.Errorf("date: %w", err)
	}
	return build.CreateArchive(folder, "", nil)
}

// models are the rows of an advisory.
func (a advisory) models(state provider.State) []any {
	handle := db.AffectedPackageHandle{
		Package:   &db.Package{Name: a.Package, Ecosystem: a.Ecosystem},
		BlobValue: &db.PackageBlob{CVEs: []string{a.CVE}},
	}
	for _, one := range a.Affected {
		fix := &db.Fix{Version: one.Fixed, State: db.FixedStatus}
		if one.Fixed == "" {
			fix.State = db.NotFixedStatus
		}
		handle.BlobValue.Ranges = append(handle.BlobValue.Ranges,
			db.Range{Version: db.Version{Type: a.Ecosystem, Constraint: one.Versions}, Fix: fix})
	}
	return []any{
		db.VulnerabilityHandle{
			Name: a.ID, ProviderID: state.Provider, Provider: provider.Model(state), Status: db.VulnerabilityActive,
			BlobValue: &db.VulnerabilityBlob{
				ID: a.ID, Description: a.Summary, Aliases: []string{a.CVE},
				References: []db.Reference{{URL: "https://github.com/advisories/" + a.ID}},
				Severities: []db.Severity{{Scheme: db.SeveritySchemeCHML, Value: a.Severity}},
			},
		},
		handle,
	}
}

// date says when the database was built: grype's packages know only now.
func date(file string, built time.Time) error {
	store, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	_, err = store.Exec(`UPDATE db_metadata SET build_timestamp = ?`, built)
	return errors.Join(err, store.Close())
}
