package github

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// actionsRoutes has variables and secrets twice: of the repository and of its
// environments.
var actionsRoutes = slices.Concat(
	[]route{
		{"GET /repos/{owner}/{repo}/actions/oidc/customization/sub", Read, getOIDCSubject},
		{"PUT /repos/{owner}/{repo}/actions/oidc/customization/sub", Write, putOIDCSubject},
	},
	actionsStoreRoutes("/repos/{owner}/{repo}/actions", func(c *call) *actionsStore { return &c.repo.actionsStore }),
	actionsStoreRoutes("/repos/{owner}/{repo}/environments/{environment}", environmentStore),
	actionsStoreRoutes("/repositories/{repository_id}/environments/{environment}", environmentStore),
)

// oidcSubject is the customization of the subject claim of a workflow's identity token.
type oidcSubject struct {
	UseDefault       bool     `json:"use_default"`
	IncludeClaimKeys []string `json:"include_claim_keys,omitempty"`
}

func getOIDCSubject(c *call) (any, error) {
	if c.repo.OIDCSubject == nil {
		return oidcSubject{UseDefault: true}, nil
	}
	return c.repo.OIDCSubject, nil
}

func putOIDCSubject(c *call) (any, error) {
	in := oidcSubject{}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	for _, key := range in.IncludeClaimKeys {
		if !regexp.MustCompile(`^\w+$`).MatchString(key) {
			return nil, newError(http.StatusUnprocessableEntity, "Claim keys can only contain alphanumeric characters and underscores: %s", key)
		}
	}
	c.repo.OIDCSubject = &in
	return response{http.StatusCreated, object{}}, nil
}

// actionsStore holds secrets and variables. A secret has only its name, because GitHub never
// returns its value.
type actionsStore struct {
	Secrets   []*entry `json:"secrets,omitempty"`
	Variables []*entry `json:"variables,omitempty"`
}

