package codebuild

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/tool"
	"prodgate/sandbox/emulators/internet"
	"prodgate/sandbox/toolchain"
	"prodgate/sandbox/toolchain/scanners"
)

// scan is a build of one of the scans, of a copy of the sample app.
type scan struct {
	Build
	net *internet.Internet
	all *scanners.Scanners
}

const scanned = "PRE_BUILD BUILD UPLOAD_ARTIFACTS"

// Fake secrets, concatenated here so that no scan of this repository finds them.
var (
	githubToken = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
	awsKey      = "AKIA" + "Q3EGSZXN5WVMTR2P"
)

// The expected findings of a code scan. Debian's bandit is older than its Python and does not analyze
// strings, so there is no SQL finding.
const (
	shellInPython = "import subprocess\n\n\ndef run(name):\n    subprocess.call(\"ls \" + name, shell=True)%s\n"
	evalInPython  = "def value(text):\n    return eval(text)\n"
	shellInGo     = "package main\n\nimport (\n\t\"os\"\n\t\"os/exec\"\n)\n\nfunc main() {\n\texec.Command(\"sh\", \"-c\", os.Args[1]).Run() %s\n}\n"
	sqlInGo       = "package main\n\nimport (\n\t\"database/sql\"\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc main() {\n\tvar db *sql.DB\n\t" +
		"_, err := db.Query(fmt.Sprintf(\"SELECT * FROM users WHERE name = '%s'\", os.Args[1]))\n\tfmt.Println(err)\n}\n"
	md5InGo    = "package main\n\nimport (\n\t\"crypto/md5\"\n\t\"fmt\"\n)\n\nfunc main() { fmt.Printf(\"%x\", md5.Sum(nil)) }\n"
	harmlessGo = "package main\n\nfunc main() { println(\"hello\") }\n"
	goModule   = "module app\n\ngo 1.22\n"
)

// scanCase is a change of the sample app, and the expected result of the scan.
type scanCase struct {
	change func(t *testing.T, s *scan)
	// says is in the log, and is why it fails.
	says []string
	// passes says whether it does.
	passes  bool
	summary string
}

// sees is a scan that passes.
func sees(summary string, change func(t *testing.T, s *scan)) scanCase {
	return scanCase{change: change, passes: true, summary: summary}
}

// fails is a scan that fails, with this output.
func fails(change func(t *testing.T, s *scan), says ...string) scanCase {
	return scanCase{change: change, says: says}
}

