package bridge

import (
	_ "embed"
	"fmt"
	"strings"
	"unicode"
)

// tokensFile maps each token of the Pulumi SDK to its name in Terraform, one per line,
// as the SDK's own provider does. A type that is not in the file is an error.
//
//go:embed tokens.txt
var tokensFile string

var terraformNames = func() map[string]string {
	names := map[string]string{}
	for line := range strings.Lines(tokensFile) {
		if f := strings.Fields(line); len(f) == 2 && !strings.HasPrefix(line, "#") {
			names[f[0]] = f[1]
		}
	}
	return names
}()

// includes are the Terraform names of a package that the table has. With these names the
// bridge starts in one second, with all names of the provider in 45.
func includes(pkg string) []string {
	var names []string
	for token, name := range terraformNames {
		if strings.HasPrefix(token, pkg+":") {
			names = append(names, name)
		}
	}
	return names
}

// bridgeToken changes a token such as aws:codebuild/project:Project to the bridge's token of
// aws_codebuild_project, which is aws:index/codebuildProject:CodebuildProject.
func bridgeToken(t string) (string, error) {
	pkg, member, _ := strings.Cut(t, ":")
	if pkg == "pulumi" {
		return t, nil
	}
	name, ok := terraformNames[t]
	if !ok {
		return "", fmt.Errorf("%s is not in the sandbox's token table (sandbox/engine/bridge/tokens.txt)", t)
	}
	pascal := ""
	for _, word := range strings.Split(strings.TrimPrefix(name, pkg+"_"), "_") {
		r := []rune(word)
		pascal += string(unicode.ToUpper(r[0])) + string(r[1:])
	}
	camel := strings.ToLower(pascal[:1]) + pascal[1:]
	if _, function, _ := strings.Cut(member, ":"); strings.HasPrefix(function, "get") {
		return fmt.Sprintf("%s:index/get%s:get%s", pkg, pascal, pascal), nil
	}
	return fmt.Sprintf("%s:index/%s:%s", pkg, camel, pascal), nil
}

// bridgeURN changes the last type in a URN, which is the resource's own. The types before
// it are those of the parents.
func bridgeURN(u string) (string, error) {
	parts := strings.SplitN(u, "::", 4)
	if len(parts) != 4 {
		return "", fmt.Errorf("%q is not a URN", u)
	}
	types := strings.Split(parts[2], "$")
	last := len(types) - 1
	changed, err := bridgeToken(types[last])
	if err != nil {
		return "", err
	}
	types[last] = changed
	parts[2] = strings.Join(types, "$")
	return strings.Join(parts, "::"), nil
}
