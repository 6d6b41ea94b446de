package buildspec

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/knownstate"
)

// bash runs the check's definitions, and then something else than the check.
func bash(t *testing.T, script, stdin string) string {
	t.Helper()
	for _, tool := range []string{"bash", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing", tool)
			}
			t.Skipf("%s is missing: apt-get install %s", tool, tool)
		}
	}
	definitions, _, found := strings.Cut(parse(t, Text("known")).commands()[0], "# A pulumi up may be running")
	if !found {
		t.Fatal("known.yaml has no end of its definitions")
	}
	cmd := exec.Command("bash", "-c", definitions+script)
	for _, name := range Required("known") {
		cmd.Env = append(cmd.Env, name+"=x")
	}
	cmd.Env = append(cmd.Env, "PATH="+os.Getenv("PATH"), "TMPDIR="+t.TempDir(), "AWS_REGION=eu-west-2")
	cmd.Stdin = strings.NewReader(stdin)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, &stderr)
	}
	return string(out)
}

// forms are the fields of parts as lines.
func forms(fields knownstate.Fields) []string {
	var lines []string
	for field, value := range fields {
		if form := string(knownstate.Canonical(map[string]any{"x": value})); form != "{}" {
			lines = append(lines, field+"\t"+strings.TrimSuffix(strings.TrimPrefix(form, `{"x":`), "}"))
		}
	}
	slices.Sort(lines)
	return lines
}

// TestKnownStateCheck_ReadsResponsesAsDeclared holds jq's reading of an answer, with all that AWS
// fills in and writes in its own way, against Go's of what was asked for.
func TestKnownStateCheck_ReadsResponsesAsDeclared(t *testing.T) {
	t.Parallel()
	for name, c := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := knownstate.Fields{}
			for i, declared := range c.declared {
				var inputs knownstate.Inputs
				if err := json.Unmarshal([]byte(declared), &inputs); err != nil {
					t.Fatal(err)
				}
				parts, err := c.kinds[i](inputs)
				if err != nil {
					t.Fatal(err)
				}
				for _, part := range parts {
					if kind, _, _ := strings.Cut(part.Name, " "); kind == c.kind {
						for field, value := range part.Fields {
							want[field] = value
						}
					}
				}
			}
			if len(want) == 0 {
				t.Fatal("nothing is declared")
			}
			got := bash(t, "answers() { cat; }; hashed() { sort; }; live "+c.kind+" x", c.answer)
			if lines := strings.Join(forms(want), "\n") + "\n"; got != lines {
				t.Errorf("AWS's answer is\n%s\nwhat is declared\n%s", got, lines)
			}
		})
	}
}

func TestKnownStateCheck_WritesValuesLikeGo(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewSource(1))
	text := func() string {
		runes := []rune("ab\"\\/\n\t\r\b\f\x00\x01\x1f\x7f<>&'é\u2028😀 {}")
		var s strings.Builder
		for range random.Intn(6) {
			s.WriteRune(runes[random.Intn(len(runes))])
		}
		return s.String()
	}
	var value func(depth int) any
	value = func(depth int) any {
		switch kind := random.Intn(8); {
		case kind < 2 && depth > 0:
			object := map[string]any{}
			for range random.Intn(4) {
				object[text()] = value(depth - 1)
			}
			return object
		case kind < 4 && depth > 0:
			list := []any{}
			for range random.Intn(4) {
				list = append(list, value(depth-1))
			}
			return list
		case kind == 4:
			return random.Intn(100000)
		case kind == 5:
			return random.Intn(2) == 0
		case kind == 6:
			return nil
		default:
			return text()
		}
	}
	var in, want strings.Builder
	for range 2000 {
		v := value(4)
		written, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&in, string(written))
		fmt.Fprintln(&want, string(knownstate.Canonical(v)))
	}
	got, wanted := strings.Split(bash(t, `jq --raw-output "$forms canonical | tojson"`, in.String()), "\n"), strings.Split(want.String(), "\n")
	for i, line := range wanted {
		if i >= len(got) || got[i] != line {
			t.Fatalf("jq writes %q, Go %q", got[min(i, len(got)-1)], line)
		}
	}
}

func TestKnownStateCheck_HashesLikeGo(t *testing.T) {
	t.Parallel()
	form := `{"a":"é\n","b":[1,true]}`
	got := bash(t, "hashed", "a field\t"+form+"\n")
	var hashes map[string]string
	if err := json.Unmarshal([]byte(got), &hashes); err != nil {
		t.Fatal(err)
	}
	if want := knownstate.Hash(map[string]any{"b": []any{1, true}, "a": "é\n"}); len(hashes) != 1 || hashes["a field"] != want {
		t.Errorf("bash hashes %v, Go %s", hashes, want)
	}
}