// with puts files into the app's folder.
func with(files map[string]string) func(t *testing.T, s *scan) {
	return func(t *testing.T, s *scan) {
		t.Helper()
		for name, content := range files {
			name = filepath.Join(s.Source, "backend-flask", name)
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// and changes one thing and another.
func and(changes ...func(t *testing.T, s *scan)) func(t *testing.T, s *scan) {
	return func(t *testing.T, s *scan) {
		t.Helper()
		for _, change := range changes {
			change(t, s)
		}
	}
}

// set changes a variable of the project.
func set(name, value string) func(t *testing.T, s *scan) {
	return func(t *testing.T, s *scan) {
		t.Helper()
		for i, v := range s.Project.Environment.Variables {
			if v.Name == name {
				s.Project.Environment.Variables[i].Value = value
				return
			}
		}
		t.Fatalf("the project does not set %s", name)
	}
}

// accept accepts a finding until a day.
func accept(id, expires string) func(t *testing.T, s *scan) {
	text, err := json.Marshal([]map[string]string{{"id": id, "reason": "looked at", "expires": expires}})
	if err != nil {
		panic(err)
	}
	return set(buildspec.AcceptedFindings, string(text))
}

const (
	later  = "2999-12-31"
	before = "2026-01-31"
)

func expired(id string) string { return "accepted finding " + id + " expired on " + before }

// flaskOf is the app with another version of Flask.
func flaskOf(line string) func(t *testing.T, s *scan) {
	return with(map[string]string{"requirements.txt": line + "\n"})
}

// inGo is the app in Go.
func inGo(source string) func(t *testing.T, s *scan) {
	return with(map[string]string{"go.mod": goModule, "main.go": source})
}

// scanCases are the cases of each scan, by name.
func scanCases() map[string]map[string]scanCase {
	secret := with(map[string]string{"settings.py": "TOKEN = '" + githubToken + "'\n"})
	shell := with(map[string]string{"run.py": fmt.Sprintf(shellInPython, "")})
	return map[string]map[string]scanCase{
		"gitleaks": {
			"the sample app passes":            sees("gitleaks 8.30.1: 0 findings, 0 accepted", nil),
			"a token fails":                    fails(secret, "found: settings.py:github-pat:1: critical: settings.py:1", "1 findings"),
			"a key of AWS fails":               fails(with(map[string]string{"a/b.txt": "key " + awsKey + "\n"}), "found: a/b.txt:aws-access-token:1"),
			"an accepted one passes":           sees("gitleaks 8.30.1: 0 findings, 1 accepted", and(secret, accept("settings.py:github-pat:1", later))),
			"another line is not accepted":     fails(and(secret, accept("settings.py:github-pat:2", later)), "found: settings.py:github-pat:1"),
			"an acceptance that expired fails": fails(and(secret, accept("settings.py:github-pat:1", before)), expired("settings.py:github-pat:1")),
			"gitleaks:allow is not heard":      fails(with(map[string]string{"s.py": "TOKEN = '" + githubToken + "' # gitleaks:allow\n"}), "found: s.py:github-pat:1"),
			".gitleaksignore is not heard":     fails(and(secret, with(map[string]string{".gitleaksignore": "settings.py:github-pat:1\napp/settings.py:github-pat:1\n"})), "found: settings.py:github-pat:1"),
			".gitleaks.toml is not heard":      fails(and(secret, with(map[string]string{".gitleaks.toml": "[allowlist]\npaths = ['.*']\n"})), "found: settings.py:github-pat:1"),
			"an empty folder fails":            fails(set(buildspec.AppFolder, "nothing"), "nothing"),
		},
		"bandit": {
			"the sample app passes":            sees("bandit 1.6.2: 0 findings, 0 accepted", nil),
			"a shell fails":                    fails(shell, "found: run.py:B602: high: run.py:5"),
			"an eval fails":                    fails(with(map[string]string{"q.py": evalInPython}), "found: q.py:B307: medium: q.py:2"),
			"a program without .py fails":      fails(with(map[string]string{"tool": "#!/usr/bin/env python3\n" + fmt.Sprintf(shellInPython, "")}), "found: tool:B602"),
			"a hidden folder fails":            fails(with(map[string]string{".tox/run.py": fmt.Sprintf(shellInPython, "")}), "found: .tox/run.py:B602"),
			"an accepted one passes":           sees("bandit 1.6.2: 0 findings, 1 accepted, 1 below medium", and(shell, accept("run.py:B602", later))),
			"an acceptance that expired fails": fails(and(shell, accept("run.py:B602", before)), expired("run.py:B602")),
			"# nosec is not heard":             fails(with(map[string]string{"run.py": fmt.Sprintf(shellInPython, "  # nosec")}), "found: run.py:B602"),
			".bandit is not heard":             fails(and(shell, with(map[string]string{".bandit": "[bandit]\nskips: B602\nexclude: run.py,./run.py\n"})), "found: run.py:B602"),
			"setup.cfg is not heard":           fails(and(shell, with(map[string]string{"setup.cfg": "[bandit]\nskips: B602\n", "pyproject.toml": "[tool.bandit]\nskips = ['B602']\n"})), "found: run.py:B602"),
			"a lower one passes":               sees("bandit 1.6.2: 0 findings, 0 accepted, 2 below high", and(with(map[string]string{"q.py": "import subprocess\n" + evalInPython}), set(buildspec.Severity, "high"))),
			"critical means high":              fails(and(shell, set(buildspec.Severity, "critical")), "found: run.py:B602: high"),
			"low means everything":             fails(and(shell, accept("run.py:B602", later), set(buildspec.Severity, "low")), "found: run.py:B404: low"),
			"a password is not shown":          fails(and(with(map[string]string{"p.py": "connect(password='sesame-open')\n"}), set(buildspec.Severity, "low")), "found: p.py:B106: low: p.py:1: hardcoded_password_funcarg"),
			"a file that is no Python fails":   fails(with(map[string]string{"broken.py": "def (:\n"}), "bandit could not read"),
			"a module of the app is not run": sees("bandit 1.6.2: 0 findings, 0 accepted", func(t *testing.T, s *scan) {
				for _, name := range []string{"pip.py", "bandit.py", "yaml.py", "json.py"} {
					if err := os.WriteFile(filepath.Join(s.Source, name), []byte("raise SystemExit(0)\n"), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}),
			"no Python fails": fails(func(t *testing.T, s *scan) {
				if err := os.MkdirAll(filepath.Join(s.Source, "text"), 0o700); err != nil {
					t.Fatal(err)
				}
				set(buildspec.AppFolder, "text")(t, s)
			}, "there is no Python in text"),
		},
		"gosec": {
			"an app in Go passes":              sees("gosec 2.29.0: 0 findings, 0 accepted", inGo(harmlessGo)),
			"a shell fails":                    fails(inGo(fmt.Sprintf(shellInGo, "")), "found: main.go:G", "main.go:9"),
			"an SQL of strings fails":          fails(inGo(sqlInGo), "found: main.go:G701: high: main.go:11"),
			"an accepted one passes":           sees("gosec 2.29.0: 0 findings, 1 accepted", and(inGo(sqlInGo), accept("main.go:G701", later))),
			"an acceptance that expired fails": fails(and(inGo(sqlInGo), accept("main.go:G701", before)), expired("main.go:G701")),
			"#nosec is not heard":              fails(inGo(fmt.Sprintf(shellInGo, "// #nosec")), "found: main.go:G"),
			"gosec:disable is not heard":       fails(inGo(fmt.Sprintf(shellInGo, "//gosec:disable")), "found: main.go:G"),
			"a lower one passes":               sees("gosec 2.29.0: 0 findings, 0 accepted, 2 below high", and(inGo(md5InGo), set(buildspec.Severity, "high"))),
			"what does not compile fails":      fails(inGo("package main\n\nfunc main() { nothing() }\n"), "gosec could not read"),
			"no Go fails":                      fails(nil, "gosec scanned no file: there is no Go in backend-flask"),
		},
		"grype": {
			"the sample app passes":            sees("grype 0.110.0: 0 findings, 0 accepted", nil),
			"a known hole fails":               fails(flaskOf("Flask==2.2.2"), "found: CVE-2023-30861, GHSA-m2qf-hxjv-5gpq: high: flask 2.2.2: fixed in 2.2.5"),
			"a hole without a fix fails":       fails(flaskOf("PyPDF2==3.0.1"), "GHSA-4vvm-4w3v-6mr8: medium: pypdf2 3.0.1: no fix"),
			"accepted by its GHSA":             sees("grype 0.110.0: 0 findings, 1 accepted", and(flaskOf("Flask==2.2.2"), accept("GHSA-m2qf-hxjv-5gpq", later))),
			"accepted by its CVE":              sees("grype 0.110.0: 0 findings, 1 accepted", and(flaskOf("Flask==2.2.2"), accept("CVE-2023-30861", later))),
			"an acceptance that expired fails": fails(and(flaskOf("Flask==2.2.2"), accept("CVE-2023-30861", before)), expired("CVE-2023-30861")),
			"a lower one passes":               sees("grype 0.110.0: 0 findings, 0 accepted, 1 below high", and(flaskOf("requests==2.31.0"), set(buildspec.Severity, "high"))),
			"critical is above high":           fails(and(flaskOf("PyYAML==5.3"), set(buildspec.Severity, "critical")), "critical: pyyaml 5.3: fixed in 5.4"),
			".grype.yaml is not heard": fails(and(flaskOf("Flask==2.2.2"), with(map[string]string{
				".grype.yaml": "ignore:\n  - vulnerability: GHSA-m2qf-hxjv-5gpq\n", ".grype/config.yaml": "ignore:\n  - vulnerability: GHSA-m2qf-hxjv-5gpq\n",
			})), "found: CVE-2023-30861"),
			"an unpinned requirement fails": fails(flaskOf("Flask>=1"), "./requirements.txt:1: Flask>=1", "not pinned with =="),
			"a pin with a star fails":       fails(flaskOf("Flask==3.*"), "./requirements.txt:1: Flask==3.*"),
			"no package fails":              fails(flaskOf("# nothing"), "there is no package in backend-flask"),
			"an old database fails": fails(func(t *testing.T, s *scan) {
				old, err := s.all.Database(t.Context(), filepath.Join(t.TempDir(), "database"), 240*time.Hour)
				if err != nil {
					t.Fatal(err)
				}
				s.all.ServeDatabase(s.net, old)
			}, "the vulnerability database was built"),
			"no database fails": fails(func(t *testing.T, s *scan) {
				s.all.ServeDatabase(s.net, nil)
			}, "vulnerability database"),
			"a database that was changed fails": fails(func(t *testing.T, s *scan) {
				files, err := s.all.Database(t.Context(), filepath.Join(t.TempDir(), "database"), 0)
				if err != nil {
					t.Fatal(err)
				}
				for path, file := range files {
					if !strings.HasSuffix(path, "latest.json") {
						if err := os.WriteFile(file, []byte("changed"), 0o600); err != nil {
							t.Fatal(err)
						}
					}
				}
				s.all.ServeDatabase(s.net, files)
			}, "hecksum"),
		},
	}
}

// pins are the scanners' tools, by the name of the buildspec.
var pins = map[string]tool.Tool{"gitleaks": tool.Gitleaks, "gosec": tool.Gosec, "grype": tool.Grype}

// TestScans_Cases runs the real buildspecs with the real tools.
func TestScans_Cases(t *testing.T) {
	t.Parallel()
	need(t, "jq", "apt-get install jq")
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	all, err := scanners.Prepare(t.Context(), root, t.TempDir(), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}

	for scanner, cases := range scanCases() {
		maps.Copy(cases, everyScan(scanner))
		for name, test := range cases {
			t.Run(scanner+": "+name, func(t *testing.T) {
				t.Parallel()
				s := newScan(t, all, scanner, strings.TrimSpace(string(cache)))
				if test.change != nil {
					test.change(t, s)
				}
				r, err := s.Run(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				test.check(t, scanner, r)
			})
		}
	}
}

// newScan is a scan of the sample app, with its own internet.
func newScan(t *testing.T, all *scanners.Scanners, scanner, cache string) *scan {
	t.Helper()
	net := online(t)
	all.Serve(net)
	s := &scan{net: net, all: all, Build: Build{
		Project: Project{
			Name: "prodgate-app-scan", Arn: "arn:aws:codebuild:eu-west-2:123456789012:project/prodgate-app-scan",
			Source: Source{Buildspec: buildspec.Text(scanner)}, Environment: Environment{Image: "aws/codebuild/standard:7.0"},
		},
		Source: t.TempDir(), Commit: commit, Initiator: "codepipeline/prodgate-app",
		Env: append(net.Env(), "PATH="+os.Getenv("PATH"), "GOCACHE="+cache),
	}}
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(s.Source, "backend-flask"), os.DirFS(filepath.Join(root, "examples", "backend-flask"))); err != nil {
		t.Fatal(err)
	}

	values := map[string]string{
		buildspec.AppFolder: "backend-flask", buildspec.AcceptedFindings: "[]", buildspec.Severity: "medium",
	}
	for _, pinned := range pins {
		values[pinned.URLVariable()], values[pinned.SHA256Variable()] = pinned.URL, pinned.SHA256
	}
	maps.Copy(values, all.Variables)
	for _, name := range buildspec.Required(scanner) {
		s.Project.Environment.Variables = append(s.Project.Environment.Variables, Variable{Name: name, Value: values[name]})
	}
	return s
}

func (c scanCase) check(t *testing.T, scanner string, r *Result) {
	t.Helper()
	// The log begins with the commands, which say everything.
	spec, err := parse(buildspec.Text(scanner))
	if err != nil {
		t.Fatal(err)
	}
	for _, phase := range []*phaseSpec{spec.Phases.PreBuild, spec.Phases.Build} {
		for _, command := range phase.Commands {
			r.Log = strings.ReplaceAll(r.Log, command, "…")
		}
	}
	for _, words := range c.says {
		said(t, r, words)
	}
	if strings.Contains(r.Log, githubToken) || strings.Contains(r.Log, awsKey) || strings.Contains(r.Log, "sesame-open") {
		t.Errorf("the log shows a secret:\n%s", r.Log)
	}
	if !c.passes {
		unnamed(t, r)
		return
	}
	if got := ran(r); got != scanned && got != strings.TrimSuffix(scanned, " UPLOAD_ARTIFACTS") || !r.Succeeded {
		t.Fatalf("ran %q\n%s", got, r.Log)
	}
	if got := r.Exported[buildspec.Summary]; got != c.summary || len(got) > 120 {
		t.Errorf("summary %q, want %q\n%s", got, c.summary, r.Log)
	}
	if want := scanner == "grype"; want != (len(r.Artifacts) == 1) {
		t.Errorf("uploaded %v", slices.Collect(maps.Keys(r.Artifacts)))
	}
	if scanner == "grype" {
		billOfMaterials(t, r)
	}
}

// billOfMaterials asserts that the SBOM is valid and lists the app's components.
func billOfMaterials(t *testing.T, r *Result) {
	t.Helper()
	var bom struct {
		BOMFormat, SpecVersion string
		Components             []struct{ Name, Purl string }
	}
	if err := json.Unmarshal(r.Artifacts[buildspec.SBOMFile], &bom); err != nil {
		t.Fatal(err)
	}
	if bom.BOMFormat != "CycloneDX" || bom.SpecVersion == "" {
		t.Errorf("%s is %s %s", buildspec.SBOMFile, bom.BOMFormat, bom.SpecVersion)
	}
	for _, c := range bom.Components {
		if strings.HasPrefix(c.Purl, "pkg:pypi/") {
			return
		}
	}
	t.Errorf("%s names no package: %v", buildspec.SBOMFile, bom.Components)
}

// everyScan lists the cases that all scans share.
func everyScan(scanner string) map[string]scanCase {
	today := time.Now().UTC().Format(time.DateOnly)
	app := inGo(harmlessGo)
	version := map[string]string{"gitleaks": "8.30.1", "bandit": "1.6.2", "gosec": "2.29.0", "grype": "0.110.0"}[scanner]
	cases := map[string]scanCase{
		"the last day still counts":            sees(scanner+" "+version+": 0 findings, 0 accepted", and(app, accept("x", today))),
		"expired counts without a finding":     fails(and(app, accept("x", before)), expired("x")),
		"a day that there is not fails":        fails(and(app, accept("x", "2999-02-31")), "an id, a reason and the date"),
		"an acceptance without a reason fails": fails(and(app, set(buildspec.AcceptedFindings, `[{"id": "x", "reason": " ", "expires": "2999-12-31"}]`)), "an id, a reason and the date"),
		"an acceptance that says more fails":   fails(and(app, set(buildspec.AcceptedFindings, `[{"id": "x", "reason": "y", "expires": "2999-12-31", "until": "z"}]`)), "an id, a reason and the date"),
		"no list fails":                        fails(and(app, set(buildspec.AcceptedFindings, `{}`)), "is no list"),
		"no JSON fails":                        fails(and(app, set(buildspec.AcceptedFindings, `[`)), "JSON"),
	}
	for _, name := range buildspec.Required(scanner) {
		cases["without "+name] = fails(and(app, set(name, "")), name+": is not set by the project")
	}
	if slices.Contains(buildspec.Required(scanner), buildspec.Severity) {
		cases["a severity that there is not fails"] = fails(and(app, set(buildspec.Severity, "any")), "unknown severity any")
	}
	host, down := "pypi.org", "Could not find a version that satisfies the requirement bandit"
	if pinned, there := pins[scanner]; there {
		host, down = "github.com", "The requested URL returned error: 404"
		cases["another checksum fails"] = fails(and(app, set(pinned.SHA256Variable(), pinned.SHA256)), "computed checksum did NOT match")
	} else {
		cases["another checksum fails"] = fails(set(tool.BanditRequirements, "bandit==1.6.2 --hash=sha256:"+tool.Bandit[0].SHA256[0]), "DO NOT MATCH")
		cases["a package without a checksum fails"] = fails(set(tool.BanditRequirements, "bandit==1.6.2"), "hash")
	}
	cases["no server fails"] = fails(and(app, func(t *testing.T, s *scan) {
		s.net.Handle(host, http.NotFoundHandler())
	}), down)
	return cases
}
