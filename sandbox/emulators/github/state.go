package github

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// state is the emulator's state; its JSON is the state file.
type state struct {
	// Port is the port of the last server.
	Port         int           `json:"port,omitempty"`
	LastID       int64         `json:"lastId"`
	Accounts     []*account    `json:"accounts"`
	Apps         []*app        `json:"apps,omitempty"`
	Repositories []*repository `json:"repositories"`
}

// account is a user or an organization.
type account struct {
	ID    int64   `json:"id"`
	Login string  `json:"login"`
	Type  string  `json:"type"`
	Teams []*team `json:"teams,omitempty"`
}

type team struct {
	ID      int64    `json:"id"`
	Slug    string   `json:"slug"`
	Members []string `json:"members,omitempty"`
}

type app struct {
	ID   int64  `json:"id"`
	Slug string `json:"slug"`
	Name string `json:"name"`
}

type repository struct {
	ID            int64                 `json:"id"`
	Owner         string                `json:"owner"`
	Name          string                `json:"name"`
	Private       bool                  `json:"private"`
	DefaultBranch string                `json:"defaultBranch"`
	CreatedAt     time.Time             `json:"createdAt"`
	Access        map[string]Permission `json:"access,omitempty"`

	Protections  []*protection  `json:"protections,omitempty"`
	Rulesets     []*ruleset     `json:"rulesets,omitempty"`
	Environments []*environment `json:"environments,omitempty"`
	OIDCSubject  *oidcSubject   `json:"oidcSubject,omitempty"`
	Pulls        []*pull        `json:"pulls,omitempty"`
	// Results are the results of checks, by commit.
	Results map[string][]result `json:"results,omitempty"`
	actionsStore

	Refs    map[string]string `json:"refs"`
	Commits map[string]commit `json:"commits"`
	Blobs   map[string]blob   `json:"blobs"`
}

func (r *repository) fullName() string { return r.Owner + "/" + r.Name }

// nextID returns a new id; GitHub's ids are large.
func (s *state) nextID() int64 {
	s.LastID++
	return 1_000_000 + s.LastID
}

// nodeID is an object's id in the GraphQL API, in GitHub's form.
func nodeID(prefix string, id int64) string {
	return prefix + "_kwDO" + base64.RawURLEncoding.EncodeToString(bigEndian(id))
}

func bigEndian(id int64) []byte {
	data, _ := binary.Append(nil, binary.BigEndian, id) // fails only for a value without a fixed size
	return data
}

func (s *state) addAccount(login, kind string) *account {
	if a := s.account(login); a != nil {
		return a
	}
	a := &account{ID: s.nextID(), Login: login, Type: kind}
	s.Accounts = append(s.Accounts, a)
	return a
}

func (s *state) account(login string) *account {
	for _, a := range s.Accounts {
		if strings.EqualFold(a.Login, login) {
			return a
		}
	}
	return nil
}

func (a *account) team(slug string) *team {
	for _, t := range a.Teams {
		if strings.EqualFold(t.Slug, slug) {
			return t
		}
	}
	return nil
}

func (s *state) app(slug string) *app {
	for _, a := range s.Apps {
		if a.Slug == slug {
			return a
		}
	}
	return nil
}

func (s *state) repository(owner, name string) *repository {
	for _, r := range s.Repositories {
		if strings.EqualFold(r.Owner, owner) && strings.EqualFold(r.Name, name) {
			return r
		}
	}
	return nil
}

// loadState reads the state file; a missing file is an empty state.
func loadState(file string) (*state, error) {
	s := &state{}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("read state %s: %w", file, err)
	}
	return s, nil
}

// writeFile replaces a file atomically.
func writeFile(file string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write state: %w", err), os.Remove(tmp.Name()))
	}
	return nil
}
