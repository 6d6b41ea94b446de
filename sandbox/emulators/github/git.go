package github

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"strings"
	"time"
	"unicode/utf8"
)

const headsPrefix = "refs/heads/"

// commit is a commit with its whole tree: blob ids by path.
type commit struct {
	Message   string            `json:"message"`
	Author    person            `json:"author"`
	Committer person            `json:"committer"`
	Parents   []string          `json:"parents,omitempty"`
	Files     map[string]string `json:"files"`
	// Verified is whether its author or GitHub signed it.
	Verified bool `json:"verified,omitempty"`
	// Pusher is the user whose token pushed it.
	Pusher string `json:"pusher,omitempty"`
}

type person struct {
	Name  string    `json:"name"`
	Email string    `json:"email"`
	Date  time.Time `json:"date"`
}

// blob is a file's content, as text if possible, so that the state file is readable.
type blob struct {
	Text   string `json:"text,omitempty"`
	Binary []byte `json:"binary,omitempty"`
}

func (b blob) bytes() []byte {
	if b.Binary != nil {
		return b.Binary
	}
	return []byte(b.Text)
}

// addBlob stores content under the id that git gives it.
func (r *repository) addBlob(content []byte) string {
	id := hash(fmt.Sprintf("blob %d\x00%s", len(content), content))
	if utf8.Valid(content) {
		r.Blobs[id] = blob{Text: string(content)}
	} else {
		r.Blobs[id] = blob{Binary: content}
	}
	return id
}

func (r *repository) addCommit(c commit) string {
	made := c
	made.Pusher = "" // the pusher is not part of a commit's id
	id := hash(encodeJSON(made))
	r.Commits[id] = c
	return id
}

// treeID identifies the whole content of a commit.
func (c commit) treeID() string { return hash(encodeJSON(c.Files)) }

// commitFile adds a commit to a branch that changes one file; an empty blob id
// removes the file.
func (r *repository) commitFile(branch, file, blobID string, c commit) string {
	parent := r.Refs[headsPrefix+branch]
	c.Parents = []string{parent}
	c.Files = maps.Clone(r.Commits[parent].Files)
	if blobID == "" {
		delete(c.Files, file)
	} else {
		c.Files[file] = blobID
	}
	id := r.addCommit(c)
	r.Refs[headsPrefix+branch] = id
	return id
}

// resolve finds the commit of a branch, a tag, a full ref or a commit id.
func (r *repository) resolve(ref string) (id string, ok bool) {
	for _, name := range []string{headsPrefix + ref, "refs/tags/" + ref, "refs/" + ref, ref} {
		if id, ok := r.Refs[name]; ok {
			return id, true
		}
	}
	_, ok = r.Commits[ref]
	return ref, ok
}

// history lists the commits from id back to the first; with a file, only those
// that changed it.
func (r *repository) history(id, file string) []string {
	var ids []string
	for id != "" {
		c, parent := r.Commits[id], ""
		if len(c.Parents) > 0 {
			parent = c.Parents[0]
		}
		if file == "" || c.Files[file] != r.Commits[parent].Files[file] {
			ids = append(ids, id)
		}
		id = parent
	}
	return ids
}

// matches reports whether a branch name matches a pattern, as Ruby's File.fnmatch
// with FNM_PATHNAME, which GitHub documents: a star stops at a slash,
// "**/" spans any number of folders.
func matches(pattern, name string) bool {
	return matchSegments(strings.Split(pattern, "/"), strings.Split(name, "/"))
}

func matchSegments(pattern, name []string) bool {
	if len(pattern) == 0 || len(name) == 0 {
		return len(pattern) == len(name)
	}
	if pattern[0] == "**" && len(pattern) > 1 {
		return matchSegments(pattern[1:], name) || matchSegments(pattern, name[1:])
	}
	ok, err := path.Match(pattern[0], name[0])
	return err == nil && ok && matchSegments(pattern[1:], name[1:])
}

func hash(content string) string {
	sum := sha1.Sum([]byte(content))
	return hex.EncodeToString(sum[:])
}

// text encodes values made of maps, slices and plain fields, which cannot fail.
func encodeJSON(v any) string {
	data, _ := json.Marshal(v)
	return string(data)
}
