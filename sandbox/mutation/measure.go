package mutation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// timeout ends a test that a mutant keeps from ending: it counts as killed.
const timeout = 3 * time.Minute

// Result is what became of the mutants of a package.
type Result struct {
	Package string
	Killed  int
	// Survivors are the mutants that no test noticed, with file and line.
	Survivors []string
}

// Mutants is how many mutants compile.
func (r Result) Mutants() int { return r.Killed + len(r.Survivors) }

// Percent is how many of the mutants were killed.
func (r Result) Percent() float64 { return 100 * float64(r.Killed) / float64(max(r.Mutants(), 1)) }

func (r Result) String() string {
	return fmt.Sprintf("%s: %d mutants, %d killed, %.0f %%", r.Package, r.Mutants(), r.Killed, r.Percent())
}

// Measure runs the tests of a package of the repository at root once for each mutant of it. The package is a folder
// below root; gremlins is the program.
func Measure(ctx context.Context, root, pkg, gremlins string) (*Result, error) {
	temp, err := os.MkdirTemp("", "mutants-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	r := &Result{Package: filepath.Clean(pkg)}
	all, err := packageMutants(root, r.Package)
	if err != nil {
		return nil, err
	}
	if compiled, killed, err := test(ctx, root, temp, mutant{file: all[0].file}); err != nil || killed || !compiled {
		return nil, errors.Join(err, fmt.Errorf("the tests of %s fail without a mutant", r.Package))
	}
	if err := r.run(ctx, root, temp, all); err != nil {
		return nil, err
	}
	if err := r.addOperators(ctx, root, temp, gremlins); err != nil {
		return nil, fmt.Errorf("gremlins: %w", err)
	}
	slices.Sort(r.Survivors)
	return r, nil
}

// packageMutants are the mutants of all files of a package but its tests.
func packageMutants(root, pkg string) ([]mutant, error) {
	files, err := filepath.Glob(filepath.Join(root, pkg, "*.go"))
	if err != nil {
		return nil, err
	}
	var all []mutant
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return nil, err
		}
		mutants, err := findMutants(name, source)
		if err != nil {
			return nil, err
		}
		all = append(all, mutants...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no mutants in %s", pkg)
	}
	return all, nil
}

// run tests the mutants, as many at a time as there are processors.
func (r *Result) run(ctx context.Context, root, temp string, all []mutant) error {
	var (
		wait sync.WaitGroup
		lock sync.Mutex
		errs []error
		next = make(chan mutant)
	)
	for i := range runtime.NumCPU() {
		dir := filepath.Join(temp, fmt.Sprint(i))
		wait.Go(func() {
			for m := range next {
				compiled, killed, err := test(ctx, root, dir, m)
				lock.Lock()
				switch {
				case err != nil:
					errs = append(errs, err)
				case killed:
					r.Killed++
				case compiled:
					r.Survivors = append(r.Survivors, m.String())
				}
				lock.Unlock()
			}
		})
	}
	for _, m := range all {
		next <- m
	}
	close(next)
	wait.Wait()
	return errors.Join(errs...)
}

// test compiles the tests of a mutant's package with the mutant in an overlay, and runs them. The repository's files stay
// as they are.
func test(ctx context.Context, root, dir string, m mutant) (compiled, killed bool, err error) {
	if ctx.Err() != nil {
		return false, false, ctx.Err()
	}
	file := filepath.Join(root, m.file)
	source, err := os.ReadFile(file)
	if err != nil {
		return false, false, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return false, false, err
	}
	changed, overlay, binary := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "test")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {file: changed}})
	if err != nil {
		return false, false, err
	}
	if err := errors.Join(os.WriteFile(changed, m.apply(source), 0o600), os.WriteFile(overlay, replace, 0o600)); err != nil {
		return false, false, err
	}
	build := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay", overlay, "-o", binary, "./"+filepath.Dir(m.file))
	build.Dir = root
	if err := build.Run(); err != nil {
		return false, false, ctx.Err() // does not compile
	}
	if _, err := os.Stat(binary); errors.Is(err, os.ErrNotExist) {
		return true, false, nil // the package has no tests
	}
	tests := exec.CommandContext(ctx, binary, "-test.failfast", "-test.timeout", timeout.String())
	tests.Dir = filepath.Dir(file)
	failed := tests.Run()
	return true, failed != nil, ctx.Err()
}

// addOperators adds what Gremlins changes. It copies the module that it works on, so that it gets a copy without .sandbox.
func (r *Result) addOperators(ctx context.Context, root, temp, gremlins string) error {
	clone, report := filepath.Join(temp, "clone"), filepath.Join(temp, "report.json")
	files := exec.CommandContext(ctx, "sh", "-c", `mkdir "$0" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$0"`, clone)
	files.Dir = root
	if text, err := files.CombinedOutput(); err != nil {
		return fmt.Errorf("copy: %w\n%s", err, text)
	}
	cmd := exec.CommandContext(ctx, gremlins, "unleash", "--output", report, "--workers", fmt.Sprint(runtime.NumCPU()),
		"--timeout-coefficient", "20", "--invert-logical", "--invert-loopctrl", "./"+r.Package)
	cmd.Dir = clone
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	text, err := os.ReadFile(report)
	if errors.Is(err, os.ErrNotExist) {
		return nil // no operators
	}
	if err != nil {
		return err
	}
	return r.add(text)
}

// add counts the mutants of a report of Gremlins.
func (r *Result) add(report []byte) error {
	var parsed struct {
		Files []struct {
			Name      string `json:"file_name"`
			Mutations []struct {
				Type, Status string
				Line         int
			}
		}
	}
	if err := json.Unmarshal(report, &parsed); err != nil {
		return err
	}
	for _, file := range parsed.Files {
		for _, m := range file.Mutations {
			switch m.Status {
			case "KILLED", "TIMED OUT":
				r.Killed++
			case "LIVED", "NOT COVERED":
				r.Survivors = append(r.Survivors, fmt.Sprintf("%s:%d: %s", filepath.Join(r.Package, filepath.Base(file.Name)), m.Line, m.Type))
			}
		}
	}
	return nil
}
