package catalogue

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// rcp is the JSON of a resource control policy. It has a Principal, which must be *, and no NotAction: AWS Organizations User
// Guide, RCP syntax.
type rcp struct {
	Version   string
	Statement []rcpStatement
}

type rcpStatement struct {
	Sid, Effect, Principal string
	Action, Resource       []string
	Condition              map[string]map[string][]string
}

// controlledActions are the actions that resource control policies deny to principals outside the organization, by the
// service in a part's ARN. Other services of the gate have no resource control policies, or no policies of resources that
// could let such a principal in. AWS Organizations User Guide, Services that support RCPs. A workflow assumes a role by
// AssumeRoleWithWebIdentity, without a principal of the organization: the trust policies decide about it.
var controlledActions = map[string]string{
	"s3": "s3:*", "ecr": "ecr:*", "sqs": "sqs:*", "secretsmanager": "secretsmanager:*", "kms": "kms:*", "sts": "sts:AssumeRole",
}

// ResourceControls are the resource control policies, where settings name the organization: service control policies do not
// apply to principals outside it. They deny such a principal every action on the gate's buckets, images, queues, secrets,
// keys and roles, whatever the policies of these resources say. AWS services are exempt.
func ResourceControls(s *settings.Settings) ([]Document, error) {
	if s.Organization.Id == "" {
		return nil, nil
	}
	p := naming.New(s)
	outside := map[string]map[string][]string{
		"StringNotEqualsIfExists": {"aws:PrincipalOrgID": {s.Organization.Id}},
		"BoolIfExists":            {"aws:PrincipalIsAWSService": {"false"}},
	}
	parts := rcpStatement{Sid: "OnlyTheOrganization", Effect: "Deny", Principal: "*", Condition: outside}
	for _, at := range scopes {
		for _, resource := range at.resources(p, s) {
			if action := controlledActions[serviceOf(resource)]; action != "" && at.closed {
				parts.Action, parts.Resource = append(parts.Action, action), append(parts.Resource, resource)
			}
		}
	}
	parts.Resource = append(parts.Resource, p.Buckets()+"/*")
	parts.Action, parts.Resource = unique(parts.Action), unique(parts.Resource)
	keys := rcpStatement{Sid: "OnlyTheOrganizationUsesKeys", Effect: "Deny", Principal: "*", Action: []string{"kms:*"}, Resource: []string{p.AllKeys()},
		Condition: map[string]map[string][]string{"ForAnyValue:StringLike": {"kms:ResourceAliases": {p.KeyAliases()}}}}
	for operator, of := range outside {
		keys.Condition[operator] = of
	}
	text, _ := json.Marshal(rcp{Version: "2012-10-17", Statement: []rcpStatement{parts, keys}}) // of texts only
	if n := utf8.RuneCount(text); n > maxDocument {
		return nil, fmt.Errorf("prodgate:organization.id: %q: the resource control policy has %d characters, and AWS takes %d; give the gate a shorter name",
			s.Organization.Id, n, maxDocument)
	}
	return []Document{{
		Name:        s.Name + "-outside",
		Description: "Denies principals outside the organization the buckets, images, queues, secrets, keys and roles of the gate " + s.Name,
		JSON:        string(text),
	}}, nil
}

// serviceOf is the service that authorizes calls on a resource: AWS STS for a role of IAM.
func serviceOf(arn string) string {
	service := ""
	if fields := strings.SplitN(arn, ":", 4); len(fields) > 2 { // arn, partition, service
		service = fields[2]
	}
	if service == "iam" && strings.Contains(arn, ":role/") {
		return "sts"
	}
	return service
}
