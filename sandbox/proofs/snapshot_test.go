package proofs

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"prodgate/sandbox/engine/stack"
)

// snapshot is a stack that is brought up once for every proof that begins with it: the state files
// of the emulators and of the engine, and the changes of the first update.
type snapshot struct {
	once sync.Once
	// dir holds the folders cloud and stack. It is empty if the stack did not come up.
	dir string
	// aws and github are the URLs of the emulators that the state was made with.
	aws, github string
	// preview is the first preview. Only the repository's own stacks are previewed.
	preview map[string]string
	// changes are the changes of the first update, by operation, and calls its calls to AWS.
	changes map[string]int
	calls   []asked
}

var (
	snapshots     = map[string]*snapshot{} // by name and configuration
	snapshotsLock sync.Mutex
)

// snapshotOf returns the snapshot of a stack, which it brings up on the first use.
func snapshotOf(t *testing.T, name string, edits ...edit) *snapshot {
	t.Helper()
	config := configOf(t, name, edits...)
	snapshotsLock.Lock()
	key := name + "\n" + string(config.Text)
	s := snapshots[key]
	if s == nil {
		s = &snapshot{}
		snapshots[key] = s
	}
	snapshotsLock.Unlock()
	s.once.Do(func() { s.take(t, name, config, len(edits) == 0) })
	if s.dir == "" {
		t.Fatalf("the stack %s did not come up for the first proof that begins with it", name)
	}
	return s
}

// take brings the stack up.
func (s *snapshot) take(t *testing.T, name string, config *stack.Config, preview bool) {
	t.Helper()
	dir, err := os.MkdirTemp(runFolder, "snapshot-")
	if err != nil {
		t.Fatal(err)
	}
	took := false
	defer func() {
		if !took {
			_ = os.RemoveAll(dir)
		}
	}()
	for _, part := range []string{"cloud", "stack"} {
		if err := os.Mkdir(filepath.Join(dir, part), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w := startWorld(t, name, config, filepath.Join(dir, "cloud"), filepath.Join(dir, "stack"))
	stopped := false
	defer func() {
		if !stopped {
			w.stop()
		}
	}()
	w.empty("before anything is done")
	if preview {
		s.preview = w.planned()
		for resource, op := range s.preview {
			if op != "create" {
				t.Errorf("the first preview wants to %s %s", op, resource)
			}
		}
		w.empty("after a preview")
	}
	w.calls()
	s.changes = w.up()
	s.calls = w.calls()
	s.aws, s.github = w.Cloud.AWS, w.Cloud.GitHub
	stopped = true
	w.stop()
	if !t.Failed() {
		s.dir, took = dir, true
	}
}

// newWorldUp is a deployed stack, with the policy pack, from a snapshot.
func newWorldUp(t *testing.T, name string, edits ...edit) *world {
	t.Helper()
	return newWorldUpOf(t, name, func(*stack.Config) {}, edits...)
}

// newWorldUpOf is newWorldUp whose emulators have a larger seed.
func newWorldUpOf(t *testing.T, name string, seed func(*stack.Config), edits ...edit) *world {
	t.Helper()
	s := snapshotOf(t, name, edits...)
	config := configOf(t, name, edits...)
	seed(config)
	dir := t.TempDir()
	for _, part := range []string{"cloud/aws.state", "cloud/github.json", "stack/state", "stack/projects"} {
		if err := copyAll(filepath.Join(s.dir, part), filepath.Join(dir, part)); err != nil {
			t.Fatal(err)
		}
	}
	w := startWorld(t, name, config, filepath.Join(dir, "cloud"), filepath.Join(dir, "stack"))
	t.Cleanup(w.stop)
	w.snapshot = s
	w.moved(s)
	return w
}

// moved changes the URLs of the emulators in the engine's state: the URL of GitHub is among
// the inputs of its provider.
func (w *world) moved(s *snapshot) {
	w.Helper()
	text, err := os.ReadFile(w.stateFile())
	w.must(err)
	text = bytes.ReplaceAll(text, []byte(s.aws), []byte(w.Cloud.AWS))
	if s.github != "" {
		text = bytes.ReplaceAll(text, []byte(s.github), []byte(w.Cloud.GitHub))
	}
	w.must(os.WriteFile(w.stateFile(), text, 0o600))
}

// copyAll copies a file, or a folder with all that is in it.
func copyAll(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.CopyFS(to, os.DirFS(from))
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}
