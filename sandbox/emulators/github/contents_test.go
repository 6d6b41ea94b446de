package github

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

const cruddur = "/repos/example-org/cruddur"

func TestContents_LifeCycle(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	const file = cruddur + "/contents/.github/CODEOWNERS"
	content := strings.Repeat("* @example-org/maintainers\n", 5)
	body := fmt.Sprintf(`{"message":"Own it","content":%q,"branch":"prod","author":{"name":"A","email":"a@b.c"}}`,
		base64.StdEncoding.EncodeToString([]byte(content)))

	c.rest(404, "GET "+file, "")
	made := c.rest(201, "PUT "+file, body)
	c.rest(404, "GET "+file, "") // main does not have it
	got := c.rest(200, "GET "+file+"?ref=prod", "")
	read, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(at(t, got, "content").(string), "\n", ""))
	if err != nil || string(read) != content {
		t.Errorf("content is %q, %v", read, err)
	}
	// git hash-object says the same.
	if sha := at(t, c.rest(200, "GET "+cruddur+"/contents/README.md", ""), "sha"); sha != "8add859c5eb7a2c462ef907e83bbb3701660724e" {
		t.Errorf("blob id is %v", sha)
	}
	commit := c.rest(200, "GET "+cruddur+"/commits/"+at(t, made, "commit", "sha").(string), "")
	if at(t, commit, "commit", "message") != "Own it" || at(t, commit, "commit", "author", "name") != "A" || at(t, commit, "commit", "committer", "name") != "root" {
		t.Errorf("commit is %v", commit)
	}
	if at(t, commit, "files", 0, "filename") != ".github/CODEOWNERS" || at(t, commit, "files", 0, "status") != "added" {
		t.Errorf("files are %v", at(t, commit, "files"))
	}

	c.expectError(422, "Invalid request.\n\n\"sha\" wasn't supplied.", "PUT "+file, body)
	c.expectError(409, ".github/CODEOWNERS does not match abc", "PUT "+file, `{"message":"m","content":"eA==","branch":"prod","sha":"abc"}`)
	c.expectError(422, "Invalid request.\n\n\"message\" wasn't supplied.", "PUT "+file, `{"content":"eA==","branch":"prod"}`)
	c.expectError(404, "Branch nowhere not found", "PUT "+file, `{"message":"m","content":"eA==","branch":"nowhere"}`)
	c.expectError(400, "Problems parsing JSON", "PUT "+file, `{`)
	c.expectError(404, "No commit found for the ref nowhere", "GET "+file+"?ref=nowhere", "")

	sha := at(t, got, "sha").(string)
	changed := c.rest(200, "PUT "+file, fmt.Sprintf(`{"message":"m","content":"eA==","branch":"prod","sha":%q}`, sha))
	sha = at(t, changed, "content", "sha").(string)
	if n := len(c.rest(200, "GET "+cruddur+"/commits?sha=prod&path=.github/CODEOWNERS", "").([]any)); n != 2 {
		t.Errorf("%d commits changed the file, want 2", n)
	}
	c.rest(200, "DELETE "+file, fmt.Sprintf(`{"message":"m","branch":"prod","sha":%q}`, sha))
	c.rest(404, "GET "+file+"?ref=prod", "")
	if n := len(c.rest(200, "GET "+cruddur+"/commits?sha=prod", "").([]any)); n != 4 {
		t.Errorf("%d commits, want 4", n)
	}
}

func TestContents_ListFolders(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	for call, want := range map[string]string{
		"GET " + cruddur + "/contents/":     "README.md file, docs dir",
		"GET " + cruddur + "/contents/docs": "docs/a.md file",
	} {
		var got []string
		for _, entry := range c.rest(200, call, "").([]any) {
			got = append(got, fmt.Sprint(at(t, entry, "path"), " ", at(t, entry, "type")))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %q, want %q", call, got, want)
		}
	}
	c.rest(404, "GET "+cruddur+"/contents/nowhere", "")
}

func TestRefs_LifeCycle(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	head := at(t, c.rest(200, "GET "+cruddur+"/git/ref/heads/main", ""), "object", "sha").(string)
	c.rest(201, "POST "+cruddur+"/git/refs", fmt.Sprintf(`{"ref":"refs/heads/dev/1","sha":%q}`, head))
	if got := at(t, c.rest(200, "GET "+cruddur+"/branches/dev%2F1", ""), "commit", "sha"); got != head {
		t.Errorf("branch is at %v, want %s", got, head)
	}
	for body, message := range map[string]string{
		fmt.Sprintf(`{"ref":"refs/heads/main","sha":%q}`, head): "Reference already exists",
		fmt.Sprintf(`{"ref":"heads/x","sha":%q}`, head):         "Reference name must start with 'refs/' and contain at least two slashes.",
		`{"ref":"refs/heads/x","sha":"abc"}`:                    "Object does not exist",
	} {
		c.expectError(422, message, "POST "+cruddur+"/git/refs", body)
	}
	c.rest(201, "POST "+cruddur+"/branches/dev%2F1/rename", `{"new_name":"dev"}`)
	c.expectError(404, "Branch not found", "GET "+cruddur+"/branches/dev%2F1", "")
	c.rest(404, "POST "+cruddur+"/branches/nowhere/rename", `{"new_name":"x"}`)
	c.rest(422, "POST "+cruddur+"/branches/dev/rename", `{"new_name":"main"}`)
	if n := len(c.rest(200, "GET "+cruddur+"/git/matching-refs/heads/", "").([]any)); n != 4 {
		t.Errorf("%d refs, want 4", n)
	}
	c.rest(204, "DELETE "+cruddur+"/git/refs/heads/dev", "")
	c.expectError(422, "Reference does not exist", "DELETE "+cruddur+"/git/refs/heads/dev", "")
	c.expectError(422, "No commit found for SHA: abc", "GET "+cruddur+"/commits/abc", "")
}

// TestBranches_RenameDefault: a rename changes the repository's default branch and its rule.
func TestBranches_RenameDefault(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	id := c.protect("main", nil)
	c.rest(201, "POST "+cruddur+"/branches/main/rename", `{"new_name":"trunk"}`)
	if got := at(t, c.rest(200, "GET "+cruddur, ""), "default_branch"); got != "trunk" {
		t.Errorf("default branch is %v", got)
	}
	if got := c.readRule(id)["pattern"]; got != "trunk" {
		t.Errorf("the rule is for %v", got)
	}
}
