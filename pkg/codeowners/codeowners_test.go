package codeowners

import (
	"strings"
	"testing"
)

func TestCodeowners_Fault(t *testing.T) {
	t.Parallel()
	owners := []string{"@example-org/platform", "@alice"}
	ours := Line(owners)
	if ours != "/.github/ @example-org/platform @alice" {
		t.Fatalf("the line is %s", ours)
	}
	const none, taken = "no line gives .github/ to owners", "takes .github/ or a part of it from @example-org/platform @alice"
	for name, c := range map[string]struct{ text, want string }{
		"the line alone":                          {ours, ""},
		"with comments and empty lines":           {"# ours\n\n" + ours + " # both\n\n# end\n", ""},
		"with Windows line ends":                  {"/src/ @bob\r\n" + ours + "\r\n", ""},
		"in another order and case":               {"/.github/ @Alice @Example-Org/Platform\n", ""},
		"without the slash before it":             {".github/ @alice @example-org/platform\n", ""},
		"as a pattern":                            {"/.github/** @alice @example-org/platform\n", ""},
		"everything is theirs":                    {"* @alice @example-org/platform\n", ""},
		"after a rule for everything":             {"* @bob\n" + ours, ""},
		"before a rule for another folder":        {ours + "\n/src/ @bob\n", ""},
		"before a rule for a path":                {ours + "\nsrc/api/*.go @bob\n", ""},
		"before a rule for a file at the root":    {ours + "\n/README.md @bob\n", ""},
		"a part is theirs once more":              {ours + "\n/.github/workflows/ @alice @example-org/platform\n", ""},
		"no rule at all":                          {"", none},
		"a comment of the rule":                   {"# " + ours, none},
		"another folder only":                     {"/src/ " + strings.Join(owners, " "), none},
		"a part of it only":                       {"/.github/workflows/ @alice @example-org/platform\n", none},
		"one owner is missing":                    {"/.github/ @alice\n", taken},
		"one owner more, who could approve too":   {ours + " @mallory", taken},
		"nobody owns it":                          {ours + "\n/.github/\n", `line 2, "/.github/", leaves .github/ or a part of it to nobody`},
		"before a rule for everything":            {ours + "\n* @bob\n", `line 2, "* @bob", ` + taken},
		"before a rule for a part":                {ours + "\n/.github/workflows/ @bob\n", taken},
		"before a rule for one file":              {ours + "\n/.github/workflows/ci.yml @bob\n", taken},
		"before a rule for an extension":          {ours + "\n*.yml @bob\n", taken},
		"before a rule for a folder at any depth": {ours + "\nworkflows/ @bob\n", taken},
		"before a rule for files of any folder":   {ours + "\n**/CODEOWNERS @bob\n", taken},
		"before a rule for folders with a dot":    {ours + "\n/.*/ @bob\n", taken},
		"before a rule for a name like it":        {ours + "\n/.githu[b]/ @bob\n", taken},
		"before a rule with an escape":            {ours + "\n/\\.github/ @bob\n", taken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Fault(c.text, owners); got != c.want && (c.want == "" || !strings.Contains(got, c.want)) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestCodeowners_AnyOwner(t *testing.T) {
	t.Parallel()
	for text, sound := range map[string]bool{
		"/.github/ @bob": true,
		"/.github/ @bob\n/.github/x.yml @mallory": true,
		"/.github/ @bob\n/.github/x.yml":          false,
		"/src/ @bob":                              false,
		"":                                        false,
	} {
		if got := Fault(text, nil); (got == "") != sound {
			t.Errorf("%q: %q", text, got)
		}
	}
}