type entry struct {
	Name      string    `json:"name"`
	Value     string    `json:"value,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func (e *entry) json() object {
	out := object{"name": e.Name, "created_at": e.CreatedAt, "updated_at": e.UpdatedAt}
	if e.Value != "" {
		out["value"] = e.Value
	}
	return out
}

func environmentStore(c *call) *actionsStore {
	if e := c.repo.environment(c.PathValue("environment")); e != nil {
		return &e.actionsStore
	}
	return nil
}

func actionsStoreRoutes(path string, of func(*call) *actionsStore) []route {
	in := func(handler func(*call, *actionsStore) (any, error)) func(*call) (any, error) {
		return func(c *call) (any, error) {
			if v := of(c); v != nil {
				return handler(c, v)
			}
			return nil, notFound()
		}
	}
	return []route{
		{"GET " + path + "/variables", Read, in(listVariables)},
		{"POST " + path + "/variables", Write, in(createVariable)},
		{"GET " + path + "/variables/{name}", Read, in(getVariable)},
		{"PATCH " + path + "/variables/{name}", Write, in(updateVariable)},
		{"DELETE " + path + "/variables/{name}", Write, in(deleteVariable)},
		{"GET " + path + "/secrets", Read, in(listSecrets)},
		{"GET " + path + "/secrets/public-key", Read, in(getPublicKey)},
		{"GET " + path + "/secrets/{name}", Read, in(getSecret)},
		{"PUT " + path + "/secrets/{name}", Write, in(putSecret)},
		{"DELETE " + path + "/secrets/{name}", Write, in(deleteSecret)},
	}
}

// findEntry finds an entry by its name, which is case-insensitive.
func (c *call) findEntry(entries []*entry) (*entry, error) {
	if e := find(entries, func(e *entry) bool { return strings.EqualFold(e.Name, c.PathValue("name")) }); e != nil {
		return e, nil
	}
	return nil, notFound()
}

var entryName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func checkName(kind, name string) error {
	if entryName.MatchString(name) && !strings.HasPrefix(strings.ToUpper(name), "GITHUB_") {
		return nil
	}
	return newError(http.StatusUnprocessableEntity, "%s names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_). "+
		"Spaces are not allowed. Must start with a letter ([a-z], [A-Z]) or underscores (_). Must not start with GITHUB_.", kind)
}

func listVariables(c *call, v *actionsStore) (any, error) {
	return object{"total_count": len(v.Variables), "variables": list(page(c, v.Variables), (*entry).json)}, nil
}

func createVariable(c *call, v *actionsStore) (any, error) {
	var in struct{ Name, Value string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := checkName("Variable", in.Name); err != nil {
		return nil, err
	}
	if find(v.Variables, func(e *entry) bool { return strings.EqualFold(e.Name, in.Name) }) != nil {
		return nil, newError(http.StatusConflict, "Already exists - Variable already exists")
	}
	v.Variables = append(v.Variables, &entry{Name: strings.ToUpper(in.Name), Value: in.Value, CreatedAt: c.now, UpdatedAt: c.now})
	return object{}, nil
}

func getVariable(c *call, v *actionsStore) (any, error) {
	e, err := c.findEntry(v.Variables)
	if err != nil {
		return nil, err
	}
	return e.json(), nil
}

func updateVariable(c *call, v *actionsStore) (any, error) {
	e, err := c.findEntry(v.Variables)
	if err != nil {
		return nil, err
	}
	var in struct{ Name, Value *string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Name != nil {
		if err := checkName("Variable", *in.Name); err != nil {
			return nil, err
		}
		e.Name = strings.ToUpper(*in.Name)
	}
	if in.Value != nil {
		e.Value = *in.Value
	}
	e.UpdatedAt = c.now
	return nil, nil
}

func deleteVariable(c *call, v *actionsStore) (any, error) {
	e, err := c.findEntry(v.Variables)
	if err == nil {
		v.Variables = without(v.Variables, e)
	}
	return nil, err
}

func listSecrets(c *call, v *actionsStore) (any, error) {
	return object{"total_count": len(v.Secrets), "secrets": list(page(c, v.Secrets), (*entry).json)}, nil
}

// getPublicKey returns the key that encrypts secrets. The emulator never decrypts them, so
// any 32 bytes serve.
func getPublicKey(c *call, _ *actionsStore) (any, error) {
	key := sha256.Sum256([]byte(c.repo.nodeID()))
	return object{"key_id": c.keyID(), "key": base64.StdEncoding.EncodeToString(key[:])}, nil
}

func (c *call) keyID() string { return strconv.FormatInt(c.repo.ID, 10) }

func getSecret(c *call, v *actionsStore) (any, error) {
	e, err := c.findEntry(v.Secrets)
	if err != nil {
		return nil, err
	}
	return e.json(), nil
}

func putSecret(c *call, v *actionsStore) (any, error) {
	var in struct {
		EncryptedValue []byte `json:"encrypted_value"`
		KeyID          string `json:"key_id"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := checkName("Secret", c.PathValue("name")); err != nil {
		return nil, err
	}
	if in.KeyID != c.keyID() || len(in.EncryptedValue) == 0 {
		return nil, newError(http.StatusUnprocessableEntity, "Bad request - key_id or encrypted_value is not valid")
	}
	if e, _ := c.findEntry(v.Secrets); e != nil {
		e.UpdatedAt = c.now
		return nil, nil
	}
	v.Secrets = append(v.Secrets, &entry{Name: strings.ToUpper(c.PathValue("name")), CreatedAt: c.now, UpdatedAt: c.now})
	return response{http.StatusCreated, object{}}, nil
}

func deleteSecret(c *call, v *actionsStore) (any, error) {
	e, err := c.findEntry(v.Secrets)
	if err == nil {
		v.Secrets = without(v.Secrets, e)
	}
	return nil, err
}
