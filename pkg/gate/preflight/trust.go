package preflight

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
)

// texts is a member of a policy that AWS writes as a text or as a list of texts.
type texts []string

func (t *texts) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(t))
}

// principals are those of a statement, by type; "*" is {"AWS": "*"}.
type principals map[string]texts

func (p *principals) UnmarshalJSON(text []byte) error {
	var all string
	if json.Unmarshal(text, &all) == nil {
		*p = principals{"AWS": {all}}
		return nil
	}
	return json.Unmarshal(text, (*map[string]texts)(p))
}

type trustStatement struct {
	Effect                  string
	Principal, NotPrincipal principals
	Action, NotAction       texts
	Condition               map[string]map[string]texts
}

// statements are those of a policy: AWS accepts one alone, too.
type statements []trustStatement

func (s *statements) UnmarshalJSON(text []byte) error {
	if strings.HasPrefix(strings.TrimSpace(string(text)), "[") {
		return json.Unmarshal(text, (*[]trustStatement)(s))
	}
	var one trustStatement
	err := json.Unmarshal(text, &one)
	*s = statements{one}
	return err
}

// findBroadTrust reads a trust policy as IAM returns it, and says whom it lets assume the role beside
// principals of the account that the policy names: the whole account, another account, or a web identity
// provider. It returns "" where there is nobody.
//
// A SAML provider of the account is how people sign in by IAM Identity Center, which decides who they are.
func findBroadTrust(policy, account string) (who string, err error) {
	if text, err := url.PathUnescape(policy); err == nil {
		policy = text
	}
	var document struct{ Statement statements }
	if err := json.Unmarshal([]byte(policy), &document); err != nil {
		return "", fmt.Errorf("the trust policy: %w", err)
	}
	for _, s := range document.Statement {
		if s.Effect != "Allow" || !s.allowsAssumeRole() {
			continue
		}
		if s.NotPrincipal != nil {
			return "everybody but some principals", nil
		}
		for _, arn := range s.Principal["AWS"] {
			if who := s.findBroadPrincipal(arn, account); who != "" {
				return who, nil
			}
		}
		for _, provider := range s.Principal["Federated"] {
			if strings.HasPrefix(provider, "arn:") && strings.Contains(provider, ":saml-provider/") {
				if accountOf(provider) != account {
					return "the provider " + provider + " of another account", nil
				}
			} else if !s.hasCondition(isSubject) {
				return "every identity of the provider " + provider, nil
			}
		}
	}
	return "", nil
}

// allowsAssumeRole is whether a statement is about one of the calls that assume a role.
func (s trustStatement) allowsAssumeRole() bool {
	for _, action := range s.Action {
		for _, call := range []string{"sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"} {
			if matched, err := path.Match(strings.ToLower(action), call); matched || err != nil {
				return true
			}
		}
	}
	return s.NotAction != nil
}

// findBroadPrincipal says whom an AWS principal of a trust policy lets in.
func (s trustStatement) findBroadPrincipal(arn, account string) string {
	byARN := s.hasCondition(func(key, value string) bool { return key == "aws:principalarn" && namesPrincipal(value, account) })
	switch owner := accountOf(arn); {
	case byARN: // whatever the principal is
		return ""
	case arn == "*":
		return "every AWS account"
	case owner != account:
		return "the account " + owner
	case arn == account || strings.HasSuffix(arn, ":root"):
		if s.hasCondition(isIdentity) {
			return ""
		}
		return "the whole account " + account
	}
	return ""
}

// accountOf is the account of a principal: an ARN, or the account alone.
func accountOf(principal string) string {
	if parts := strings.SplitN(principal, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return principal
}

// hasCondition is whether one of the statement's conditions holds only for values that a function accepts, all of
// them. Operators that hold without the key, or for all values but some, narrow nothing.
func (s trustStatement) hasCondition(accepts func(key, value string) bool) bool {
	for operator, keys := range s.Condition {
		operator = strings.ToLower(strings.TrimPrefix(operator, "ForAnyValue:"))
		if !slices.Contains([]string{"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"}, operator) {
			continue
		}
		for key, values := range keys {
			if len(values) > 0 && !slices.ContainsFunc(values, func(value string) bool { return !accepts(strings.ToLower(key), value) }) {
				return true
			}
		}
	}
	return false
}

// namesPrincipal is whether a value of aws:PrincipalArn names principals of an account, and not all of its roles or users.
func namesPrincipal(value, account string) bool {
	parts := strings.SplitN(value, ":", 6)
	if len(parts) < 6 || parts[4] != account {
		return false
	}
	_, name, _ := strings.Cut(parts[5], "/")
	return fixedPart(name) != ""
}

// isIdentity is whether a condition on a key names principals of an account.
func isIdentity(key, value string) bool {
	return (key == "aws:userid" || key == "aws:username" || strings.HasPrefix(key, "aws:principaltag/")) && fixedPart(value) != ""
}

// isSubject is whether a condition on a key names identities of a web identity provider.
func isSubject(key, value string) bool {
	return strings.HasSuffix(key, ":sub") && fixedPart(value) != ""
}

// fixedPart is a value up to its first wildcard.
func fixedPart(value string) string {
	if i := strings.IndexAny(value, "*?"); i >= 0 {
		return value[:i]
	}
	return value
}
