package github

import (
	"fmt"
	"testing"
)

func TestOIDCSubject_Customize(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	const sub = cruddur + "/actions/oidc/customization/sub"
	for _, want := range []string{`{"use_default":true}`, `{"include_claim_keys":["repo","environment"],"use_default":false}`, `{"use_default":true}`} {
		c.rest(201, "PUT "+sub, want)
		if got := encodeJSON(c.rest(200, "GET "+sub, "")); got != want {
			t.Errorf("subject is %s, want %s", got, want)
		}
	}
	c.rest(422, "PUT "+sub, `{"use_default":false,"include_claim_keys":["re po"]}`)
	if got := encodeJSON(c.rest(200, "GET /repos/example-org/public/actions/oidc/customization/sub", "")); got != `{"use_default":true}` {
		t.Errorf("a subject never set is %s", got)
	}
}

// TestSecretsAndVariables_LifeCycle: secrets and variables behave the same in a repository and in an environment.
func TestSecretsAndVariables_LifeCycle(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	c.rest(200, "PUT "+cruddur+"/environments/prod", `{}`)
	id := encodeJSON(at(t, c.rest(200, "GET "+cruddur, ""), "id"))
	for name, actionsStore := range map[string]string{
		"repository":                     cruddur + "/actions",
		"environment":                    cruddur + "/environments/prod",
		"environment by repository's id": "/repositories/" + id + "/environments/prod",
	} {
		t.Run(name, func(t *testing.T) {
			c := client{t, c.Server, "t-admin"}
			c.rest(201, "POST "+actionsStore+"/variables", `{"name":"Region","value":"eu"}`)
			c.expectError(409, "Already exists - Variable already exists", "POST "+actionsStore+"/variables", `{"name":"REGION","value":"eu"}`)
			c.rest(422, "POST "+actionsStore+"/variables", `{"name":"GITHUB_X","value":"eu"}`)
			c.rest(422, "POST "+actionsStore+"/variables", `{"name":"1","value":"eu"}`)
			c.rest(204, "PATCH "+actionsStore+"/variables/region", `{"name":"ZONE","value":"us"}`)
			if got := c.rest(200, "GET "+actionsStore+"/variables/ZONE", ""); at(t, got, "value") != "us" || at(t, got, "name") != "ZONE" {
				t.Errorf("variable is %v", got)
			}
			if n := at(t, c.rest(200, "GET "+actionsStore+"/variables", ""), "total_count"); n != 1.0 {
				t.Errorf("%v variables, want 1", n)
			}
			c.rest(204, "DELETE "+actionsStore+"/variables/ZONE", "")
			c.rest(404, "GET "+actionsStore+"/variables/ZONE", "")

			key := at(t, c.rest(200, "GET "+actionsStore+"/secrets/public-key", ""), "key_id")
			sealed := fmt.Sprintf(`{"encrypted_value":"eA==","key_id":%q}`, key)
			c.rest(201, "PUT "+actionsStore+"/secrets/key", sealed)
			c.rest(204, "PUT "+actionsStore+"/secrets/KEY", sealed)
			c.rest(422, "PUT "+actionsStore+"/secrets/KEY", `{"encrypted_value":"eA==","key_id":"other"}`)
			if got := c.rest(200, "GET "+actionsStore+"/secrets/KEY", "").(object); got["name"] != "KEY" || got["value"] != nil {
				t.Errorf("secret is %v", got)
			}
			if n := at(t, c.rest(200, "GET "+actionsStore+"/secrets", ""), "total_count"); n != 1.0 {
				t.Errorf("%v secrets, want 1", n)
			}
			c.rest(204, "DELETE "+actionsStore+"/secrets/KEY", "")
			c.rest(404, "GET "+actionsStore+"/secrets/KEY", "")
		})
	}
	c.rest(404, "GET "+cruddur+"/environments/nowhere/variables", "")
}
